/** The cache of what was asked, and the page's one way to ask. */
import { QueryCache, QueryClient } from "@tanstack/react-query";

import { pageNowMs } from "../../lib/page-clock.ts";
import { ApiProblem, askWith, type Ask } from "./api-client.ts";
import { reach } from "./reach.ts";

/** How long an answer is taken for current without being told that something changed, ms. */
const FRESH_MS = 10_000;
/** Tries again after a failure that may pass. */
const RETRIES_MAX = 3;

/** Key of who is logged in. */
export const SESSION_KEY = ["session"] as const;

/** The cache. A 401 anywhere means that the session has ended. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onSuccess: () => reach.answered(),
    onError: (thrown) => {
      reach.failed(thrown instanceof ApiProblem ? thrown.status : undefined, pageNowMs());
      if (thrown instanceof ApiProblem && thrown.status === 401) {
        queryClient.setQueryData(SESSION_KEY, null);
      }
    },
  }),
  defaultOptions: {
    queries: { staleTime: FRESH_MS, retry: (failures, thrown) => mayPass(thrown, failures) },
  },
});

/** Whether asking again may help: a core that is away or busy comes back, a refusal stays one. */
export function mayPass(thrown: unknown, failures: number): boolean {
  const isForNow = !(thrown instanceof ApiProblem) || thrown.status === 0 || thrown.status === 503;
  return isForNow && failures < RETRIES_MAX;
}

/** Asks the API as whoever is logged in. */
export const ask: Ask = askWith({
  fetch: (...request) => fetch(...request),
  csrfToken: () => queryClient.getQueryData<{ csrf_token: string } | null>(SESSION_KEY)?.csrf_token,
});
