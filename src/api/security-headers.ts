import type { MiddlewareHandler } from "hono";

import type { ApiEnv } from "./caller.ts";
import { clientOf } from "./client.ts";

/** The page asks this host alone, and runs nothing that stands in its text. */
const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/** An answer of the API is no page: what a browser takes for one may do nothing. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";
/** A year, as browsers' preload lists ask. */
const HSTS = "max-age=31536000";

const ALWAYS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** Says to browsers what they may do with an answer, and to all that it is not to be kept unless it says otherwise. */
export const securityHeaders: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(ALWAYS)) c.header(name, value);
  const { headers } = c.res;
  const isPage = headers.get("content-type")?.startsWith("text/html") === true;
  if (!headers.has("content-security-policy")) {
    c.header("content-security-policy", isPage ? PAGE_POLICY : DATA_POLICY);
  }
  if (!headers.has("cache-control")) c.header("cache-control", "no-store");
  if (clientOf(c).isTls) c.header("strict-transport-security", HSTS);
};
