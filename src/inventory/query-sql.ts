/**
 * A device query as SQL over `sync.devices d`: every value a parameter, every name from the tables here. Pure.
 */
import { invariant } from "../lib/invariant.ts";
import type { Pattern, Test } from "../model/srql-test.ts";
import type { TimeSpan } from "../model/srql-time.ts";
import type { Condition, DeviceQuery, SortKey } from "../model/srql.ts";

/** Collects values; gives each its place, with its type, so that the server never guesses one. */
export class Parameters {
  readonly values: unknown[];

  constructor(values: readonly unknown[]) {
    this.values = [...values];
  }

  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/** A row is not written again when a run finds nothing new; the newest sighting stands with the records. */
export const LAST_SEEN = `greatest(d.last_seen,
  (select max(s.last_seen) from sync.speaking s where s.tenant = d.tenant and s.device_no = d.device_no))`;
const PARTITION =
  "(select p.name from sync.partitions p where p.tenant = d.tenant and p.partition_no = d.partition_no)";

/** Numbers of the tenant's few instances or partitions that pass: asked once a statement, not once a device. */
function numbersOf(what: "instance" | "partition", passes: string): string {
  return `array(select n.${what}_no from sync.${what}s n where n.tenant = $1 and ${passes})`;
}

/** Fields that are a column, or as good as one. */
const COLUMNS: Readonly<Record<string, string>> = {
  hostname: "d.hostname",
  ip: "d.ip",
  mac: "d.mac",
  type: "d.type",
  vendor_name: "d.vendor_name",
  model: "d.model",
  "os.name": "d.os",
  "os.version": "d.os_version",
  risk_score: "d.risk_score",
  risk_level: "d.risk_level_id",
  site: "d.site",
  owner: "d.owner",
  partition: PARTITION,
  is_available: "d.is_available",
  is_managed: "d.is_managed",
  is_trusted: "d.is_trusted",
  is_compliant: "d.is_compliant",
  is_provisional: "d.is_provisional",
  first_seen: "d.first_seen",
  last_seen: LAST_SEEN,
  serial: "d.serial",
};
/** Fields that only records have, where in what they said. */
const SAID: Readonly<Record<string, string>> = {
  asset_tag: "{metadata,asset_tag}",
  armis_device_id: "{metadata,armis_device_id}",
  netbox_device_id: "{metadata,netbox_device_id}",
  agent_id: "{agent_id}",
};
/** The JSON members that these fields are read from. */
export const SAID_KEYS: Readonly<Record<string, string>> = {
  metadata: "metadata",
  ...Object.fromEntries(
    Object.entries(SAID).map(([field, place]) => [field, /(\w+)\}$/.exec(place)?.[1] ?? field]),
  ),
};
/** No part of what a record says: it is the agent that greets a gateway. */
const GATEWAY = `(select a.gateway_id from sync.agents a
  where a.tenant = s.tenant and a.agent_id = coalesce(s.said ->> 'agent_id', case when s.kind = 1 then s.native end))`;
/** OCSF's captions, by their number. */
const RISK_LEVELS = ["Info", "Low", "Medium", "High", "Critical"];

/** What was looked up of a condition beforehand: numbers of the devices that meet it. */
export type Found = ReadonlyMap<Condition, readonly number[]>;

/** The conditions of a query and its span of time, as one. */
export function whereOf(
  { conditions, time }: Pick<DeviceQuery, "conditions" | "time">,
  { found, parameters }: { readonly found: Found; readonly parameters: Parameters },
): string {
  const parts = conditions.map((condition) => {
    const numbers = found.get(condition);
    const holds =
      numbers === undefined
        ? conditionOf(condition, parameters)
        : `d.device_no = any(${parameters.add(numbers, "int[]")})`;
    return condition.isNegated ? `not coalesce(${holds}, false)` : holds;
  });
  const seen = time === undefined ? [] : [seenDuring(time, parameters)];
  return [...parts, ...seen].map((part) => `(${part})`).join(" and ") || "true";
}

