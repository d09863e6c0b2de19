/**
 * How often a log-in may be tried. Counted in the database before the password is looked at, so that tries at once, at several
 * replicas, are counted too.
 */
import type { Queryable } from "../db/session.ts";
import { isoTime } from "../lib/clock.ts";
import { sha256Hex } from "../lib/hash.ts";
import { invariant } from "../lib/invariant.ts";
import { networkOf } from "../model/ip.ts";
import { forgetLogIns } from "./log-in-audit.ts";

/** What tries are counted over, ms. */
const WINDOW_MS = 15 * 60_000;
/** Tries of one name from one address in that time: enough for who forgot which password it was, 1,000 a day for who guesses. */
const PER_USER_AT_ADDRESS_MAX = 10;
/**
 * Tries of one name from everywhere, which ends guessing at 10,000 a day. A stranger who knows a name shuts nobody out with one address;
 * with ten networks he does, for as long as he goes on: then `user link NAME` lets its owner in.
 */
const PER_USER_MAX = 100;
/** Tries of one address: offices share one. */
const PER_ADDRESS_MAX = 60;

/** Who tries. */
export interface Attempt {
  /** Absent for a link or a set-up token, which name nobody. */
  readonly username?: string | undefined;
  readonly address: string;
}

/** IPv6 is counted by /64: whoever has one address there has 2^64 of them. */
function keysOf({ username, address }: Attempt): readonly (readonly [string, number])[] {
  const network = networkOf(address);
  const byAddress = [sha256Hex(`address:${network}`), PER_ADDRESS_MAX] as const;
  if (username === undefined) return [byAddress];
  return [
    byAddress,
    [keyAtAddress(username, network), PER_USER_AT_ADDRESS_MAX],
    [sha256Hex(`user:${username.toLowerCase()}`), PER_USER_MAX],
  ];
}

function keyAtAddress(username: string, network: string): string {
  return sha256Hex(`user:${username.toLowerCase()} ${network}`);
}

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

/**
 * Forgets the tries of a name at the address where its password was right. Those of the address stay, for others share it, and
 * those of the name, for others may guess it.
 */
export async function forgetAttempts(
  people: Queryable,
  { username, address }: { readonly username: string; readonly address: string },
): Promise<void> {
  await people.query("delete from sync.login_attempts where key = $1", [
    keyAtAddress(username, networkOf(address)),
  ]);
}

/** How often log-ins that are older than they are kept leave the audit, ms. */
const FORGET_EVERY_MS = 24 * 3_600_000;
/** Networks held back that are remembered; beyond that they are told of again. */
const NEWS_MAX = 10_000;

/** Removes what is too old to count, once a window: strangers who never log in leave nothing behind. */
export class AttemptSweep {
  #sweptMs = -Infinity;
  #forgotMs = -Infinity;
  readonly #told = new Set<string>();

  /** Whether nothing was said of it yet in this window. */
  isNews(about: string): boolean {
    if (this.#told.size >= NEWS_MAX) this.#told.clear();
    if (this.#told.has(about)) return false;
    this.#told.add(about);
    return true;
  }

  async sweep(people: Queryable, nowMs: number): Promise<void> {
    if (nowMs - this.#sweptMs < WINDOW_MS) return;
    this.#sweptMs = nowMs;
    this.#told.clear();
    await people.query("delete from sync.login_attempts where since <= $1", [
      isoTime(nowMs - WINDOW_MS),
    ]);
    if (nowMs - this.#forgotMs < FORGET_EVERY_MS) return;
    this.#forgotMs = nowMs;
    await forgetLogIns(people);
  }
}
