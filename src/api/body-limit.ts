import type { MiddlewareHandler } from "hono";

import type { ApiEnv } from "./caller.ts";
import { Problem } from "./errors.ts";

/** Longest request body, bytes: a payload of 10,000 sources with queries has under 4 MB. */
const BODY_BYTES_MAX = 4 * 1024 ** 2;

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json(?:$|[;\s])/i;

/**
 * Refuses other bodies than JSON, which curl sends unless told, and longer ones, by their stated length or, where none is
 * stated, while reading. The framework's own middleware copies a request in a way that fails with the server adaptor's, unless
 * that replaces the process's global Request.
 */
export const limitBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const { method, headers, body, url } = c.req.raw;
  const type = headers.get("content-type");
  if (type !== null && !JSON_TYPE.test(type)) {
    throw new Problem("not_json", `send JSON, as "content-type: application/json", not ${type}`);
  }
  const stated = headers.has("transfer-encoding") ? undefined : headers.get("content-length");
  if (stated != null) {
    if (Number(stated) > BODY_BYTES_MAX) throw tooLong();
  } else if (method !== "GET" && method !== "HEAD" && body !== null) {
    c.req.raw = new Request(url, { method, headers, body: await readLimited(body) });
  }
  await next();
};

async function readLimited(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw tooLong();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function tooLong(): Problem {
  return new Problem("body_too_large", `the body is longer than ${BODY_BYTES_MAX} bytes`);
}
