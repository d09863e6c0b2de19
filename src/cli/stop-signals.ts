/** What a shell reports for a process that a signal ended: 128 and the signal's number. */
const EXIT_CODE = { SIGINT: 130, SIGTERM: 143 } as const;

/** Aborts at the first SIGTERM or SIGINT, so that work can end in order; a second one ends the process at once. */
export function stopSignals(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(EXIT_CODE[name]);
      stop.abort(new Error(`${name} received`));
    });
  }
  return stop.signal;
}
