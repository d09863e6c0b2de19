/** One way to ask the API: JSON in and out, problems as a class of their own. Knows no page and no React. */
import type { z } from "@hono/zod-openapi";

import type { problemSchema } from "../../api/contract.ts";

type ProblemBody = z.infer<typeof problemSchema>;

/** A request. */
interface Asked {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the root: "/api/v1/session". */
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** The change holds for the state of this tag alone: the core refuses it (412) where another changed the thing since. */
  readonly ifMatch?: string | undefined;
  /** Hears the tag of the state that the answer shows, or that the change made. */
  readonly onTag?: (etag: string | undefined) => void;
}

/** What the API answered instead, or that nothing answered: then `status` is 0 and `code` is "unreachable". */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: NonNullable<ProblemBody["errors"]>;
  readonly requestId: string | undefined;

  constructor(body: Omit<ProblemBody, "title">) {
    super(body.detail);
    this.name = "ApiProblem";
    this.status = body.status;
    this.code = body.code;
    this.errors = body.errors ?? [];
    this.requestId = body.request_id;
  }
}

/** Refusals that pass by themselves: too late, too often. */
const PASSING = new Set([408, 429]);

/** Whether the same request may be answered otherwise when it is made again: one that is wrong, refused or of something that is not there stays so. */
export function mayBeOtherwise(error: unknown): boolean {
  if (!(error instanceof ApiProblem)) return true;
  return error.status < 400 || error.status >= 500 || PASSING.has(error.status);
}

/** Asks the API; throws ApiProblem. */
export type Ask = <T>(asked: Asked) => Promise<T>;

/** Header that proves that a change comes from our page, which another site's cannot send. */
const CSRF_HEADER = "x-csrf-token";

/** How requests are sent, and the token that changes carry. */
export interface AskOptions {
  readonly fetch: typeof fetch;
  readonly csrfToken: () => string | undefined;
}

/** Makes it. */
export function askWith({ fetch: send, csrfToken }: AskOptions): Ask {
  return async <T>({ method = "GET", path, body, signal, ifMatch, onTag }: Asked) => {
    const token = method === "GET" ? undefined : csrfToken();
    const headers = {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { [CSRF_HEADER]: token }),
      ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
    };
    const request = {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    };
    const response = await send(path, request).catch((thrown: unknown) => {
      if (signal?.aborted === true) throw thrown;
      throw UNREACHABLE;
    });
    const text = await response.text();
    if (!response.ok) throw problemOf(response.status, text);
    onTag?.(response.headers.get("etag") ?? undefined);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };
}

const UNREACHABLE = new ApiProblem({
  status: 0,
  code: "unreachable",
  detail: "The core does not answer. The page tries again by itself.",
});

/** A proxy in front of the core answers in its own words. */
function problemOf(status: number, text: string): ApiProblem {
  try {
    const body = JSON.parse(text) as Partial<ProblemBody>;
    const { detail, code } = body;
    if (typeof detail === "string" && typeof code === "string") {
      return new ApiProblem({ ...body, status, detail, code });
    }
  } catch {
    // No JSON: told of below.
  }
  const detail = `The answer was ${status} and not the core's own.`;
  return new ApiProblem({ status, code: "foreign_answer", detail });
}

/** A path with its parts encoded, and what is asked for: `pathOf(["tenants", t, "runs"], { limit: 20 })`. Absent values are left out. */
export function pathOf(
  parts: readonly string[],
  query: Readonly<Record<string, string | number | boolean | undefined>> = {},
): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, String(value)] as [string, string]],
  );
  const search = given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
  return `/api/v1/${parts.map(encodeURIComponent).join("/")}${search}`;
}
