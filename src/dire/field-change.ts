/** One member of a row that differs. */
export interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** A row as JSON, by column. */
export type JsonRow = Readonly<Record<string, unknown>>;

/** Members in which two rows differ, by name; null, undefined and absent are one. */
export function fieldChanges(before: JsonRow, after: JsonRow): readonly FieldChange[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return fields
    .map((field) => ({ field, before: before[field] ?? null, after: after[field] ?? null }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}
