import { countDays, intersectDays, unionDays, type DaySet } from "./day-set.ts";
import type { AddressDays } from "./record-state.ts";

/** On how many days two holders had an address in common, whichever it was. */
export function daysTogether(a: AddressDays, b: AddressDays): number {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a];
  let together: DaySet = [];
  for (const [ip, days] of few) {
    together = unionDays(together, intersectDays(days, many.get(ip) ?? []));
  }
  return countDays(together);
}
