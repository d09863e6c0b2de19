import { EXIT_BY_SIGNAL } from "./stop-signals.ts";

type Ending = (name: keyof typeof EXIT_BY_SIGNAL) => void;

/** Hears of every signal that is to end the process, until it is released. */
export function onSignals(heard: Ending): { release: () => void } {
  const interrupted = (): void => heard("SIGINT");
  const terminated = (): void => heard("SIGTERM");
  process.on("SIGINT", interrupted).on("SIGTERM", terminated);
  return {
    release: () => void process.off("SIGINT", interrupted).off("SIGTERM", terminated),
  };
}

/** The first signal stops the core in order; a second one, for who will not wait, ends it at once. */
export function stopOnSignals(): { readonly signal: AbortSignal; release: () => void } {
  const stopping = new AbortController();
  const { release } = onSignals((name) => {
    if (stopping.signal.aborted) process.exit(EXIT_BY_SIGNAL[name]);
    stopping.abort();
  });
  return { signal: stopping.signal, release };
}
