/** SQL of watches. A row holds the records of one block of numbers that are watched from one day on, as ranges. */
import type { Tx } from "../db/tx.ts";
import { blockOf, formatRanges, parseRanges } from "./record-ranges.ts";
import { columns } from "./record-store.ts";
import type { Watches } from "./watch.ts";

/** Adds watches. Later ones of the same records stay; that they fire too often costs a decision that changes nothing. */
export async function addWatches(tx: Tx, tenant: number, watches: Watches): Promise<void> {
  if (watches.size === 0) return;
  const groups = [...Map.groupBy(watches, ([no, day]) => `${blockOf(no)} ${day}`).values()];
  const rows = groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const [no, day] = first;
    return [{ block: blockOf(no), day, records: formatRanges(group.map(([each]) => each)) }];
  });
  await tx.query(
    `insert into sync.watches as w (tenant, block, day, records)
     select $1, u.* from unnest($2::int[], $3::int[], $4::int4multirange[]) u(block, day, records)
      order by block, day
     on conflict (tenant, block, day) do update set records = w.records + excluded.records
      where not w.records @> excluded.records`,
    [
      tenant,
      ...columns(
        rows,
        (r) => r.block,
        (r) => r.day,
        (r) => r.records,
      ),
    ],
  );
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
  const fired = new Set<number>();
  for (const [day, group] of Map.groupBy(seen, (one) => one.day)) {
    const hits = await fireOnDay(tx, tenant, { day, recordNos: group.map((one) => one.recordNo) });
    for (const no of hits) fired.add(no);
  }
  return [...fired];
}

async function fireOnDay(
  tx: Tx,
  tenant: number,
  { day, recordNos }: { readonly day: number; readonly recordNos: readonly number[] },
): Promise<number[]> {
  const blocks = [...Map.groupBy(recordNos, blockOf)].toSorted(([a], [b]) => a - b);
  const { rows } = await tx.query<{ hit: string }>(
    `with hit as (
       select w.block, w.day, w.records * u.seen as records, w.records - u.seen as rest
         from unnest($3::int[], $4::int4multirange[]) u(block, seen)
         join sync.watches w on w.tenant = $1 and w.block = u.block and w.day <= $2 and w.records && u.seen),
     gone as (
       delete from sync.watches w using hit h
        where w.tenant = $1 and w.block = h.block and w.day = h.day and isempty(h.rest)),
     kept as (
       update sync.watches w set records = h.rest from hit h
        where w.tenant = $1 and w.block = h.block and w.day = h.day and not isempty(h.rest))
     select records::text as hit from hit`,
    [
      tenant,
      day,
      ...columns(
        blocks,
        ([block]) => block,
        ([, numbers]) => formatRanges(numbers),
      ),
    ],
  );
  return rows.flatMap(({ hit }) => parseRanges(hit));
}
