import { ratio } from "./agreement.ts";
import { mostFrequent } from "./contingency.ts";
import type { AliasLine } from "./lines.ts";

/** Whether ids that were published once still hold. Shares of 1 where nothing was published. */
export interface Stability {
  /** Of all devices and pairs of days on which they were reported one after the other: the id stayed. */
  readonly same_id_next_day: number;
  /** Devices whose id of their first day is their id after everything. */
  readonly first_id_final: number;
  /** The same, or the first id is an alias of the final one. */
  readonly first_id_final_or_alias: number;
  /** Devices with published ids. */
  readonly devices: number;
}

/** A line with what was published for it. */
export interface PublishedLine {
  readonly device: number;
  readonly day: number;
  readonly source: string;
  readonly id: string;
  readonly at?: string | null | undefined;
}

type Counts = Map<string, number>;

/**
 * Compares the ids published while updates came in. The id of a device on a day is what most of its lines that arrived
 * that day were told; lines of sweeps count only where there are no others, for before the first real record an address
 * has a provisional id by rule.
 */
export function stability(
  lines: readonly PublishedLine[],
  aliases: Iterable<AliasLine>,
): Stability {
  const resolve = resolver(aliases);
  let [kept, followed, final, reachable, devices] = [0, 0, 0, 0, 0];
  for (const own of Map.groupBy(lines, ({ device }) => device).values()) {
    const ids = dailyIds(own);
    const last = idOf(own, ({ id }) => id);
    const [first] = ids;
    if (first === undefined) continue;
    devices += 1;
    followed += ids.length - 1;
    kept += ids.slice(1).filter((id, nth) => id === ids[nth]).length;
    final += Number(first === last);
    reachable += Number(first === last || resolve(first) === last);
  }
  return {
    same_id_next_day: ratio(kept, followed),
    first_id_final: ratio(final, devices),
    first_id_final_or_alias: ratio(reachable, devices),
    devices,
  };
}

/** Ids of the days on which something was published of the device, in their order. */
function dailyIds(lines: readonly PublishedLine[]): readonly string[] {
  const days = Map.groupBy(
    lines.filter(({ at }) => at != null),
    ({ day }) => day,
  );
  return [...days.keys()]
    .toSorted((a, b) => a - b)
    .flatMap((day) => idOf(days.get(day) ?? [], ({ at }) => at ?? undefined) ?? []);
}

function idOf(
  lines: readonly PublishedLine[],
  read: (line: PublishedLine) => string | undefined,
): string | undefined {
  const records = lines.filter(({ source }) => source !== "sweep");
  const counts: Counts = new Map();
  for (const line of records.length > 0 ? records : lines) {
    const id = read(line);
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return mostFrequent(counts);
}

/** Follows aliases to their end. A circle ends where it began. */
function resolver(aliases: Iterable<AliasLine>): (id: string) => string {
  const next = new Map<string, string>();
  for (const { from, to } of aliases) next.set(from, to);
  return (id) => {
    const seen = new Set<string>();
    let at = id;
    while (!seen.has(at)) {
      seen.add(at);
      at = next.get(at) ?? at;
    }
    return at;
  };
}
