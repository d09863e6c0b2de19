/** What `serve` gives browsers: a certificate, an identity provider, and the link by which the first user is made. */
import { hostname } from "node:os";

import { Oidc } from "../api/oidc.ts";
import type { WebSettings } from "../cli/core-serve-web.ts";
import type { Platform } from "../cli/platform.ts";
import { makeOneTimeToken, SETUP_LIFE_MS } from "../control/one-time-tokens.ts";
import { ownCertificate } from "../control/own-certificate.ts";
import { hasPlatformAdmin, peopleOf } from "../control/users.ts";
import type { TenantDbs } from "../db/pool.ts";
import { systemClock } from "../lib/clock.ts";
import { certificateFromFiles, type CertificateSupply } from "../lib/server-certificate.ts";

/** What the API's handlers need of it. */
export function webContext({ oidc, publicUrl }: WebSettings): {
  readonly oidc: Oidc | undefined;
  readonly publicUrl: string | undefined;
} {
  return { oidc: oidc === undefined ? undefined : new Oidc(oidc), publicUrl };
}

/** The listener's certificate; one of our own authority is for the names that agents dial too. */
export async function webTls(
  { authorities, db }: Pick<Platform, "authorities" | "db">,
  { tls }: WebSettings,
  gatewayNames: readonly string[],
): Promise<CertificateSupply | undefined> {
  if (tls === undefined) return undefined;
  if (tls !== "own") return await certificateFromFiles(tls);
  const issuer = await authorities.root(db);
  const names = ["localhost", "127.0.0.1", "::1", hostname(), ...gatewayNames];
  return await ownCertificate({ issuer, names, clock: systemClock });
}

/** "http" or "https". */
export function schemeOf({ tls }: WebSettings): string {
  return tls === undefined ? "http" : "https";
}

/** Where nobody can log in yet: the link by which the first user is made. */
export async function setupLines(db: TenantDbs, origin: string): Promise<readonly string[]> {
  const people = peopleOf(db);
  if (await hasPlatformAdmin(people)) return [];
  const nowMs = systemClock.now();
  const token = await makeOneTimeToken(people, { nowMs, lifeMs: SETUP_LIFE_MS });
  const dialled = origin.replace(/\/\/(?:0\.0\.0\.0|\[::\])(?=:\d+$)/, "//localhost");
  return [`  first user            ${dialled}/setup#token=${token.reveal()} (once, within 24 h)`];
}
