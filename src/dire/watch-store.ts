/** SQL of watches. A row holds the records of one publication that are watched from one day on, as ranges. */
import type { Tx } from "../db/tx.ts";
import { parseDays } from "./day-set.ts";
import { formatRanges } from "./seen-store.ts";
import type { Watches } from "./watch.ts";

/** Adds watches. Older ones of the same records stay; that they fire too soon costs a decision that changes nothing. */
export async function addWatches(tx: Tx, tenant: number, watches: Watches): Promise<void> {
  const byDay = Map.groupBy(watches, ([, day]) => day);
  for (const [day, entries] of byDay) {
    const records = formatRanges(entries.map(([recordNo]) => recordNo));
    await tx.query("insert into sync.watches (tenant, day, records) values ($1, $2, $3)", [
      tenant,
      day,
      records,
    ]);
  }
}

/** A record that was seen unchanged, and the last day of it. */
export interface SeenOn {
  readonly recordNo: number;
  readonly day: number;
}

/** Ends the watches that these sightings reach; gives their records. */
export async function fireWatches(
  tx: Tx,
  tenant: number,
  seen: readonly SeenOn[],
): Promise<readonly number[]> {
  if (seen.length === 0) return [];
  const lastDay = Math.max(...seen.map(({ day }) => day));
  const { rows } = await tx.query<{ watch_no: number; day: number; hit: string }>(
    `select watch_no, day, (records * $3::int4multirange)::text as hit from sync.watches
      where tenant = $1 and day <= $2 and records && $3::int4multirange`,
    [tenant, lastDay, formatRanges(seen.map(({ recordNo }) => recordNo))],
  );
  const dayOfRecord = new Map(seen.map(({ recordNo, day }) => [recordNo, day]));
  const fired = new Set<number>();
  for (const { watch_no: watchNo, day, hit } of rows) {
    const reached = numbersOf(hit).filter((no) => (dayOfRecord.get(no) ?? 0) >= day);
    if (reached.length === 0) continue;
    for (const no of reached) fired.add(no);
    await tx.query(
      "update sync.watches set records = records - $3::int4multirange where tenant = $1 and watch_no = $2",
      [tenant, watchNo, formatRanges(reached)],
    );
  }
  await tx.query("delete from sync.watches where tenant = $1 and isempty(records)", [tenant]);
  return [...fired];
}

function numbersOf(ranges: string): number[] {
  return parseDays(ranges).flatMap(([from, until]) =>
    Array.from({ length: until - from }, (_, i) => from + i),
  );
}
