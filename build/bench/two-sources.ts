/** The inventory that a load is measured with: Armis knows 70 of 100 devices, NetBox 50, both of them 20. Pure. */
import type { SourceDevice } from "../../src/sources/source.ts";

/** Which part of the devices a source knows: those from `from` to before `until`, as parts of all. */
export interface SourceShare {
  readonly type: "armis" | "netbox";
  readonly from: number;
  readonly until: number;
}

/** The sources, in the order in which they are pulled. */
export const SHARES: readonly SourceShare[] = [
  { type: "armis", from: 0, until: 0.7 },
  { type: "netbox", from: 0.5, until: 1 },
];

/** Says of a device that it differs from what it was at first: every second one in its name, the others in what identity is not read from. */
export type IsChanged = (device: number) => boolean;

/** How many devices a source has, of so many in all. */
export function countOf({ from, until }: SourceShare, devices: number): number {
  return Math.round(until * devices) - Math.round(from * devices);
}

/** A source's devices, in its order; about 650 bytes each as an update on the wire. */
export function* devicesOf(
  share: SourceShare,
  { devices, isChanged }: { readonly devices: number; readonly isChanged: IsChanged },
): Generator<SourceDevice> {
  const first = Math.round(share.from * devices);
  const count = countOf(share, devices);
  for (let no = first; no < first + count; no += 1) {
    yield deviceOf(no, { type: share.type, isChanged: isChanged(no) });
  }
}

function deviceOf(
  no: number,
  { type, isChanged }: { readonly type: SourceShare["type"]; readonly isChanged: boolean },
): SourceDevice {
  const hex = no.toString(16).toUpperCase().padStart(6, "0");
  const isRenamed = isChanged && no % 2 === 0;
  return {
    ip: `10.${(no >> 16) & 255}.${(no >> 8) & 255}.${no & 255}`,
    mac: `3C:97:0E:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`,
    hostname: isRenamed ? `host-${no}-renamed.example.net` : `host-${no}.example.net`,
    isAvailable: true,
    metadata: {
      integration_type: type,
      integration_id: String(no),
      serial: `SN${(no * 7_919).toString(36).toUpperCase().padStart(8, "0")}`,
      manufacturer: "Dell",
      model: `PowerEdge R7${no % 7}0`,
      os: isChanged && !isRenamed ? "Ubuntu 24.04.2 LTS" : "Ubuntu 22.04.5 LTS",
      ...(type === "armis" ? armisFields(no) : netboxFields(no)),
    },
  };
}

function armisFields(no: number): Readonly<Record<string, string>> {
  return {
    armis_device_id: String(no),
    armis_type: "Servers",
    armis_category: "Computers",
    armis_risk_level: String(no % 10),
    armis_tags: "Corporate,Managed,Data Center,Wired",
    armis_purdue_level: "4.0",
    site: `Data center ${no % 40}`,
    boundaries: "Corporate network",
  };
}

function netboxFields(no: number): Readonly<Record<string, string>> {
  return {
    netbox_device_id: String(no),
    site: `dc-${no % 40}`,
    role: "server",
    rack: `R${no % 400}`,
    position: String(no % 42),
    asset_tag: `AT${(no * 31).toString(36).toUpperCase().padStart(7, "0")}`,
    status: "active",
    tenant: "Platform engineering",
    region: "Europe, Frankfurt",
  };
}
