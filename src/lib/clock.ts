import { randomBytes, randomUUID } from "node:crypto";

/** Where time comes from. Tests hand in their own, so that no test sleeps. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

/** The longest delay that a Node timer takes; above it the timer fires at once (2^31-1 ms, 24.8 days). */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, options) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const signal = options?.signal;
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      },
      Math.min(ms, TIMER_MAX_MS),
    );
    if (signal?.aborted === true) stop();
    else signal?.addEventListener("abort", stop, { once: true });
    return promise;
  },
};

/** Resolves as `clock.sleep` does, but quietly ends early when the signal aborts. */
export async function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  await clock.sleep(ms, { signal }).catch((thrown: unknown) => {
    if (signal?.aborted !== true) throw thrown;
  });
}

/** A new random (version 4) UUID. */
export function newUuid(): string {
  return randomUUID();
}

/** A random number in [0, 1), for jitter only. */
export function chance(): number {
  return Math.random();
}

/** Random bytes from the system's secure source, as lower-case hex. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}

let last = { ms: 0, text: new Date(0).toISOString() };

/** The instant as RFC 3339 in UTC with milliseconds. Batches ask for one time again and again, so the last answer is kept. */
export function isoTime(ms: number): string {
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() };
  return last.text;
}
