/** The cache of what was asked, and the page's one way to ask. */
import { QueryCache, QueryClient, type Query, type QueryKey } from "@tanstack/react-query";

import { pageNowMs } from "../../lib/page-clock.ts";
import { ApiProblem, askWith, type Ask } from "./api-client.ts";
import type { ListPage } from "./list-page.ts";
import { reach } from "./reach.ts";

/** How long an answer is taken for current without being told that something changed, ms. */
const FRESH_MS = 10_000;
/** Tries again after a failure that may pass. */
const RETRIES_MAX = 3;

/** Asked is whatever the browser thinks of its network: held back until that is there, an act would neither be done nor fail. */
const ASKED = "always";

/** Key of who is logged in. */
export const SESSION_KEY = ["session"] as const;

/** The cache. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onSuccess: () => reach.answered(),
    onError: (thrown) => {
      reach.failed(thrown instanceof ApiProblem ? thrown.status : undefined, pageNowMs());
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      retry: (failures, thrown) => mayPass(thrown, failures),
      networkMode: ASKED,
      refetchOnReconnect: true,
    },
    mutations: { networkMode: ASKED },
  },
});

/** Whether asking again may help: a core that is away or busy comes back, a refusal stays one. */
export function mayPass(thrown: unknown, failures: number): boolean {
  const isForNow = !(thrown instanceof ApiProblem) || thrown.status === 0 || thrown.status === 503;
  return isForNow && failures < RETRIES_MAX;
}

/**
 * Has what is shown under a key be asked anew, since something there changed, but for what the core cannot understand (400): that is as
 * wrong as it was, and a page under live changes would ask it every second.
 */
export function askAnew(
  queryKey: QueryKey,
  { refetchType }: { readonly refetchType?: "active" } = {},
): void {
  const predicate = ({ state }: Query): boolean =>
    !(state.error instanceof ApiProblem && state.error.status === 400);
  void queryClient.invalidateQueries({ queryKey, predicate, ...(refetchType && { refetchType }) });
}

const askCore = askWith({
  fetch: (...request) => fetch(...request),
  csrfToken: () => queryClient.getQueryData<{ csrf_token: string } | null>(SESSION_KEY)?.csrf_token,
});

/** Asks for one page of a list. Throws ApiProblem. */
export async function askPage<Row>(
  path: string,
  name: string,
  signal: AbortSignal,
): Promise<ListPage<Row>> {
  type Body = Readonly<Record<string, readonly Row[]>> & { readonly next?: string };
  const body = await ask<Body>({ path, signal });
  return { rows: body[name] ?? [], next: body.next };
}

/** Asks the API as whoever is logged in; an answer that nobody is any more leads to the log-in, an act's as well as a query's. */
export const ask: Ask = async (asked) => {
  try {
    return await askCore(asked);
  } catch (thrown) {
    if (hasEnded(thrown)) queryClient.setQueryData(SESSION_KEY, null);
    throw thrown;
  }
};

function hasEnded(thrown: unknown): boolean {
  const isRefused = thrown instanceof ApiProblem && thrown.status === 401;
  return isRefused && thrown.code !== "wrong_credentials";
}
