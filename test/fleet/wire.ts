import { STYLES } from "./views/styles.ts";
import type { Instance, View } from "./world/record.ts";

/** One update in the form in which it travels: a DeviceUpdate as JSON. */
export interface WireUpdate {
  readonly agent_id: string;
  readonly gateway_id: string;
  readonly partition: string;
  /** "<partition>:<ip>": the form that the original's peers send, which is no identity. */
  readonly device_id?: string;
  readonly ip?: string;
  readonly mac?: string;
  readonly hostname?: string;
  readonly source: string;
  readonly timestamp: string;
  readonly is_available?: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The update of a row as its system's collector sends it. */
export function toWire(
  view: View,
  {
    instance,
    timestamp,
    available,
  }: { instance: Instance; timestamp: string; available: boolean | undefined },
): WireUpdate {
  const { source, partition, name } = instance;
  const collector = view.collector ?? `collector-${partition}`;
  return {
    agent_id: collector,
    gateway_id: `gateway-${partition}`,
    partition,
    ...present({
      device_id: view.ip === undefined ? undefined : `${partition}:${view.ip}`,
      ip: view.ip,
      mac: listOf(view.macs),
      hostname: view.host,
    }),
    source,
    timestamp,
    ...(available === undefined ? {} : { is_available: available }),
    metadata: present({
      ...STYLES[source].metadata(view),
      serial: view.serial,
      asset_tag: view.asset,
      manufacturer: view.manufacturer,
      model: view.model,
      os: view.os,
      all_macs: listOf(view.allMacs),
      all_ips: listOf(view.allIps),
      ...view.extra,
      sync_service_id: CONFIGURED.has(source) ? name : undefined,
    }),
  };
}

/** Systems that an operator configures as a source, with an id of its own on every update. */
const CONFIGURED = new Set(["netbox", "armis", "servicenow"]);

/** Joined by commas, without blanks. */
function listOf(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join(",");
}

function present(texts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(texts).filter(([, text]) => text !== undefined && text !== "");
  return Object.fromEntries(kept) as Record<string, string>;
}