/** A condition that is not looked up, as SQL over `sync.devices d`. */
export function conditionOf({ field, path, test }: Condition, parameters: Parameters): string {
  const column = COLUMNS[field];
  switch (test.kind) {
    case "text":
      return textOf({ field, path, any: test.any }, parameters);
    case "network":
      return test.any.map((network) => `d.ip <<= ${parameters.add(network, "inet")}`).join(" or ");
    case "during":
      return field === "last_seen"
        ? seenDuring(test.span, parameters)
        : during(columnOf(column), { span: test.span, parameters });
    case "is":
      return `${columnOf(column)} = ${parameters.add(test.value, "boolean")}`;
    case "equal":
    case "beyond":
    case "inside":
      return numeric(columnOf(column), { test, parameters });
    default:
      return "false";
  }
}

type Text = {
  readonly field: string;
  readonly path: string | undefined;
  readonly any: readonly Pattern[];
};

function textOf({ field, path, any }: Text, parameters: Parameters): string {
  const like = (subject: string): string => matching(subject, { any, parameters });
  switch (field) {
    case "type":
      return `${like("d.type")} or ${like("d.type_id::text")}`;
    case "ip":
      return like("host(d.ip)");
    case "risk_level": {
      const levels = RISK_LEVELS.flatMap((caption, no) =>
        any.some((pattern) => [caption, String(no)].some((text) => isLike(text, pattern)))
          ? [no]
          : [],
      );
      return `d.risk_level_id = any(${parameters.add(levels, "int[]")})`;
    }
    case "partition":
      return `d.partition_no = any(${numbersOf("partition", like("n.name"))})`;
    case "discovery_sources":
      return `${typedAs(any, parameters)} or d.instances && ${numbersOf("instance", like("n.name"))}`;
    case "device_id":
      return like("'sr:' || d.device_id");
    case "tags":
      return like(`(sync.tags_of(d.tenant, d.device_no) ->> ${parameters.add(path, "text")})`);
    default:
      break;
  }
  const onRecord = saidOf({ field, path, any }, parameters);
  return onRecord === undefined ? like(columnOf(COLUMNS[field])) : said(onRecord);
}

/** Types of sources stand in lower case, so a whole one is compared as it is: a million devices in a third of the time. */
function typedAs(any: readonly Pattern[], parameters: Parameters): string {
  if (any.some(({ isWild }) => isWild)) {
    return `exists (select from unnest(d.sources) one where ${matching("one", { any, parameters })})`;
  }
  const whole = any.map(({ text }) => text.toLowerCase());
  return `d.sources && ${parameters.add(whole, "text[]")}`;
}

/** A condition on what a record `s` of sync.speaking says; undefined where the field is no record's. */
export function saidOf({ field, path, any }: Text, parameters: Parameters): string | undefined {
  const like = (subject: string): string => matching(subject, { any, parameters });
  if (field === "metadata") return like(`s.said -> 'metadata' ->> ${parameters.add(path, "text")}`);
  if (field === "gateway_id") return like(GATEWAY);
  const place = SAID[field];
  return place === undefined ? undefined : like(`s.said #>> ${parameters.add(place, "text[]")}`);
}

function said(holds: string): string {
  return `exists (select from sync.speaking s where s.tenant = d.tenant and s.device_no = d.device_no and ${holds})`;
}

/** Upper and lower case are the same to people. */
function matching(
  subject: string,
  { any, parameters }: { readonly any: readonly Pattern[]; readonly parameters: Parameters },
): string {
  const whole = any.filter(({ isWild }) => !isWild).map(({ text }) => text.toLowerCase());
  const wild = any.filter(({ isWild }) => isWild).map(({ text }) => likeOf(text));
  const parts = [
    ...(whole.length === 0 ? [] : [`lower(${subject}) = any(${parameters.add(whole, "text[]")})`]),
    ...(wild.length === 0 ? [] : [`(${subject}) ilike any(${parameters.add(wild, "text[]")})`]),
  ];
  return `(${parts.join(" or ")})`;
}

