/**
 * Records that held an address of a record. Leases chain whole subnets, so holders are not loaded for being holders: an
 * address counts only after days spent together, and one side's own days bound how many those can be. Pure.
 */
import { countDays, unionDays, type DaySet } from "./day-set.ts";
import type { AddressDays } from "./record-state.ts";
import { ADDRESS_DAYS_MIN } from "./score.ts";

/** What one record knows of another that held an address of its own. */
export interface Neighbour {
  /** Days on which the record itself held any of the shared addresses: no fewer than both did together. */
  readonly days: DaySet;
  /** The record shows one of them now, so the days can grow. */
  readonly isCurrent: boolean;
}

/** Others by record number. */
export type Neighbours = ReadonlyMap<number, Neighbour>;

/** A record's addresses, with the days and who else ever held each. */
export interface HeldAddresses {
  readonly recordNo: number;
  readonly days: AddressDays;
  readonly current: readonly string[];
  /** Records that hold an address; none where they are too many. */
  readonly holdersOf: (address: string) => readonly number[];
}

/** Everyone who ever held an address of a record. */
export function neighboursOf({ recordNo, days, current, holdersOf }: HeldAddresses): Neighbours {
  const neighbours = new Map<number, Neighbour>();
  for (const [address, own] of days) {
    const isCurrent = current.includes(address);
    for (const no of holdersOf(address)) {
      if (no === recordNo) continue;
      const known = neighbours.get(no);
      neighbours.set(no, {
        days: known === undefined ? own : unionDays(known.days, own),
        isCurrent: isCurrent || known?.isCurrent === true,
      });
    }
  }
  return neighbours;
}

/** Whether two records may have been together for long enough to count, as far as one of them can tell. */
export function mayCount({ days }: Neighbour): boolean {
  return countDays(days) >= ADDRESS_DAYS_MIN;
}
