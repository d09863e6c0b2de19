/** Time for the web page; clock.ts needs modules that only a server has. */

/** Milliseconds since 1970 UTC. */
export function pageNowMs(): number {
  return Date.now();
}

/** Calls after `ms` unless the function that it gives is called before. */
export function afterMs(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}
