import type { Dispatcher } from "undici";

import { parseJson } from "./http-body.ts";
import { HttpError } from "./http-error.ts";
import type { JsonRequest } from "./http-request.ts";

/** Redirects to the same origin that one request follows: "/x" to "/x/" is one. */
const REDIRECTS_MAX = 3;
/** A good answer; header names are lower-case. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly body: unknown;
  readonly bytes: number;
}

/** Whether the answer only names another address. */
export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

type Redirected = {
  readonly url: URL;
  readonly where: string;
  readonly hops: number;
  readonly method: JsonRequest["method"];
};

/** Where a redirect leads, if it stays on the origin; a POST is not sent twice. */
export function redirectTarget(answer: Dispatcher.ResponseData, from: Redirected): URL {
  const location = String(answer.headers["location"] ?? "");
  const target = URL.canParse(location, from.url.href) ? new URL(location, from.url) : undefined;
  if (target?.origin === from.url.origin && from.hops < REDIRECTS_MAX && from.method !== "POST") {
    return target;
  }
  const to = target === undefined ? "nowhere" : `${target.origin}${target.pathname}`;
  throw new HttpError(
    `${from.where} redirects to ${to}, which is not followed; if that is right, it belongs in endpoint`,
    { code: "unreachable", retry: "permanent", status: answer.statusCode },
  );
}

/** The JSON of a good answer. Throws HttpError `bad_data` for anything else, `truncated` where it lacks its end. */
export function jsonOf(text: string, answer: Dispatcher.ResponseData, where: string): unknown {
  const type = String(answer.headers["content-type"] ?? "");
  if (!/^application\/([\w.-]+\+)?json\b/i.test(type)) {
    const kind = type === "" ? "an answer without content type" : type.split(";")[0];
    throw new HttpError(
      `${where} answered ${kind} where JSON was expected: is this the API, and not a login or proxy page?`,
      { code: "bad_data", retry: "permanent", status: answer.statusCode },
    );
  }
  const parsed = parseJson(text);
  if (parsed.kind === "json") return parsed.value;
  if (parsed.kind === "cut") {
    const why = `${where}: the JSON stopped before its end`;
    throw new HttpError(why, { code: "truncated", retry: "transient" });
  }
  throw new HttpError(`${where} answered what is not JSON`, {
    code: "bad_data",
    retry: "permanent",
  });
}
