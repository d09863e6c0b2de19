/** Tokens that are good for one use: the first set-up, and log-in by a link that the command line makes. */
import type { Db } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx } from "../db/tx.ts";
import { isoTime, randomHex } from "../lib/clock.ts";
import { sha256Hex } from "../lib/hash.ts";
import { Secret } from "../lib/secret.ts";
import { audit, PLATFORM_TENANT } from "./audit.ts";

/** How long the token of a first start holds, ms; the next start prints another. */
export const SETUP_LIFE_MS = 24 * 3_600_000;
/** How long a log-in link holds, ms: until somebody has pasted it. */
export const LINK_LIFE_MS = 15 * 60_000;
const TOKEN_BYTES = 24;

/** Makes a token: for the first set-up, or for a user's log-in. Its text is given here and never again. */
export async function makeOneTimeToken(
  people: Queryable,
  {
    userNo,
    nowMs,
    lifeMs,
  }: { readonly userNo?: number; readonly nowMs: number; readonly lifeMs: number },
): Promise<Secret> {
  const text = new Secret(randomHex(TOKEN_BYTES));
  await people.query("delete from sync.one_time_tokens where expires_at < $1", [isoTime(nowMs)]);
  await people.query(
    "insert into sync.one_time_tokens (sha256, user_no, expires_at) values ($1, $2, $3)",
    [sha256Hex(text.reveal()), userNo, isoTime(nowMs + lifeMs)],
  );
  return text;
}

/** Makes a token by which a user logs in; who had it made is in the audit. */
export async function makeLink(
  people: Db,
  { userNo, username }: { readonly userNo: number; readonly username: string },
  { actor, nowMs }: { readonly actor: string; readonly nowMs: number },
): Promise<Secret> {
  return await tx(people, async (open) => {
    const after = { link_expires_at: isoTime(nowMs + LINK_LIFE_MS) };
    const entry = { tenant: PLATFORM_TENANT, actor, action: "user.link", subject: username, after };
    await audit(open, entry);
    return await makeOneTimeToken(open, { userNo, nowMs, lifeMs: LINK_LIFE_MS });
  });
}

/** Uses up a log-in token: whose it is, or undefined for one that is not known, was used or is too old. */
export async function useLinkToken(
  people: Queryable,
  text: string,
  nowMs: number,
): Promise<number | undefined> {
  const { rows } = await people.query<{ user_no: number }>(
    `delete from sync.one_time_tokens where sha256 = $1 and user_no is not null and expires_at > $2 returning user_no`,
    [sha256Hex(text), isoTime(nowMs)],
  );
  return rows[0]?.user_no;
}

/** Whether it is a token of the first set-up that still holds. */
export async function isSetupToken(
  people: Queryable,
  text: string,
  nowMs: number,
): Promise<boolean> {
  const { count } = await people.query(
    "select from sync.one_time_tokens where sha256 = $1 and user_no is null and expires_at > $2",
    [sha256Hex(text), isoTime(nowMs)],
  );
  return count > 0;
}

/** Ends all tokens of the first set-up: one of several replicas has used its own. */
export async function endSetupTokens(people: Queryable): Promise<void> {
  await people.query("delete from sync.one_time_tokens where user_no is null");
}
