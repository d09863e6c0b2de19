import type { Node } from "./node.ts";
import { areRivals } from "./rivals.ts";

/** A value held by more records than this says nothing of one device. */
export const VALUE_HOLDERS_MAX = 16;
/** The same for a value that an operator allows: all of its holders are compared with each other whenever one changes. */
export const ALLOWED_HOLDERS_MAX = 64;

/** How far a value may speak: `contested` values are held by two devices at once, `generic` ones by too many. */
export type ValueState = "ok" | "contested" | "generic";

/** What a value is worth, from all nodes that hold it. */
export function valueState(holders: readonly Node[]): ValueState {
  const records = new Set(holders.map(({ recordNo }) => recordNo));
  if (records.size > VALUE_HOLDERS_MAX) return "generic";
  const isContested = holders.some((a, i) =>
    holders.slice(i + 1).some((b) => areRivals(a, b, holders)),
  );
  return isContested ? "contested" : "ok";
}

/** Holders of a value that a record says; "generic" where they are too many to look at. */
export function heldBy(own: number, others: readonly number[]): readonly number[] | "generic" {
  if (others.length === 0) return [own];
  return others.length >= VALUE_HOLDERS_MAX
    ? "generic"
    : [own, ...others].toSorted((a, b) => a - b);
}
