/** The signals that end our programs, each with what a shell reports for a process that it ended: 128 and the signal's number. */
export const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

/** Aborts at the first SIGTERM or SIGINT, so that work can end in order; a second one ends the process at once. */
export function stopSignals(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(EXIT_BY_SIGNAL[name]);
      stop.abort(new Error(`${name} received`));
    });
  }
  return stop.signal;
}
