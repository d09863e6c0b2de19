import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";

import { newUuid } from "../lib/clock.ts";
import { ConfigError, messageOf, SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { problemSchema } from "./contract.ts";

/** Codes of problems, each with its HTTP status. They are stable: clients may branch on them. */
export const PROBLEM_STATUS = {
  invalid_request: 400,
  invalid_source: 400,
  invalid_authority: 400,
  unauthenticated: 401,
  token_expired: 401,
  token_revoked: 401,
  wrong_credentials: 401,
  other_tenant: 403,
  role_too_low: 403,
  platform_only: 403,
  session_only: 403,
  tls_required: 403,
  csrf: 403,
  wrong_password: 403,
  not_found: 404,
  user_not_found: 404,
  member_not_found: 404,
  view_not_found: 404,
  tenant_not_found: 404,
  agent_not_found: 404,
  source_not_found: 404,
  run_not_found: 404,
  retraction_not_found: 404,
  chunk_not_found: 404,
  device_not_found: 404,
  token_not_found: 404,
  command_not_found: 404,
  rehearsal_not_found: 404,
  hold_not_found: 404,
  assertion_not_found: 404,
  tag_change_not_found: 404,
  method_not_allowed: 405,
  tenant_exists: 409,
  user_exists: 409,
  last_platform_admin: 409,
  set_up_already: 409,
  agent_exists: 409,
  agent_revoked: 409,
  agent_in_other_partition: 409,
  agent_not_online: 409,
  source_disabled: 409,
  ambiguous_run: 409,
  rehearsal_ended: 409,
  hold_ended: 409,
  run_not_undoable: 409,
  run_not_undone: 409,
  source_in_use: 409,
  chunk_conflict: 409,
  bundle_refused: 409,
  retraction_not_held: 409,
  not_allowed: 409,
  changed_meanwhile: 412,
  body_too_large: 413,
  not_json: 415,
  too_many_attempts: 429,
} as const satisfies Readonly<Record<string, ContentfulStatusCode>>;

/** Code of a problem that a request itself has. */
export type ProblemCode = keyof typeof PROBLEM_STATUS;

/** The body of an error answer. */
export type ProblemBody = z.infer<typeof problemSchema>;

/** An expected failure of a request: thrown by handlers, answered in one place. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: ProblemBody["errors"];
  /** When it is worth asking again, ms. */
  readonly afterMs: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    {
      errors,
      afterMs,
    }: { readonly errors?: ProblemBody["errors"]; readonly afterMs?: number } = {},
  ) {
    super(detail);
    this.name = "Problem";
    this.code = code;
    this.errors = errors;
    this.afterMs = afterMs;
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};
/** What a client waits where the failure does not say, seconds: a database restarts in about that time. */
const RETRY_AFTER_S = 5;

/** PostgreSQL's words for texts that it cannot hold: 22021 character_not_in_repertoire, 22P05 untranslatable_character. */
const UNSTORABLE: ReadonlySet<string> = new Set(["db_22021", "db_22p05"]);

/** Answers what a handler threw. Nothing of an unexpected error goes out but a number that finds it in the log. */
export function answerThrown(thrown: unknown, c: Context, log: Log): Response {
  if (thrown instanceof Problem) {
    if (thrown.afterMs !== undefined) sayWhen(c, thrown.afterMs);
    return answer(c, { code: thrown.code, detail: thrown.message, errors: thrown.errors });
  }
  if (thrown instanceof SyncError && UNSTORABLE.has(thrown.code)) {
    const detail = "the request holds a character that no text may have, such as NUL";
    return answer(c, { code: "invalid_request", detail });
  }
  if (thrown instanceof SyncError && thrown.retry !== "permanent") {
    log.warn(
      { path: c.req.path, code: thrown.code, err: thrown.message },
      "request failed for now",
    );
    const waitMs = typeof thrown.retry === "object" ? thrown.retry.afterMs : RETRY_AFTER_S * 1_000;
    sayWhen(c, waitMs);
    return answer(c, { code: thrown.code, status: 503, detail: thrown.message });
  }
  const requestId = newUuid();
  log.error({ path: c.req.path, request_id: requestId, err: thrown }, "request failed");
  const isOurs = thrown instanceof SyncError || thrown instanceof ConfigError;
  return answer(c, {
    code: thrown instanceof SyncError ? thrown.code : "internal",
    status: 500,
    detail: isOurs
      ? messageOf(thrown)
      : `the request failed; the core's log says why under ${requestId}`,
    requestId,
  });
}

function sayWhen(c: Context, ms: number): void {
  c.header("retry-after", String(Math.ceil(ms / 1_000)));
}

type Answer = {
  readonly code: string;
  readonly detail: string;
  /** Taken from the code where it is a request's own problem. */
  readonly status?: ContentfulStatusCode;
  readonly errors?: ProblemBody["errors"];
  readonly requestId?: string;
};

/** Routes that clients of the original ask, which know no problem but an `error`. */
const ORIGINALS = /^\/api\/devices(?:\/|$)/;

function answer(c: Context, { code, detail, status, errors, requestId }: Answer): Response {
  const known = status ?? PROBLEM_STATUS[code as ProblemCode];
  if (known === 401) c.header("www-authenticate", "Bearer");
  const body: ProblemBody = {
    title: TITLES[known] ?? "Error",
    status: known,
    code,
    detail,
    ...(errors === undefined ? {} : { errors }),
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(ORIGINALS.test(c.req.path) ? { error: detail } : {}),
  };
  return c.body(JSON.stringify(body), known, { "content-type": "application/problem+json" });
}
