import type { MiddlewareHandler } from "hono";

import type { ApiEnv } from "./caller.ts";
import { strong, tagOf } from "./if-match.ts";

/**
 * Names what a GET was answered, and answers 304 to who has that already: a page that asks again at each event then gets nothing it
 * knows. The answer is worked out all the same; what is streamed has no name.
 */
export const entityTag: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  const isNamed =
    c.req.method === "GET" &&
    c.res.status === 200 &&
    c.res.headers.get("content-type")?.startsWith("application/json") === true &&
    !c.res.headers.has("content-disposition");
  if (!isNamed) return;
  const body = await c.res.arrayBuffer();
  const tag = tagOf(new Uint8Array(body), c.res.headers.get("etag"));
  const headers = new Headers(c.res.headers);
  headers.set("etag", tag);
  const known = (c.req.header("if-none-match") ?? "").split(",").map((one) => strong(one.trim()));
  const isKnown = known.includes(strong(tag)) || known.includes("*");
  if (isKnown) headers.delete("content-type");
  c.res = undefined;
  c.res = isKnown ? new Response(null, { status: 304, headers }) : new Response(body, { headers });
};
