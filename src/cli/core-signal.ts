/** 128 and the number of SIGINT, as shells have it. */
export const EXIT_BY_SIGNAL = 130;

/** The first signal stops the core in order; a second one, for who will not wait, ends it at once. */
export function stopOnSignals(): { readonly signal: AbortSignal; release: () => void } {
  const stopping = new AbortController();
  const stop = (): void => {
    if (stopping.signal.aborted) process.exit(EXIT_BY_SIGNAL);
    stopping.abort();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return {
    signal: stopping.signal,
    release: () => void process.off("SIGINT", stop).off("SIGTERM", stop),
  };
}
