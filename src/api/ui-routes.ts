/** Serves the web page: its files, and the page itself for every path that is not the API's, because its paths are its own affair. */
import type { Context } from "hono";

import { sha256Hex } from "../lib/hash.ts";
import type { ApiEnv } from "./caller.ts";
import type { Api } from "./routes.ts";
import type { UiFiles } from "./ui-files.ts";
import type { PackedFile } from "./ui-pack.ts";

const INDEX = "/index.html";
/** What browsers ask for by themselves, whatever a page says; and what they get. */
const FAVICON = "/favicon.ico";
const ICON = "/icon.svg";
/** Names under here change with the content. */
const HASHED = "/assets/";
/** A year, s: as long as RFC 9111 makes sense of. */
const KEPT = "public, max-age=31536000, immutable";
/** Everything comes from here: no script or style in the page's text, no other host, no frame around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const NOT_BUILT =
  "The web page is not built in this checkout: npm run ui builds it. The API is at /api/v1, described at /openapi.json.\n";

/** Adds the page's paths; the last routes of all, since they take what no other did. */
export function addUi(app: Api, files: UiFiles): void {
  app.get("*", async (c, next) => {
    const path = c.req.path === FAVICON ? ICON : c.req.path;
    if (path.startsWith("/api/")) return await next();
    const isFile = path.startsWith(HASHED) || /\.\w+$/.test(path);
    const file = files(isFile ? path : INDEX);
    if (file !== undefined) return answered(c, file);
    if (isFile) return await next();
    return c.text(NOT_BUILT, 404);
  });
}

function answered(c: Context<ApiEnv>, file: PackedFile): Response {
  const { bytes, encoding } = encoded(file, c.req.header("accept-encoding") ?? "");
  const etag = `"${sha256Hex(bytes).slice(0, 32)}"`;
  c.header("cache-control", file.path.startsWith(HASHED) ? KEPT : "no-cache");
  c.header("vary", "accept-encoding");
  c.header("etag", etag);
  c.header("content-security-policy", POLICY);
  c.header("referrer-policy", "same-origin");
  if (c.req.header("if-none-match") === etag) return c.body(null, 304);
  c.header("content-type", file.type);
  if (encoding !== undefined) c.header("content-encoding", encoding);
  return c.body(bytes as Uint8Array<ArrayBuffer>);
}

type Encoded = { readonly bytes: Uint8Array; readonly encoding?: "br" | "gzip" };

function encoded({ plain, br, gzip }: PackedFile, accepted: string): Encoded {
  const takes = (name: string): boolean =>
    accepted.split(",").some((one) => one.trim().split(";")[0] === name);
  if (br !== undefined && takes("br")) return { bytes: br, encoding: "br" };
  if (gzip !== undefined && takes("gzip")) return { bytes: gzip, encoding: "gzip" };
  return { bytes: plain };
}
