import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";

import { queryClient, SESSION_KEY } from "../calls/query-client.ts";
import { followSystem } from "./looks.ts";
import { router } from "./router.tsx";

/** The whole page. */
export function App(): ReactNode {
  useEffect(followSystem, []);
  useEffect(leaveWhenSessionEnds, []);
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}

/** Routes ask for the session before they are shown; one that ends while a page is open sends the reader to log in. */
function leaveWhenSessionEnds(): () => void {
  return queryClient.getQueryCache().subscribe(({ query }) => {
    const [kind]: readonly unknown[] = query.queryKey as readonly unknown[];
    const isSession = kind === SESSION_KEY[0];
    const isInside = router.state.location.pathname.startsWith("/t/");
    if (isSession && query.state.data === null && isInside) void router.invalidate();
  });
}
