/**
 * How often a log-in may be tried. Counted in the database before the password is looked at, so that tries at once, at several
 * replicas, are counted too.
 */
import type { Queryable } from "../db/session.ts";
import { isoTime } from "../lib/clock.ts";
import { sha256Hex } from "../lib/hash.ts";
import { invariant } from "../lib/invariant.ts";

/** What tries are counted over, ms. */
const WINDOW_MS = 15 * 60_000;
/** Tries of one name in that time: enough for who forgot which password it was, 1,000 a day for who guesses. */
const PER_USER_MAX = 10;
/** Tries of one address: offices share one. */
const PER_ADDRESS_MAX = 60;

/** Who tries. */
export interface Attempt {
  /** Absent for a link or a set-up token, which name nobody. */
  readonly username?: string | undefined;
  readonly address: string;
}

const keysOf = ({ username, address }: Attempt): readonly (readonly [string, number])[] => [
  [sha256Hex(`address:${address}`), PER_ADDRESS_MAX],
  ...(username === undefined
    ? []
    : [[sha256Hex(`user:${username.toLowerCase()}`), PER_USER_MAX] as const]),
];

/**
 * Counts a try. Gives how long to wait, ms, if there were too many: then nothing may be looked at. An address that tries too often
 * is counted alone: it neither shuts names out nor fills the table with them.
 */
export async function countAttempt(
  people: Queryable,
  attempt: Attempt,
  nowMs: number,
): Promise<number | undefined> {
  for (const [key, most] of keysOf(attempt)) {
    const { attempts, since } = await countOne(people, key, nowMs);
    if (attempts > most) return since + WINDOW_MS - nowMs;
  }
  return undefined;
}

type Counted = { readonly attempts: number; readonly since: number };

async function countOne(people: Queryable, key: string, nowMs: number): Promise<Counted> {
  const { rows } = await people.query<Counted>(
    `insert into sync.login_attempts as a (key, attempts, since) values ($1, 1, $2)
     on conflict (key) do update
        set attempts = case when a.since <= $3 then 1 else a.attempts + 1 end,
            since = case when a.since <= $3 then excluded.since else a.since end
     returning attempts, since`,
    [key, isoTime(nowMs), isoTime(nowMs - WINDOW_MS)],
  );
  const [row] = rows;
  invariant(row !== undefined, "an upsert returns its row");
  return row;
}

/** Forgets the tries of a name whose password was right, and what is old. An address keeps its count: others share it. */
export async function forgetAttempts(
  people: Queryable,
  username: string,
  nowMs: number,
): Promise<void> {
  await people.query("delete from sync.login_attempts where key = $1 or since <= $2", [
    sha256Hex(`user:${username.toLowerCase()}`),
    isoTime(nowMs - WINDOW_MS),
  ]);
}
