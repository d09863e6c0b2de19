/**
 * What an SRQL query asks of the device inventory: terms (srql-syntax.ts) read by the fields' kinds. Every error names the
 * place, and the nearest known word. Pure: now is given, `last_24h` becomes two moments.
 */
import { closest } from "../lib/did-you-mean.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { ENTITIES, FIELD_NAMES, fieldOf, type SrqlField } from "./srql-fields.ts";
import { readTerms, type Span, type SrqlError, type Term, type Value } from "./srql-syntax.ts";
import { testOf, type Test } from "./srql-test.ts";
import { timeSpanOf, type TimeSpan } from "./srql-time.ts";

/** One thing that a device must be, or must not be. */
export interface Condition {
  readonly field: string;
  /** The key inside tags or metadata. */
  readonly path: string | undefined;
  readonly isNegated: boolean;
  readonly test: Test;
}

/** How the answer is ordered, first key first. */
export interface SortKey {
  readonly field: string;
  readonly isDescending: boolean;
}

/** Groups instead of devices: `stats:"count() by type"`, those with enough members by `having:"count() > 5"`. */
interface Grouping {
  readonly by: readonly string[];
  readonly atLeast: number;
}

/** A query as the inventory answers it: all conditions hold at once. */
export interface DeviceQuery {
  readonly conditions: readonly Condition[];
  readonly time: TimeSpan | undefined;
  readonly sort: readonly SortKey[];
  readonly limit: number | undefined;
  readonly grouping: Grouping | undefined;
  /** The caller wants to be told the answer again when it changes. */
  readonly isStream: boolean;
}

/** Words that steer a query and are no field. */
const DIRECTIVES: readonly string[] = [
  "in",
  "time",
  "timeFrame",
  "sort",
  "limit",
  "stats",
  "having",
  "stream",
];
/** Most keys of a sort: each widens the key of the page that follows. */
const SORT_KEYS_MAX = 3;
/** Most fields of a grouping. */
const GROUP_FIELDS_MAX = 3;
/** Most devices of one page. */
const LIMIT_MAX = 500;

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Writable<DeviceQuery> & { conditions: Condition[] };
type Step = Result<undefined, SrqlError>;
const DONE: Step = ok(undefined);

/** Reads a query; `in:` may be left out, for there is one entity. */
export function parseSrql(text: string, nowMs: number): Result<DeviceQuery, SrqlError> {
  const terms = readTerms(text);
  if (!terms.ok) return terms;
  const draft: Draft = {
    conditions: [],
    time: undefined,
    sort: [],
    limit: undefined,
    grouping: undefined,
    isStream: false,
  };
  for (const term of terms.value) {
    const step = take(draft, { term, nowMs });
    if (!step.ok) return step;
  }
  return ok(draft);
}

type Context = { readonly term: Term; readonly nowMs: number };

function take(draft: Draft, context: Context): Step {
  const { term } = context;
  const steer = STEERS[term.key.toLowerCase()];
  if (steer === undefined) return takeCondition(draft, context);
  if (term.isNegated) return err({ message: `${term.key} cannot be negated`, span: term.span });
  return steer(draft, context);
}

function takeCondition(draft: Draft, { term, nowMs }: Context): Step {
  const found = fieldOf(term.key);
  if (found === undefined) return err(unknownField(term.key, term.keySpan));
  const test = testOf(found.field, { match: term.match, nowMs });
  if (!test.ok) return test;
  const { field, path } = found;
  draft.conditions.push({ field: field.name, path, isNegated: term.isNegated, test: test.value });
  return DONE;
}

const STEERS: Readonly<Record<string, (draft: Draft, context: Context) => Step>> = {
  in: (_, { term }) => {
    const value = single(term);
    if (!value.ok || ENTITIES.includes(value.value.text.toLowerCase())) return done(value);
    const { text, span } = value.value;
    return err({ message: `unknown entity "${text}"; known are ${ENTITIES.join(", ")}`, span });
  },
  time: takeTime,
  timeframe: takeTime,
  limit: (draft, { term }) => {
    const value = single(term);
    if (!value.ok) return value;
    const limit = wholeNumber(value.value, { least: 1, most: LIMIT_MAX });
    if (!limit.ok) return limit;
    draft.limit = limit.value;
    return DONE;
  },
  stream: (draft, { term }) => {
    const value = single(term);
    if (!value.ok) return value;
    draft.isStream = value.value.text.toLowerCase() === "true";
    return DONE;
  },
  sort: takeSort,
  stats: takeStats,
  having: takeHaving,
};

