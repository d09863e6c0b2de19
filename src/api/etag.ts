import type { MiddlewareHandler } from "hono";

import { sha256Hex } from "../lib/hash.ts";
import type { ApiEnv } from "./caller.ts";

/** Hex digits of a tag: 96 bits, since a client compares an answer with its own earlier ones alone. */
const TAG_CHARS = 24;

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
  const tag = `W/"${sha256Hex(new Uint8Array(body)).slice(0, TAG_CHARS)}"`;
  const headers = new Headers(c.res.headers);
  headers.set("etag", tag);
  const known = (c.req.header("if-none-match") ?? "").split(",").map((one) => one.trim());
  const isKnown = known.includes(tag) || known.includes("*");
  if (isKnown) headers.delete("content-type");
  c.res = undefined;
  c.res = isKnown ? new Response(null, { status: 304, headers }) : new Response(body, { headers });
};
