/** API tokens: only their SHA-256 is kept, so neither a dump nor an operator can read one again. */
import type { Db, TenantDbs } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx } from "../db/tx.ts";
import { isoTime, randomHex } from "../lib/clock.ts";
import { sha256Hex } from "../lib/hash.ts";
import { invariant } from "../lib/invariant.ts";
import { Secret } from "../lib/secret.ts";
import type { TenantSlug } from "../model/tenant.ts";
import { audit } from "./audit.ts";
import { holdingPattern, type FoundSlice } from "./slice.ts";

/** What a token may do, least first: look; change sources; also agents and tokens. */
export const ROLES = ["viewer", "operator", "admin"] as const;

/** One of ROLES. */
export type Role = (typeof ROLES)[number];

/** A token as it is shown: never its text. */
export interface ApiToken {
  readonly tokenNo: number;
  readonly name: string;
  readonly role: Role;
  readonly createdMs: number;
  readonly expiresMs: number | undefined;
  readonly lastUsedMs: number | undefined;
  readonly revokedMs: number | undefined;
}

/** The prefix by which people and secret scanners know what it is. */
const PREFIX = "srt_";
/** 256 bits: nobody guesses it, so it needs no salt and no slow hash. */
const TOKEN_BYTES = 32;
/** How stale `last_used_at` may be, so that a busy client does not write a row a request. */
const LAST_USED_STEP = "1 minute";

type TokenRow = {
  token_no: number;
  name: string;
  role: Role;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  revoked_at: number | null;
};
const COLUMNS = "token_no, name, role, created_at, expires_at, last_used_at, revoked_at";

function tokenOf(row: TokenRow): ApiToken {
  return {
    tokenNo: row.token_no,
    name: row.name,
    role: row.role,
    createdMs: row.created_at,
    expiresMs: row.expires_at ?? undefined,
    lastUsedMs: row.last_used_at ?? undefined,
    revokedMs: row.revoked_at ?? undefined,
  };
}

/** A tenant's tokens, oldest first, revoked ones too; a text is looked for in their names. */
export async function listTokens(
  db: Queryable,
  tenant: number,
  { after = 0, limit, text }: FoundSlice<number> = {},
): Promise<readonly ApiToken[]> {
  const { rows } = await db.query<TokenRow>(
    `select ${COLUMNS} from sync.api_tokens
      where tenant = $1 and token_no > $2::bigint and ($4::text is null or name ilike $4) order by token_no limit $3`,
    [tenant, after, limit ?? null, holdingPattern(text)],
  );
  return rows.map(tokenOf);
}

/** The token of a number. */
export async function tokenOfNumber(
  db: Queryable,
  tenant: number,
  tokenNo: number,
): Promise<ApiToken | undefined> {
  const { rows } = await db.query<TokenRow>(
    `select ${COLUMNS} from sync.api_tokens where tenant = $1 and token_no = $2`,
    [tenant, tokenNo],
  );
  return rows.map(tokenOf)[0];
}

/** What a new token is to be. */
export interface TokenDraft {
  readonly name: string;
  readonly role: Role;
  readonly expiresMs: number | undefined;
  readonly actor: string;
}

/** Makes a token. Its text is given here and never again. */
export async function createToken(
  db: Db,
  tenant: number,
  draft: TokenDraft,
): Promise<{ readonly token: ApiToken; readonly text: Secret }> {
  const text = new Secret(PREFIX + randomHex(TOKEN_BYTES));
  const { name, role, expiresMs, actor } = draft;
  return await tx(db, async (open) => {
    await open.query("select 1 from sync.tenants where tenant = $1 for update", [tenant]);
    const { rows } = await open.query<TokenRow>(
      `insert into sync.api_tokens (tenant, token_no, name, sha256, role, expires_at)
       select $1, coalesce(max(token_no), 0) + 1, $2, $3, $4, $5 from sync.api_tokens where tenant = $1
       returning ${COLUMNS}`,
      [
        tenant,
        name,
        sha256Hex(text.reveal()),
        role,
        expiresMs === undefined ? null : isoTime(expiresMs),
      ],
    );
    const [row] = rows;
    invariant(row !== undefined, "an insert of one row returns it");
    const token = tokenOf(row);
    const subject = `${token.tokenNo} ${name}`;
    await audit(open, { tenant, actor, action: "token.create", subject, after: { role } });
    return { token, text };
  });
}

/** Ends a token from the next request on. False if there is none of that number. */
export async function revokeToken(
  db: Db,
  tenant: number,
  { tokenNo, actor }: { readonly tokenNo: number; readonly actor: string },
): Promise<boolean> {
  return await tx(db, async (open) => {
    const { rows } = await open.query<{ name: string; role: Role }>(
      `update sync.api_tokens set revoked_at = coalesce(revoked_at, now()) where tenant = $1 and token_no = $2
       returning name, role`,
      [tenant, tokenNo],
    );
    const [revoked] = rows;
    if (revoked === undefined) return false;
    const { name, role } = revoked;
    const subject = `${tokenNo} ${name}`;
    await audit(open, { tenant, actor, action: "token.revoke", subject, before: { role } });
    return true;
  });
}

/** A token that a request came with, and whose it is. */
export interface BearerToken extends ApiToken {
  readonly tenant: number;
  readonly slug: TenantSlug;
}

/**
 * The token of this text, whatever its state, or undefined. Found by its hash in an index, so the time it takes tells
 * nothing of other tokens' texts.
 */
export async function findToken(db: TenantDbs, text: string): Promise<BearerToken | undefined> {
  const { rows } = await db.across("tokens").query<TokenRow & { tenant: number; slug: TenantSlug }>(
    `select a.tenant, t.slug, a.token_no, a.name, a.role, a.created_at, a.expires_at, a.last_used_at, a.revoked_at
       from sync.api_tokens a join sync.tenants t using (tenant) where a.sha256 = $1`,
    [sha256Hex(text)],
  );
  const [row] = rows;
  return row === undefined ? undefined : { ...tokenOf(row), tenant: row.tenant, slug: row.slug };
}

/** Notes that a token was used, to the minute. */
export async function noteTokenUse(
  db: Queryable,
  { tenant, tokenNo }: Pick<BearerToken, "tenant" | "tokenNo">,
): Promise<void> {
  await db.query(
    `update sync.api_tokens set last_used_at = now()
      where tenant = $1 and token_no = $2
        and (last_used_at is null or last_used_at < now() - interval '${LAST_USED_STEP}')`,
    [tenant, tokenNo],
  );
}