/** Only `%` is a wildcard of the language; `_` and `\` are SQL's alone. */
function likeOf(text: string): string {
  return text.replaceAll(/[\\_]/g, String.raw`\$&`);
}

function isLike(text: string, { text: pattern, isWild }: Pattern): boolean {
  if (!isWild) return text.toLowerCase() === pattern.toLowerCase();
  const source = pattern
    .split("%")
    .map((part) => RegExp.escape(part))
    .join(".*");
  return new RegExp(`^${source}$`, "is").test(text);
}

function during(
  subject: string,
  { span, parameters }: { readonly span: TimeSpan; readonly parameters: Parameters },
): string {
  const bound = (operator: string, ms: number | undefined): readonly string[] =>
    ms === undefined
      ? []
      : [`${subject} ${operator} ${parameters.add(new Date(ms).toISOString(), "timestamptz")}`];
  return [...bound(">=", span.fromMs), ...bound("<", span.toMs)].join(" and ") || "true";
}

/** What the row says was seen then at least: most devices need no look at their records. */
function seenDuring(span: TimeSpan, parameters: Parameters): string {
  const whole = during(LAST_SEEN, { span, parameters });
  const { fromMs, toMs } = span;
  const byRow = during("d.last_seen", { span: { fromMs, toMs: undefined }, parameters });
  if (toMs === undefined) return `(${byRow} or (${seenSince(span, parameters)} and ${whole}))`;
  return `(${during("d.last_seen", { span: { fromMs: undefined, toMs }, parameters })} and ${whole})`;
}

/** Whether anything unchanged was seen since, of the device's sources as a whole: asked once, and seldom so of a source that fell silent. */
function seenSince({ fromMs = 0 }: TimeSpan, parameters: Parameters): string {
  const from = parameters.add(new Date(fromMs).toISOString(), "timestamptz");
  return `(d.instances && array(
      select distinct g.instance_no from sync.seen_segments g where g.tenant = $1 and g.event_at >= ${from})
    or exists (select from sync.record_sightings s where s.tenant = $1 and s.last_seen >= ${from}))`;
}

type Numeric = Exclude<Test, { readonly kind: "text" | "network" | "during" | "is" }>;

function numeric(
  subject: string,
  { test, parameters }: { readonly test: Numeric; readonly parameters: Parameters },
): string {
  if (test.kind === "equal") return `${subject} = any(${parameters.add(test.any, "float8[]")})`;
  if (test.kind === "beyond") {
    return `${subject} ${test.operator} ${parameters.add(test.bound, "float8")}`;
  }
  const bound = (operator: string, value: number | undefined): readonly string[] =>
    value === undefined ? [] : [`${subject} ${operator} ${parameters.add(value, "float8")}`];
  return [...bound(">=", test.low), ...bound("<=", test.high)].join(" and ") || "true";
}

function columnOf(column: string | undefined): string {
  invariant(column !== undefined, "every field of the language has a column or a place");
  return column;
}

/** Names as people sort them, whatever their case; everything else by its own order. */
const FOLDED = new Set([
  "hostname",
  "type",
  "vendor_name",
  "model",
  "os.name",
  "site",
  "owner",
  "serial",
]);
const ORDER_TYPES: Readonly<Record<string, OrderType>> = {
  ip: "inet",
  risk_score: "float8",
  risk_level: "int",
  first_seen: "timestamptz",
  last_seen: "timestamptz",
};
/** Fields that every device has. */
const ALWAYS_KNOWN = new Set(["first_seen", "last_seen"]);

/** What values of an order are compared as. */
type OrderType = "text" | "inet" | "float8" | "int" | "timestamptz";

/** What a list is sorted by: an expression and the type of its values. */
export interface OrderTerm {
  readonly sql: string;
  readonly type: OrderType;
  readonly isDescending: boolean;
  /** Whether upper and lower case are the same to it. */
  readonly isFolded: boolean;
  /** Whether there are devices without a value. */
  readonly isNullable: boolean;
}

