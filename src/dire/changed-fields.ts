/** In what two states of a record's entry differ, field by field. Pure. */

/** One field; its values as they were sent, absent where it was not. */
export interface ChangedField {
  /** "hostname", or "metadata.serial". */
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The fields that differ, by name; those of `metadata` one by one. */
export function changedFields(before: unknown, after: unknown): readonly ChangedField[] {
  const [from, to] = [fieldsOf(before), fieldsOf(after)];
  const names = [...new Set([...from.keys(), ...to.keys()])].toSorted();
  return names
    .filter((name) => JSON.stringify(from.get(name)) !== JSON.stringify(to.get(name)))
    .map((field) => ({ field, before: from.get(field), after: to.get(field) }));
}

function fieldsOf(entry: unknown): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(isObject(entry) ? entry : {})) {
    if (name !== "metadata" || !isObject(value)) fields.set(name, value);
    else for (const [key, one] of Object.entries(value)) fields.set(`metadata.${key}`, one);
  }
  return fields;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
