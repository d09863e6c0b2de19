/** When the work that failed may be tried again: soon, after a stated delay, or never as it stands. */
export type Retry = "transient" | "permanent" | { readonly afterMs: number };

type SyncErrorOptions = { readonly retry: Retry; readonly cause?: unknown };

/**
 * An operational failure: network, PostgreSQL, disk. The one loop that owns the work catches it and
 * retries, parks or answers by `retry`; nobody else does. `code` is stable and snake_case.
 */
export class SyncError extends Error {
  readonly code: string;
  readonly retry: Retry;

  constructor(code: string, message: string, options: SyncErrorOptions) {
    super(message, { cause: options.cause });
    this.name = "SyncError";
    this.code = code;
    this.retry = options.retry;
  }
}

/** Wrong configuration: stops the start with a sentence that names the setting. Exit code 78. */
export class ConfigError extends Error {
  readonly setting: string;

  constructor(setting: string, message: string) {
    super(`${setting}: ${message}`);
    this.name = "ConfigError";
    this.setting = setting;
  }
}

/** The text of anything that was thrown, without its stack, with the cause where it says more. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own =
    thrown.message ||
    (thrown instanceof AggregateError ? thrown.errors.map(messageOf).join("; ") : "");
  const cause = thrown.cause === undefined ? "" : messageOf(thrown.cause);
  if (cause === "" || own.includes(cause)) return own || thrown.name;
  return own === "" ? cause : `${own}: ${cause}`;
}
