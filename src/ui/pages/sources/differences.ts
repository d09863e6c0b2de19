/** In what two states of a source differ, member by member. Pure. */
import { formatGoDuration } from "../../../lib/duration.ts";
import { told } from "../told.ts";

/** One member that differs. */
export interface Difference {
  readonly member: string;
  readonly before: string;
  readonly after: string;
}

/** Members that change with every write and say nothing, and the one that has a line of its own. */
const SILENT: ReadonlySet<string> = new Set([
  "updatedMs",
  "updated_at",
  "createdMs",
  "created_at",
  "credentials_set",
]);

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

/** What the audit has of a source, as its page calls it. */
const WORDS: Readonly<Record<string, string>> = {
  endpoint: "Address",
  agentId: "Agent",
  partition: "Partition",
  enabled: "Enabled",
  pollIntervalMs: "Poll every",
  discoveryIntervalMs: "Discovery every",
  credentialNames: "Credentials",
};
/** Of a new source: what makes it this one. */
const OF_NEW: readonly string[] = ["Address", "Agent", "Credentials"];

/** What an entry of a source's history says: lines of "member: text". */
export function historyLines(entry: {
  readonly before?: unknown;
  readonly after?: unknown;
}): readonly { readonly member: string; readonly text: string }[] {
  const [before, after] = [flat(entry.before), flat(entry.after)];
  if (after !== undefined && before === undefined) {
    const made = Object.entries(after).filter(([member]) => OF_NEW.includes(member));
    return made.map(([member, value]) => ({ member, text: told(value) }));
  }
  const replaced = after?.["credentials_set"];
  const secrets = Array.isArray(replaced) ? replaced.map(told) : [];
  return [
    ...differencesOf(before, after).map(({ member, before: was, after: is }) => ({
      member,
      text: `${was} → ${is}`,
    })),
    ...secrets.map((member) => ({ member, text: "stored anew" })),
  ];
}

/** Its own settings beside the members that all sources have, in the page's words. */
function flat(source: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!isObject(source)) return undefined;
  const { settings, ...members } = source;
  const named = Object.entries(members).map(([name, value]): [string, unknown] => [
    WORDS[name] ?? name,
    name.endsWith("IntervalMs") && typeof value === "number" ? formatGoDuration(value) : value,
  ]);
  const own = isObject(settings) ? Object.entries(settings) : [];
  return Object.fromEntries<unknown>([...own, ...named]);
}
