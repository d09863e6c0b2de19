import { messageOf, SyncError, type Retry } from "../lib/errors.ts";
import type { SourceErrorCode } from "./source.ts";

/** Longest piece of a network error's text that goes into ours. */
const CAUSE_CHARS_MAX = 200;

type Failure = {
  readonly code: SourceErrorCode;
  readonly retry: Retry;
  readonly status?: number | undefined;
  /** What the server asked us to wait, uncapped. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
};

/** A request that failed: which code of SOURCE_ERRORS, and the HTTP status where there was an answer. */
export class HttpError extends SyncError {
  declare readonly code: SourceErrorCode;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, failure: Failure) {
    super(failure.code, message, { retry: failure.retry, cause: failure.cause });
    this.name = "HttpError";
    this.status = failure.status;
    this.retryAfterMs = failure.retryAfterMs;
  }
}

/** An answer that is not a success, as a classifier sees it; `text` is short and free of secrets. */
export interface FailedAnswer {
  readonly status: number;
  readonly text: string;
}

/** What a status means where the source has no rule of its own. */
export function statusFailure(status: number): { code: SourceErrorCode; retry: Retry } {
  if (status === 401) return { code: "auth", retry: "permanent" };
  if (status === 403) return { code: "permission", retry: "permanent" };
  if (status === 407) return { code: "unreachable", retry: "permanent" };
  if (status === 429) return { code: "rate_limited", retry: "transient" };
  if (status === 408 || status === 425 || status >= 500) {
    return { code: "unreachable", retry: "transient" };
  }
  return { code: "bad_data", retry: "permanent" };
}

/** Codes of OpenSSL and Node for a certificate or a handshake that no retry mends. */
const TLS_CODE = /CERT|VERIFY|ISSUER|^ERR_TLS|^ERR_SSL|^EPROTO/;
/** Deno gives such errors no code. */
const TLS_TEXT = /peer certificate|certificate is not valid|BadSignature/;

/** What a failure before the answer's head means; `where` is method and address. */
export function connectFailure(thrown: unknown, where: string): HttpError {
  const said = oneLine(thrown);
  if (TLS_CODE.test(codeOf(thrown) ?? "") || TLS_TEXT.test(said)) {
    return new HttpError(
      `${where}: the server's certificate or TLS was refused (${said}); its authority belongs in ca_pem`,
      { code: "unreachable", retry: "permanent", cause: thrown },
    );
  }
  return new HttpError(`${where} did not answer (${said})`, {
    code: "unreachable",
    retry: "transient",
    cause: thrown,
  });
}

/** Code and text of a network error on one line; Node gives a failed dual-stack connect no text of its own. */
export function oneLine(thrown: unknown): string {
  const code = codeOf(thrown);
  const text = messageOf(thrown).replaceAll(/\s+/g, " ").slice(0, CAUSE_CHARS_MAX);
  return code === undefined || text.includes(code) ? text : `${code}: ${text}`;
}

/** The code of an error or of its cause: a proxy's connection wraps what failed. */
function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code } = thrown as { readonly code?: unknown };
  return codeOf(thrown.cause) ?? (typeof code === "string" ? code : undefined);
}
