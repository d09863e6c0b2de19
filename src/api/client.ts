/** What a listener knows of who sent a request, and what follows from it for browsers. */
import type { Context } from "hono";
import { getCookie, setCookie, deleteCookie } from "hono/cookie";

import { sha256Hex } from "../lib/hash.ts";
import type { Secret } from "../lib/secret.ts";
import type { ApiEnv, Client } from "./caller.ts";
import { Problem } from "./errors.ts";

/** Header in which the page gives back what GET session told it: another site cannot. */
const CSRF_HEADER = "x-csrf-token";

/** The `__Host-` prefix has browsers refuse the cookie from plain HTTP and from neighbours in the domain. */
const TLS_COOKIE = "__Host-serviceradar";
const PLAIN_COOKIE = "serviceradar";

/** Of a request within the process, which no network brought. */
const WITHIN: Client = { address: "local", isPrivate: true, isTls: false, host: undefined };

/** Who sent it. */
export function clientOf(c: Context<ApiEnv>): Client {
  return c.env.client ?? WITHIN;
}

const nameFor = ({ isTls }: Client): string => (isTls ? TLS_COOKIE : PLAIN_COOKIE);

/** The session's id that a browser sent. */
export function sessionIdOf(c: Context<ApiEnv>): string | undefined {
  return getCookie(c, nameFor(clientOf(c)));
}

/** Lax, since an identity provider leads the browser back here: changes are held by the token of CSRF_HEADER. */
const optionsFor = ({ isTls }: Client) =>
  ({ path: "/", httpOnly: true, sameSite: "Lax", secure: isTls }) as const;

/** Gives the browser its session. Throws `tls_required` where others could read it. */
export function giveSession(c: Context<ApiEnv>, id: Secret): void {
  const client = clientOf(c);
  setCookie(c, nameFor(client), id.reveal(), optionsFor(client));
}

/** Has the browser forget its session. */
export function takeSession(c: Context<ApiEnv>): void {
  const client = clientOf(c);
  deleteCookie(c, nameFor(client), optionsFor(client));
}

/** Throws `tls_required` where a password or a session could be read on the way. */
export function requirePrivate(c: Context<ApiEnv>): void {
  if (clientOf(c).isPrivate) return;
  throw new Problem(
    "tls_required",
    "log-in over plain HTTP is for this machine alone; start the core with --http-tls or --http-cert, or name the proxy that speaks TLS with --trusted-proxy",
  );
}

/** What a page must send back in CSRF_HEADER. Only who holds the session's id can work it out, and the page is told. */
export function csrfTokenOf(sessionId: string): string {
  return sha256Hex(`csrf:${sessionId}`);
}

/** Throws `csrf` for a change that another site may have had the browser ask for. */
export function checkCsrf(c: Context<ApiEnv>, sessionId: string): void {
  checkOrigin(c);
  if (c.req.method === "GET" || c.req.method === "HEAD") return;
  if (c.req.header(CSRF_HEADER) === csrfTokenOf(sessionId)) return;
  throw new Problem(
    "csrf",
    `a change by a browser's session needs the header ${CSRF_HEADER}, with the csrf_token of GET /api/v1/session`,
  );
}

/** Throws `csrf` where a browser says that the page it comes from is another site's. */
export function checkOrigin(c: Context<ApiEnv>): void {
  if (c.req.method === "GET" || c.req.method === "HEAD") return;
  const origin = c.req.header("origin");
  if (origin === undefined) return;
  const { isTls, host = new URL(c.req.url).host } = clientOf(c);
  if (origin === `${isTls ? "https" : "http"}://${host}`) return;
  throw new Problem("csrf", `a page of ${origin} may not change anything here`);
}
