import { err, ok, type Result } from "../../src/lib/result.ts";
import { parseAql } from "./armis-aql.ts";
import type { ArmisFault } from "./armis-fault.ts";
import type { ArmisInventory } from "./armis-inventory.ts";
import { flawed, toArmisRecord, type ArmisFlaw } from "./armis-record.ts";
import type { Fleet } from "./fleet.ts";

/** How searches are answered. What is absent is the real thing, as far as it is known. */
export interface ArmisSearchOptions {
  readonly fleet: Fleet;
  /** Id of the first device; the others count on from it. */
  readonly firstId?: number;
  /** Rows of a page at most; more are cut off silently. */
  readonly lengthMax?: number;
  /** What `next` is after the last page. */
  readonly end?: "null" | "zero" | "absent";
  /** Order by lastSeen whatever orderBy says. */
  readonly ignoresOrderBy?: boolean;
  /** Give devices however long ago they were seen, whatever the query says. */
  readonly ignoresTimeFrame?: boolean;
  /** What is wrong with the record of this id. */
  readonly flaw?: (id: number) => ArmisFlaw | undefined;
  readonly now?: () => number;
}

/** One search as the fake understood it; `number` is 1 for the first since the start. */
export interface ArmisSearch {
  readonly number: number;
  readonly params: URLSearchParams;
}

/** API guide 1.8 of the vendor, as public clients quote it. */
const LENGTH_MAX = 5_000;
/** What a page holds when nobody says; not public. */
const LENGTH_DEFAULT = 100;
/** When the first device of the fleet was first seen. */
const FIRST_SEEN_MS = Date.UTC(2024, 0, 1);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Asked = {
  readonly options: ArmisSearchOptions;
  readonly inventory: ArmisInventory;
  readonly search: ArmisSearch;
  readonly fault: ArmisFault | undefined;
};

/** The body that answers a search, or why it is a bad one. */
export function armisPage({ options, inventory, search, fault }: Asked): Result<unknown> {
  const { params } = search;
  const aql = params.get("aql");
  if (aql === null) return err("Missing aql parameter.");
  const query = parseAql(aql);
  if (!query.ok) return query;
  const length = Math.min(
    number(params, "length", LENGTH_DEFAULT),
    options.lengthMax ?? LENGTH_MAX,
  );
  const from = number(params, "from", 0);
  const byId = params.get("orderBy") === "id" && options.ignoresOrderBy !== true;
  const { indices, total } = inventory.select(
    {
      key: aql,
      query:
        options.ignoresTimeFrame === true ? { ...query.value, windowDays: Infinity } : query.value,
      orderBy: byId ? "id" : "lastSeen",
      from: fault?.kind === "from_ignored" ? 0 : from,
      length,
    },
    search.number,
  );
  const end = from + indices.length;
  const results = indices.map((index) => rowOf(index, { options, inventory, params }));
  return ok({
    data: {
      count: results.length,
      ...nextOf({ from, end, total }, options, fault),
      prev: from === 0 ? null : Math.max(0, from - length),
      results,
      ...(params.get("includeTotal") === "true" ? { total } : {}),
    },
    success: true,
  });
}

function number(params: URLSearchParams, name: string, fallback: number): number {
  const value = Number(params.get(name) ?? fallback);
  return Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}

type Place = { readonly from: number; readonly end: number; readonly total: number };

function nextOf(
  { from, end, total }: Place,
  options: ArmisSearchOptions,
  fault: ArmisFault | undefined,
): { readonly next?: number | null } {
  if (fault?.kind === "next_repeats") return { next: from };
  if (end < total && fault?.kind !== "ends_early") return { next: end };
  if (options.end === "absent") return {};
  return { next: options.end === "zero" ? 0 : null };
}

type Row = Pick<Asked, "options" | "inventory"> & { readonly params: URLSearchParams };

function rowOf(index: number, { options, inventory, params }: Row): unknown {
  const id = (options.firstId ?? 1) + index;
  const nowMs = options.now?.() ?? Date.now();
  const record = toArmisRecord(options.fleet.device(index), {
    id,
    firstSeenMs: FIRST_SEEN_MS + (index % 8_760) * HOUR_MS,
    lastSeenMs: nowMs - inventory.ageDays(index) * DAY_MS - (index % 600) * 1_000,
  });
  const fields = params.get("fields")?.split(",");
  const wanted =
    fields === undefined
      ? record
      : Object.fromEntries(Object.entries(record).filter(([name]) => fields.includes(name)));
  return flawed(wanted, options.flaw?.(id));
}
