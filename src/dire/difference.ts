/** Derived rows as they stand against what they are derived to be. Pure. */
import { fieldChanges, type JsonRow } from "./field-change.ts";

/** Tables that hold nothing but what is derived. */
export type DerivedTable =
  | "facts"
  | "devices"
  | "members"
  | "aliases"
  | "value_states"
  | "quarantine";

/** One derived row that stood otherwise than it is derived. */
export interface Difference {
  readonly table: DerivedTable;
  /** What it is of: a device id, "record 7", "mac:001B44112233". */
  readonly key: string;
  /** What stood there and what is right; null where there is no such row. */
  readonly before: unknown;
  readonly after: unknown;
}

/** Rows by their keys. */
export type Rows<Row = unknown> = ReadonlyMap<string, Row>;

/** Rows that differ, by key. */
export function rowDifferences(table: DerivedTable, before: Rows, after: Rows): Difference[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return keys
    .map((key) => ({
      table,
      key,
      before: before.get(key) ?? null,
      after: after.get(key) ?? null,
    }))
    .filter((row) => JSON.stringify(row.before) !== JSON.stringify(row.after));
}

/** Devices that differ, and how many only show a later time of their last sighting: that is brought forward now and then. */
export function deviceDifferences(
  before: Rows<JsonRow>,
  after: Rows<JsonRow>,
): { readonly differences: readonly Difference[]; readonly refreshed: number } {
  const rows = rowDifferences("devices", before, after).map((row) => ({
    row,
    fields: fieldChanges((row.before ?? {}) as JsonRow, (row.after ?? {}) as JsonRow),
  }));
  const isLater = ({ fields }: (typeof rows)[number]): boolean =>
    fields.every(({ field }) => field === "last_seen");
  const differences = rows
    .filter((row) => !isLater(row))
    .map(({ row, fields }) => {
      if (row.before === null || row.after === null) return row;
      const told = fields.filter(({ field }) => field !== "last_seen");
      const shown = (side: "before" | "after"): JsonRow =>
        Object.fromEntries(told.map((change) => [change.field, change[side]]));
      return { ...row, before: shown("before"), after: shown("after") };
    });
  return { differences, refreshed: rows.filter(isLater).length };
}

/**
 * How many records are to be looked at again from an earlier day on than they would be. That is no difference: of two records
 * that wait for each other it is enough to watch the one that came second, and here both do.
 */
export function countSooner(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
): number {
  return [...after].filter(([no, day]) => day < (before.get(no) ?? Infinity)).length;
}