function takeTime(draft: Draft, { term, nowMs }: Context): Step {
  const span = timeSpanOf(term.match, nowMs);
  if (!span.ok) return span;
  draft.time = span.value;
  return DONE;
}

function takeSort(draft: Draft, { term }: Context): Step {
  const value = single(term);
  if (!value.ok) return value;
  const { span } = value.value;
  const keys: SortKey[] = [];
  for (const part of value.value.text.split(",")) {
    const [name = "", direction = "asc"] = part.trim().split(":");
    if (!/^(?:asc|desc)$/i.test(direction)) {
      return err({ message: `"${direction}" is neither asc nor desc`, span });
    }
    const field = orderedField(name, span);
    if (!field.ok) return field;
    keys.push({ field: field.value.name, isDescending: direction.toLowerCase() === "desc" });
  }
  if (keys.length > SORT_KEYS_MAX) {
    return err({ message: `a sort has at most ${SORT_KEYS_MAX} fields`, span });
  }
  draft.sort = keys;
  return DONE;
}

function takeStats(draft: Draft, { term }: Context): Step {
  const value = single(term);
  if (!value.ok) return value;
  const { text, span } = value.value;
  const [, list] = /^\s*count\(\s*\)(?:\s+as\s+\w+)?(?:\s+by\s+(.+))?$/i.exec(text) ?? [
    undefined,
    "",
  ];
  if (list === "") return err({ message: 'stats is "count()" or "count() by field"', span });
  const by: string[] = [];
  for (const name of list?.split(",") ?? []) {
    const field = orderedField(name.trim(), span);
    if (!field.ok) return field;
    by.push(field.value.name);
  }
  if (by.length > GROUP_FIELDS_MAX) {
    return err({ message: `groups have at most ${GROUP_FIELDS_MAX} fields`, span });
  }
  draft.grouping = { by, atLeast: draft.grouping?.atLeast ?? 1 };
  return DONE;
}

function takeHaving(draft: Draft, { term }: Context): Step {
  const value = single(term);
  if (!value.ok) return value;
  const { text, span } = value.value;
  const [, operator, bound] =
    /^\s*(?:count\(\s*\)|count)\s*(>=|>)\s*(\d{1,9})\s*$/i.exec(text) ?? [];
  if (bound === undefined) return err({ message: 'having is "count() > 5"', span });
  const atLeast = Number(bound) + (operator === ">" ? 1 : 0);
  draft.grouping = { by: draft.grouping?.by ?? [], atLeast };
  return DONE;
}

function orderedField(name: string, span: Span): Result<SrqlField, SrqlError> {
  const found = fieldOf(name);
  if (found === undefined) return err(unknownField(name, span));
  if (found.field.isOrdered) return ok(found.field);
  return err({ message: `devices are not sorted or grouped by ${found.field.name}`, span });
}

function unknownField(name: string, span: Span): SrqlError {
  const suggestion = closest(name, [...FIELD_NAMES, ...DIRECTIVES]);
  const meant = suggestion === undefined ? "" : `, did you mean "${suggestion}"?`;
  return { message: `devices have no field "${name}"${meant}`, span, suggestion };
}

function single({ key, match, span }: Term): Result<Value, SrqlError> {
  const value = match.kind === "any" && match.values.length === 1 ? match.values[0] : undefined;
  return value === undefined ? err({ message: `${key} takes one value`, span }) : ok(value);
}

function wholeNumber(
  { text, span }: Value,
  { least, most }: { readonly least: number; readonly most: number },
): Result<number, SrqlError> {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return ok(value);
  return err({ message: `"${text}" is no whole number from ${least} to ${most}`, span });
}

function done<T>(result: Result<T, SrqlError>): Step {
  return result.ok ? DONE : result;
}
