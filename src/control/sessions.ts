/** Sessions of browsers. The cookie's value is random; only its hash is kept, so a dump of the database opens none. */
import type { Queryable } from "../db/session.ts";
import type { Tx } from "../db/tx.ts";
import { isoTime, randomHex } from "../lib/clock.ts";
import { sha256Hex } from "../lib/hash.ts";
import { Secret } from "../lib/secret.ts";

/** A session unused for so long has ended, ms: a working day with its breaks. */
const IDLE_MS = 12 * 3_600_000;
/** It ends after so long however much it is used, ms: a working week. */
const LIFE_MS = 7 * 86_400_000;
/** How stale `used_at` may be, ms, so that a busy page does not write a row a request. */
const USED_STEP_MS = 60_000;
/** 256 bits: nobody guesses it. */
const ID_BYTES = 32;

/** A session that a request came with. */
export interface UserSession {
  /** What it is kept under. */
  readonly sha256: string;
  readonly userNo: number;
  readonly username: string;
  readonly displayName: string;
  readonly isPlatformAdmin: boolean;
  /** When it ends if it is not used again. */
  readonly expiresMs: number;
}

/** Begins a session, in the caller's transaction with what the audit says of it. Its id is given here and never again. */
export async function beginSession(
  people: Tx,
  userNo: number,
  { nowMs, byOidc = false }: { readonly nowMs: number; readonly byOidc?: boolean },
): Promise<Secret> {
  const id = new Secret(randomHex(ID_BYTES));
  const now = isoTime(nowMs);
  await people.query(
    `insert into sync.sessions (sha256, user_no, created_at, used_at, ends_at, by_oidc) values ($1, $2, $3, $3, $4, $5)`,
    [sha256Hex(id.reveal()), userNo, now, isoTime(nowMs + LIFE_MS), byOidc],
  );
  await people.query("update sync.users set last_login_at = $2 where user_no = $1", [userNo, now]);
  // Few begin and fewer are forgotten, so whoever begins one may as well sweep; what another sweeps is left to him, whose
  // transaction may be as long as ours.
  await people.query(
    `delete from sync.sessions where sha256 in (
       select sha256 from sync.sessions where ends_at < $1 or used_at < $2 for update skip locked)`,
    [now, isoTime(nowMs - IDLE_MS)],
  );
  return id;
}

type SessionRow = {
  user_no: number;
  username: string;
  display_name: string;
  is_platform_admin: boolean;
  used_at: number;
  ends_at: number;
};

/** The session of an id, if it holds and its user may log in. Notes that it is used, to the minute. */
export async function findSession(
  people: Queryable,
  id: string,
  nowMs: number,
): Promise<UserSession | undefined> {
  const sha256 = sha256Hex(id);
  const { rows } = await people.query<SessionRow>(
    `select s.user_no, u.username, u.display_name, u.is_platform_admin, s.used_at, s.ends_at
       from sync.sessions s join sync.users u using (user_no)
      where s.sha256 = $1 and s.ends_at > $2 and s.used_at > $3 and not u.is_disabled`,
    [sha256, isoTime(nowMs), isoTime(nowMs - IDLE_MS)],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  if (row.used_at < nowMs - USED_STEP_MS) {
    await people.query("update sync.sessions set used_at = $2 where sha256 = $1", [
      sha256,
      isoTime(nowMs),
    ]);
  }
  return {
    sha256,
    userNo: row.user_no,
    username: row.username,
    displayName: row.display_name,
    isPlatformAdmin: row.is_platform_admin,
    expiresMs: Math.min(row.ends_at, nowMs + IDLE_MS),
  };
}

/** Ends one session. */
export async function endSession(people: Queryable, sha256: string): Promise<void> {
  await people.query("delete from sync.sessions where sha256 = $1", [sha256]);
}

/** Ends all sessions of a user but the one that is kept. */
export async function endSessions(
  people: Queryable,
  userNo: number,
  keep: string | undefined,
): Promise<void> {
  await people.query(
    "delete from sync.sessions where user_no = $1 and ($2::text is null or sha256 <> $2)",
    [userNo, keep],
  );
}
