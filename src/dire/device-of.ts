/** The published row of a cluster: surviving attributes of the records that still stand. Pure. */
import type { DeviceRow } from "../inventory/device-store.ts";
import { isUsableIp, parseIp } from "../model/ip.ts";
import { deviceTypeOf } from "./ocsf.ts";
import type { Cluster } from "./resolve.ts";
import { survive, type Field, type Witness } from "./survive.ts";

/** A record of a cluster as its row needs it. */
export interface Standing extends Witness {
  readonly instanceNo: number;
  readonly partitionNo: number;
  /** When its source retracted it, if it did after seeing it last. */
  readonly deletedMs: number | undefined;
}

/** The row of a device. A device goes when all its records are retracted; until then the retracted say nothing. */
export function deviceRow(
  cluster: Cluster,
  deviceNo: number,
  standing: readonly Standing[],
): DeviceRow {
  const alive = standing.filter(({ deletedMs }) => deletedMs === undefined);
  const speaking = alive.length > 0 ? alive : standing;
  const fields = survive(speaking);
  const value = (field: Field): string | undefined => fields.get(field)?.winner.value;
  const type = deviceTypeOf(value("type"));
  const ip = value("ip");
  const address = ip === undefined ? undefined : parseIp(ip);
  const risk = Number(value("risk_score") ?? Number.NaN);
  const available = value("is_available");
  return {
    deviceNo,
    id: cluster.id,
    partitionNo: standing[0]?.partitionNo ?? 0,
    ip: address !== undefined && isUsableIp(address) ? address : undefined,
    mac: value("mac"),
    hostname: value("hostname"),
    typeId: type?.id ?? 0,
    type: type?.name,
    vendorName: value("vendor_name"),
    model: value("model"),
    os: value("os"),
    site: value("site"),
    owner: value("owner"),
    serial: value("serial"),
    riskScore: Number.isFinite(risk) ? risk : undefined,
    isAvailable: available === undefined ? undefined : available === "true",
    isProvisional: standing.every(({ node }) =>
      ["mac", "mapper", "address"].includes(node.key.kind),
    ),
    instances: sorted(speaking.map(({ instanceNo }) => instanceNo)),
    sources: [...new Set(speaking.map(({ update }) => update.source.toLowerCase()))].toSorted(),
    recordCount: standing.length,
    firstMs: Math.min(...standing.map(({ node }) => node.firstMs)),
    lastMs: Math.max(...standing.map(({ node }) => node.lastMs)),
    deletedMs:
      alive.length > 0 ? undefined : Math.max(...standing.map(({ deletedMs }) => deletedMs ?? 0)),
  };
}

function sorted(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}