/** The terms of a sort; the device's number, which settles ties, is not among them. */
export function orderOf(sort: readonly SortKey[]): readonly OrderTerm[] {
  return sort.map(({ field, isDescending }) => {
    const column = columnOf(COLUMNS[field]);
    return {
      sql: FOLDED.has(field) ? `sync.folded(${column})` : column,
      type: ORDER_TYPES[field] ?? "text",
      isDescending,
      isFolded: FOLDED.has(field),
      isNullable: !ALWAYS_KNOWN.has(field),
    };
  });
}

/**
 * Where a device stands in an order: the value of each term as text, null where it has none, and its number. With values of the
 * first terms alone it is a place between devices.
 */
export interface Position {
  readonly values: readonly (string | null)[];
  readonly deviceNo: number;
}

/** Which way a list is read: a page goes on behind a position, or ends before it. */
export type Direction = "forwards" | "backwards";

/** The part of a list in which the first term has a value, or that in which it has none, which comes last. */
export type Part = "known" | "unknown";

type Reading = {
  readonly part: Part;
  readonly direction: Direction;
  readonly position: Position | undefined;
  readonly parameters: Parameters;
};

/**
 * What lies beyond a position in one part of an order, as a condition. The bound of the first term is said once more by itself: that
 * is what an index is entered by.
 */
export function beyondOf(
  terms: readonly OrderTerm[],
  { part, direction, position, parameters }: Reading,
): string {
  const [first] = terms;
  const conditions =
    first?.isNullable === true ? [`${first.sql} is ${part === "known" ? "not " : ""}null`] : [];
  if (position !== undefined) {
    const isUp = isUpwards(terms, direction);
    let tie = `d.device_no ${isUp ? ">" : "<"} ${parameters.add(position.deviceNo, "int")}`;
    for (const [i, term] of [...terms.entries()].toReversed()) {
      if ((i === 0 && part === "unknown") || i >= position.values.length) continue;
      tie = pastOf(term, {
        value: position.values[i] ?? null,
        isFirst: i === 0,
        tie,
        direction,
        parameters,
      });
    }
    conditions.push(tie);
  }
  return conditions.join(" and ") || "true";
}

type Past = {
  readonly value: string | null;
  readonly isFirst: boolean;
  readonly tie: string;
  readonly direction: Direction;
  readonly parameters: Parameters;
};

/** Unknown values of a term stand last, so what is beyond one backwards is everything known. */
function pastOf(
  { sql, type, isDescending, isNullable }: OrderTerm,
  { value, isFirst, tie, direction, parameters }: Past,
): string {
  const isForwards = direction === "forwards";
  if (value === null) {
    return isForwards ? `(${sql} is null and ${tie})` : `(${sql} is not null or ${tie})`;
  }
  const bound = parameters.add(value, type);
  const operator = isDescending === isForwards ? "<" : ">";
  const beyond = `${sql} ${operator} ${bound} or (${sql} = ${bound} and ${tie})`;
  if (isFirst) return `${sql} ${operator}= ${bound} and (${beyond})`;
  return isNullable && isForwards ? `(${beyond} or ${sql} is null)` : `(${beyond})`;
}

/** Numbers go the way of the first term, so that one index serves an order both ways. */
function isUpwards([first]: readonly OrderTerm[], direction: Direction): boolean {
  return (first?.isDescending !== true) === (direction === "forwards");
}

/** The order of one part of a list, as it is read, as SQL. */
export function orderBySql(
  terms: readonly OrderTerm[],
  { part, direction }: Pick<Reading, "part" | "direction">,
): string {
  const isForwards = direction === "forwards";
  const keys = terms.flatMap(({ sql, isDescending }, i) => {
    if (i === 0 && part === "unknown") return [];
    const way = isDescending === isForwards ? "desc" : "asc";
    // Of the first term there is no null here, and an index read downwards has them first.
    if (i === 0) return [`${sql} ${way}`];
    return [`${sql} ${way} nulls ${isForwards ? "last" : "first"}`];
  });
  return [...keys, `d.device_no ${isUpwards(terms, direction) ? "asc" : "desc"}`].join(", ");
}
