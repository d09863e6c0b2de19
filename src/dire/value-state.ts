import type { Ip } from "../model/ip.ts";
import { intersectDays } from "./day-set.ts";
import type { Node, ValueKey } from "./node.ts";
import { areRivals } from "./rivals.ts";

/** A value held by more records than this says nothing of one device. */
export const VALUE_HOLDERS_MAX = 16;

/** How far a value may speak: `contested` values are held by two devices at once, `generic` ones by too many. */
export type ValueState = "ok" | "contested" | "generic";

/** What a value is worth, from all nodes that hold it. */
export function valueState(value: ValueKey, holders: readonly Node[]): ValueState {
  const records = new Set(holders.map(({ recordNo }) => recordNo));
  if (records.size > VALUE_HOLDERS_MAX) return "generic";
  const isAddress = value.startsWith("address:");
  const address = value.slice("address:".length) as Ip;
  const isContested = holders.some((a, i) =>
    holders
      .slice(i + 1)
      .some((b) => (isAddress ? claimTogether(a, b, address) : areRivals(a, b, holders))),
  );
  return isContested ? "contested" : "ok";
}

/** Two records of one source with one address on one day: a cluster's, a translated, or a mistaken one. */
function claimTogether(a: Node, b: Node, ip: Ip): boolean {
  if (a.key.instance !== b.key.instance || a.recordNo === b.recordNo) return false;
  return intersectDays(a.addresses.get(ip) ?? [], b.addresses.get(ip) ?? []).length > 0;
}
