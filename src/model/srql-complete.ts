/** What may be written next in an SRQL query: keys, and values where they are few. Pure; values of the inventory come from outside. */
import { DEVICE_FIELDS, ENTITIES } from "./srql-fields.ts";
import type { Span } from "./srql-syntax.ts";

/** A word that fits, what it says, and the text it stands for. */
export interface Completion {
  readonly text: string;
  readonly about: string;
  readonly replaces: Span;
}

/** A value that is the inventory's to complete: the field, and what of it is written. */
export interface NeededValue {
  readonly field: string;
  readonly word: string;
  readonly replaces: Span;
}

/** A value of a field, and how many devices have it where that is known. */
export interface KnownValue {
  readonly value: string;
  readonly devices?: number;
}

/** Fields whose values many devices share; of the others a list would be as long as the inventory. */
const SHARED: ReadonlySet<string> = new Set([
  "discovery_sources",
  "type",
  "vendor_name",
  "model",
  "os.name",
  "site",
  "owner",
  "partition",
]);
/** What needs no quotes. */
const PLAIN = /^[\w.@/+-]+$/;

/** Offered at once; more is a list that nobody reads. */
const COMPLETIONS_MAX = 12;
/** The word before the cursor, and the key it is a value of. */
const WORD = /(?:^|[\s(!])!?(?:([A-Za-z_][\w.-]*):)?(?:[<>]=?)?([^\s:()",]*)$/;

const DIRECTIVE_ABOUT: Readonly<Record<string, string>> = {
  in: "What is looked for",
  time: "When it was last seen",
  sort: "Order, as in sort:last_seen:desc",
  limit: "How many at a time",
  stats: 'Groups, as in stats:"count() by type"',
  having: 'Groups with enough members, as in having:"count() > 5"',
};
const VALUES: Readonly<Record<string, readonly string[]>> = {
  in: ENTITIES,
  time: ["last_1h", "last_24h", "last_7d", "last_30d", "today", "yesterday"],
  sort: DEVICE_FIELDS.filter(({ isOrdered }) => isOrdered).map(({ name }) => name),
  risk_level: ["Info", "Low", "Medium", "High", "Critical"],
  stream: ["true"],
};
const BOOLEANS: readonly string[] = ["true", "false"];

/** Completions at the cursor. Where `needs` names a field, its values are the inventory's, and the caller adds them by `valuesLike`. */
export function completionsAt(
  text: string,
  cursor: number,
): { readonly completions: readonly Completion[]; readonly needs: NeededValue | undefined } {
  const [, key, word = ""] = WORD.exec(text.slice(0, cursor)) ?? [];
  const replaces = { from: cursor - word.length, to: cursor };
  if (key === undefined) return { completions: keysLike(word, replaces), needs: undefined };
  const field = DEVICE_FIELDS.find(({ name, aliases }) => [name, ...aliases].includes(key));
  const known = field?.kind === "boolean" ? BOOLEANS : VALUES[field?.name ?? key];
  const completions = (known ?? [])
    .filter((value) => startsLike(value, word))
    .map((value) => ({ text: value, about: "", replaces }));
  const isNeeded = known === undefined && field !== undefined && SHARED.has(field.name);
  return { completions, needs: isNeeded ? { field: field.name, word, replaces } : undefined };
}

/** The values that begin as what is written, as a query has them. */
export function valuesLike(
  { word, replaces }: NeededValue,
  values: readonly KnownValue[],
): readonly Completion[] {
  return values
    .filter(({ value }) => value !== word && startsLike(value, word))
    .slice(0, COMPLETIONS_MAX)
    .map(({ value, devices }) => ({
      text: quotedValue(value),
      about: devices === undefined ? "" : devicesWords(devices),
      replaces,
    }));
}

function devicesWords(devices: number): string {
  return devices === 1 ? "1 device" : `${devices.toLocaleString("en")} devices`;
}

/** A whole value, in quotes where it must be. */
export function quotedValue(value: string): string {
  return PLAIN.test(value) ? value : `"${value.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`;
}

function keysLike(word: string, replaces: Span): readonly Completion[] {
  const fields = DEVICE_FIELDS.map(({ name, aliases, about, kind }) => {
    const named = [name, ...aliases].find((one) => startsLike(one, word)) ?? "";
    return { text: named && `${named}${kind === "map" ? "." : ":"}`, about, replaces };
  });
  const directives = Object.entries(DIRECTIVE_ABOUT)
    .filter(([name]) => startsLike(name, word))
    .map(([name, about]) => ({ text: `${name}:`, about, replaces }));
  return [...fields.filter(({ text }) => text !== ""), ...directives].slice(0, COMPLETIONS_MAX);
}

function startsLike(candidate: string, word: string): boolean {
  return candidate.toLowerCase().startsWith(word.toLowerCase());
}
