/** The two routes that a browser takes through an identity provider. What goes wrong is told on the page, by a code. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";

import { auditLogIn, auditRefusedLogIn } from "../control/log-in-audit.ts";
import { admitVouched } from "../control/oidc-users.ts";
import { beginSession } from "../control/sessions.ts";
import { peopleOf } from "../control/users.ts";
import { tx } from "../db/tx.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import { Secret } from "../lib/secret.ts";
import { parseUsername } from "../model/username.ts";
import type { ApiEnv } from "./caller.ts";
import { clientOf, giveSession, requirePrivate } from "./client.ts";
import type { ApiContext } from "./context.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import type { Oidc, Pending } from "./oidc.ts";
import type { Api } from "./routes.ts";

const route = routesOf("log-in");
const PATH = "/api/v1/login/oidc";
const CALLBACK = `${PATH}/callback`;
/** How long a log-in may take at the provider, s. */
const PENDING_MAX_S = 600;
const BINDING = "oidc-login";
const moved = { description: "Where to go" } as const;

const begin = route.get(PATH, "nobody", {
  summary: "Log in by the identity provider",
  request: {
    query: z.object({
      return_to: z.string().max(2_048).default("/").openapi({ description: "A path of the page" }),
    }),
  },
  gives: { 302: moved },
});

const callback = route.get(CALLBACK, "nobody", {
  summary: "Where the identity provider sends the browser back",
  // What it says there is its own; openid-client reads it.
  request: { query: z.looseObject({}) },
  gives: { 302: moved },
});

type Kept = Pending & {
  readonly returnTo: string;
  readonly redirectUri: string;
  readonly atMs: number;
};

/** Adds the routes; without a provider both answer 404. */
export function addOidc(app: Api, context: ApiContext, oidc: Oidc | undefined): void {
  app.openapi(begin, async (c) => {
    if (oidc === undefined) throw noProvider();
    requirePrivate(c);
    const redirectUri = `${originOf(c, context)}${CALLBACK}`;
    const { url, pending } = await oidc.begin(redirectUri);
    const returnTo = ownPath(c.req.valid("query").return_to);
    keep(c, context, { ...pending, returnTo, redirectUri, atMs: context.clock.now() });
    return c.redirect(url.href, 302);
  });
  app.openapi(callback, async (c) => {
    if (oidc === undefined) throw noProvider();
    requirePrivate(c);
    const kept = takeBack(c, context);
    if (kept === undefined) return c.redirect("/login#error=oidc_expired", 302);
    const why = await enter(c, context, { oidc, kept });
    return c.redirect(why === undefined ? kept.returnTo : `/login#error=${why}`, 302);
  });
}

/** Begins the session, or gives the code of why not. */
async function enter(
  c: Context<ApiEnv>,
  { db, clock, log }: ApiContext,
  { oidc, kept }: { readonly oidc: Oidc; readonly kept: Kept },
): Promise<string | undefined> {
  const answered = new URL(kept.redirectUri);
  answered.search = new URL(c.req.url).search;
  try {
    const vouched = await oidc.finish(answered, kept);
    const username = parseUsername(vouched.username);
    if (!username.ok) return "oidc_name";
    const people = peopleOf(db);
    const came = { by: "oidc", address: clientOf(c).address } as const;
    const user = await admitVouched(people, { ...vouched, username: username.value });
    if (!user.ok) {
      await auditRefusedLogIn(people, username.value, { ...came, why: user.error });
      log.warn({ user: username.value, reason: user.error }, "log-in by OIDC refused");
      return `oidc_${user.error}`;
    }
    const nowMs = clock.now();
    const { userNo, username: name } = user.value;
    const id = await tx(people, async (open) => {
      await auditLogIn(open, name, came);
      return await beginSession(open, userNo, { nowMs, byOidc: true });
    });
    giveSession(c, id);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof SyncError && thrown.code.startsWith("db_")) throw thrown;
    log.warn({ err: messageOf(thrown) }, "log-in by OIDC failed");
    return "oidc_refused";
  }
}

function noProvider(): Problem {
  return new Problem("not_found", "no identity provider is set; see serve --oidc-issuer");
}

/** As the browser knows us: what the provider was told must be what it is told again. */
function originOf(c: Context<ApiEnv>, { publicUrl }: ApiContext): string {
  if (publicUrl !== undefined) return publicUrl;
  const { isTls, host = new URL(c.req.url).host } = clientOf(c);
  return `${isTls ? "https" : "http"}://${host}`;
}

/** A path of this page; anything else would send the browser to whoever made the link. */
export function ownPath(text: string): string {
  const here = "http://here.invalid";
  if (!text.startsWith("/") || !URL.canParse(text, here)) return "/";
  const { origin, pathname, search, hash } = new URL(text, here);
  // "/.//evil.example" is of this origin until it is a path: a browser reads two slashes as a host.
  return origin === here && !pathname.startsWith("//") ? `${pathname}${search}${hash}` : "/";
}

const cookieName = (c: Context<ApiEnv>): string =>
  clientOf(c).isTls ? "__Host-serviceradar-oidc" : "serviceradar-oidc";

/** Kept by the browser, sealed: any replica can go on with it, and nothing is stored for who never comes back. */
function keep(c: Context<ApiEnv>, { sealer }: ApiContext, kept: Kept): void {
  const sealed = sealer.seal(new Secret(JSON.stringify(kept)), BINDING).toString("base64url");
  setCookie(c, cookieName(c), sealed, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: clientOf(c).isTls,
    maxAge: PENDING_MAX_S,
  });
}

function takeBack(c: Context<ApiEnv>, { sealer, clock }: ApiContext): Kept | undefined {
  const sealed = getCookie(c, cookieName(c));
  deleteCookie(c, cookieName(c), { path: "/", secure: clientOf(c).isTls });
  if (sealed === undefined) return undefined;
  try {
    const kept = JSON.parse(
      sealer.open(Buffer.from(sealed, "base64url"), BINDING).reveal(),
    ) as Kept;
    return clock.now() - kept.atMs < PENDING_MAX_S * 1_000 ? kept : undefined;
  } catch {
    // Not ours, or of another key: as good as none.
    return undefined;
  }
}
