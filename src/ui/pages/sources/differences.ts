/** In what two states of a thing differ, member by member. Pure. */

import { told } from "../told.ts";

/** One member that differs. */
export interface Difference {
  readonly member: string;
  readonly before: string;
  readonly after: string;
}

/** Members that change with every write and say nothing. */
const SILENT: ReadonlySet<string> = new Set(["updatedMs", "updated_at", "createdMs", "created_at"]);

/** The differences, by name; none where one of the two is absent, because then all of it is new or gone. */
export function differencesOf(before: unknown, after: unknown): readonly Difference[] {
  if (!isObject(before) || !isObject(after)) return [];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names
    .filter((name) => !SILENT.has(name))
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((member) => ({ member, before: told(before[member]), after: told(after[member]) }));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
