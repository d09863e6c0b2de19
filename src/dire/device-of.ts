/** The published row of a cluster: surviving attributes of the records that still stand. Pure. */
import type { Classified, DeviceRow } from "../inventory/device-store.ts";
import { isUsableIp, parseIp, type Ip } from "../model/ip.ts";
import { BUILT_IN } from "./enrichment-rule.ts";
import type { Kind } from "./kind.ts";
import { deviceTypeOf, otherType, type DeviceType } from "./ocsf.ts";
import type { Cluster } from "./resolve.ts";
import { riskLevelOf } from "./risk.ts";
import type { Field, Saying, Sayings } from "./saying.ts";
import { standingValues, type Terms, type Witness } from "./survive.ts";

/** A record of a cluster as its row needs it. */
export interface StandingRecord extends Witness {
  readonly instanceNo: number;
  readonly partitionNo: number;
  /** When its source retracted it, if it did after seeing it last. */
  readonly deletedMs: number | undefined;
  /** See Deletion. */
  readonly deletedReason: string | undefined;
}

/** The row of a device. A device goes when all its records are retracted; until then the retracted say nothing. */
export function deviceRow(
  { id }: Cluster,
  standing: readonly StandingRecord[],
  { deviceNo, ...terms }: Terms & { readonly deviceNo: number },
): DeviceRow {
  const alive = standing.filter(({ deletedMs }) => deletedMs === undefined);
  const speaking = alive.length > 0 ? alive : standing;
  return {
    deviceNo,
    id,
    partitionNo: standing[0]?.partitionNo ?? 0,
    ...attributes(standingValues(speaking, terms)),
    isProvisional: standing.every(isWeak),
    promotedMs: promotionOf(standing),
    instances: sorted(speaking.map(({ instanceNo }) => instanceNo)),
    sources: distinct(speaking.map(({ update }) => update.source.toLowerCase())).toSorted(),
    recordCount: standing.length,
    firstMs: Math.min(...standing.map(discoveryOf)),
    lastMs: Math.max(...standing.map(({ node }) => node.lastMs)),
    ...(alive.length > 0 ? {} : departure(standing)),
  };
}

/** The last record to go decides. */
function departure(
  standing: readonly StandingRecord[],
): Pick<DeviceRow, "deletedMs" | "deletedReason"> {
  const [last] = standing.toSorted(
    (a, b) => (b.deletedMs ?? 0) - (a.deletedMs ?? 0) || a.node.recordNo - b.node.recordNo,
  );
  return { deletedMs: last?.deletedMs, deletedReason: last?.deletedReason ?? "source" };
}

type Attributes = Omit<
  DeviceRow,
  | "deviceNo"
  | "id"
  | "partitionNo"
  | "isProvisional"
  | "instances"
  | "sources"
  | "recordCount"
  | "firstMs"
  | "lastMs"
>;

function attributes(fields: Sayings): Attributes {
  const value = (field: Field): string | undefined => fields[field]?.value;
  const type = typeOf(fields.type);
  const risk = value("risk_score");
  const score = Number(risk ?? Number.NaN);
  return {
    ip: addressOf(value("ip")),
    mac: value("mac"),
    hostname: value("hostname"),
    typeId: type?.id ?? 0,
    type: type?.name,
    vendorName: value("vendor_name"),
    model: value("model"),
    os: value("os"),
    osVersion: fields.os?.version,
    site: value("site"),
    owner: value("owner"),
    serial: value("serial"),
    riskScore: Number.isFinite(score) ? score : undefined,
    riskLevelId: risk === undefined ? undefined : riskLevelOf(risk)?.id,
    isManaged: flagOf(value("is_managed")),
    isTrusted: flagOf(value("is_trusted")),
    isCompliant: flagOf(value("is_compliant")),
    isAvailable: flagOf(value("is_available")),
    classification: classificationOf(fields),
  };
}

function typeOf(saying: Saying | undefined): DeviceType | undefined {
  if (saying === undefined) return undefined;
  const { value, typeId: id } = saying;
  return id === undefined ? (deviceTypeOf(value) ?? otherType(value)) : { id, name: value };
}

function addressOf(text: string | undefined): Ip | undefined {
  const address = text === undefined ? undefined : parseIp(text);
  return address !== undefined && isUsableIp(address) ? address : undefined;
}

function flagOf(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === "true";
}

/** Attributes that a rule may decide, the most telling first. */
const RULED = ["type", "vendor_name", "model"] as const;

/** The rule behind what stands, in the original's words for it. */
function classificationOf(fields: Sayings): Classified | undefined {
  for (const field of RULED) {
    const rule = fields[field]?.rule;
    if (rule === undefined) continue;
    const source = rule.origin === BUILT_IN ? BUILT_IN : "filesystem";
    return { source, ruleId: rule.id, confidence: rule.confidence, reason: rule.reason };
  }
  return undefined;
}

/** Known by an address or a MAC alone: no source that keeps a register has named it. */
function isWeak({ node }: StandingRecord): boolean {
  return WEAK_KINDS.includes(node.key.kind);
}

const WEAK_KINDS: readonly Kind[] = ["mac", "mapper", "address"];

/** When a device that was known by address or MAC alone got a record of a register; undefined where it began with one. */
function promotionOf(standing: readonly StandingRecord[]): number | undefined {
  if (!standing.some(isWeak)) return undefined;
  const since = (isOfThese: (one: StandingRecord) => boolean): number =>
    Math.min(...standing.filter(isOfThese).map(({ node }) => node.firstMs));
  const strong = since((one) => !isWeak(one));
  return Number.isFinite(strong) && since(isWeak) < strong ? strong : undefined;
}

/** When a record's device was first seen: a sensor that has watched for longer than we have asked it says so itself. */
function discoveryOf({ node, update }: StandingRecord): number {
  const { armis_first_seen: told, first_seen: said = told } = update.metadata;
  const ms = said === undefined ? Number.NaN : Date.parse(said);
  return ms > 0 && ms < node.firstMs ? ms : node.firstMs;
}

function sorted(numbers: readonly number[]): readonly number[] {
  return distinct(numbers).toSorted((a, b) => a - b);
}

/** A device of one record is the most frequent. */
function distinct<T>(all: readonly T[]): readonly T[] {
  return all.length < 2 ? all : [...new Set(all)];
}
