/** What devices' records say, looked for once for all who ask while nothing has changed: a list's pages and its total. */
import type { Queryable } from "../db/session.ts";
import { devicesThatSay, isOfRecords } from "../inventory/said-search.ts";
import type { Clock } from "../lib/clock.ts";
import type { Condition } from "../model/srql.ts";

/** Numbers of the devices that meet a condition; undefined where it is no rare one. */
type Numbers = readonly number[] | undefined;

/** How long it is kept, ms: as long as somebody reads on. */
const KEPT_MS = 60_000;
/** Conditions that are kept, of all tenants: each has 5,000 numbers at most, 40 kB. */
const KEPT_MAX = 200;

/** Looks for devices by what their records say, as devicesThatSay. */
export interface Finds {
  of(db: Queryable, tenant: number, condition: Condition): Promise<Numbers>;
}

/** Looks each time: for what must not act on what was so a moment ago. */
export const FRESH_FINDS: Finds = { of: devicesThatSay };

type Known = { readonly mark: string; readonly atMs: number; readonly numbers: Promise<Numbers> };

/**
 * What tells that records or what they belong to have changed since, and tags ($2). Null while something is to be published: then
 * devices change with nothing else to tell it. What was published meanwhile, such as a hold that was released, a worker claimed the tenant
 * for (worked_at) or somebody seized it (epoch); an operator's act publishes by itself, and makes an assertion or revokes one.
 */
const MARK = `
  select case when exists (select from sync.dirty where tenant = $1) then null else json_build_array(
    i.next_seq, i.next_device_no, i.next_assertion_no, i.next_undo_no, i.take_overs, i.worked_at, i.epoch,
    (select count(*) from sync.assertions where tenant = $1 and revoked_at is not null),
    case when $2 then (
      select json_build_array(count(*), sum(changed), sum(restored)) from sync.tag_changes where tenant = $1) end)::text end as mark
    from sync.tenant_ingest i where i.tenant = $1`;

/** Keeps what was found: of a million devices it takes a pass of seconds over their records' text, which each page took. */
export class RecentFinds implements Finds {
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** As devicesThatSay; several who ask at once wait for one. */
  async of(db: Queryable, tenant: number, condition: Condition): Promise<Numbers> {
    if (!isOfRecords(condition)) return undefined;
    const isTag = condition.field === "tags";
    const { rows } = await db.query<{ mark: string | null }>(MARK, [tenant, isTag]);
    const mark = rows[0]?.mark;
    if (mark === undefined || mark === null) return await devicesThatSay(db, tenant, condition);
    const { field, path, test } = condition;
    const key = JSON.stringify([tenant, field, path, test]);
    const nowMs = this.#clock.now();
    const known = this.#known.get(key);
    if (known?.mark === mark && nowMs - known.atMs < KEPT_MS) {
      // What fails is of who asked first, such as a conflict of its replica: who waited asks itself.
      return await known.numbers.catch(() => devicesThatSay(db, tenant, condition));
    }
    this.#makeRoom(nowMs);
    const made = { mark, atMs: nowMs, numbers: devicesThatSay(db, tenant, condition) };
    this.#known.set(key, made);
    try {
      return await made.numbers;
    } catch (thrown) {
      // A failure is of who asked, and of nobody who asks later.
      if (this.#known.get(key) === made) this.#known.delete(key);
      throw thrown;
    }
  }

  #makeRoom(nowMs: number): void {
    for (const [key, { atMs }] of this.#known) {
      if (nowMs - atMs >= KEPT_MS || this.#known.size >= KEPT_MAX) this.#known.delete(key);
    }
  }
}
