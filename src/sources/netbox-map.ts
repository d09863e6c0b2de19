import { isUsableIp, parseIp, type Ip } from "../model/ip.ts";
import { formatMac, parseMac, type Mac } from "../model/mac.ts";
import type { DeviceRow, InterfaceRow, IpAddressRow, VmRow } from "./netbox-rows.ts";
import type { SourceDevice } from "./source.ts";

/** What the interfaces of one device or virtual machine carry, in the order of NetBox's ids. */
export interface Attached {
  readonly macs: readonly Mac[];
  readonly ips: readonly Ip[];
}

type Texts = Readonly<Record<string, string | undefined>>;

/** Reads a device row and what is attached to it as a device. Its id is unique among devices only. */
export function toDevice(row: DeviceRow, attached: Attached): SourceDevice {
  const native = String(row.id);
  return sourceDevice(row, attached, {
    netbox_device_id: native,
    integration_id: native,
    asset_tag: row.asset_tag,
    manufacturer: nameOf(row.device_type?.manufacturer),
    model: row.device_type?.model,
    role: slugOf(row.role ?? row.device_role),
    location: nameOf(row.location),
    rack: nameOf(row.rack),
    virtual_chassis: nameOf(row.virtual_chassis),
  });
}

/** Reads a virtual machine row. Its ids never look like a device's: VM 42 is not device 42. */
export function toVirtualMachine(row: VmRow, attached: Attached): SourceDevice {
  return sourceDevice(row, attached, {
    netbox_vm_id: String(row.id),
    integration_id: `vm-${row.id}`,
    role: slugOf(row.role),
  });
}

/** No is_available: a status says what is planned for a device, not whether it answers. */
function sourceDevice(row: VmRow | DeviceRow, attached: Attached, own: Texts): SourceDevice {
  const primary = [row.primary_ip4, row.primary_ip6, "oob_ip" in row ? row.oob_ip : undefined];
  const primaryIps = primary.flatMap((text) => usableIp(text) ?? []);
  const ips = [...new Set([...primaryIps, ...attached.ips])];
  const macs = attached.macs.map(formatMac);
  return {
    ...present({ ip: primaryIps[0], mac: macs[0], hostname: row.name }),
    metadata: present({
      integration_type: "netbox",
      ...own,
      serial: row.serial,
      os: nameOf(row.platform),
      site: nameOf(row.site),
      cluster: nameOf(row.cluster),
      owner: nameOf(row.tenant),
      status: row.status,
      tags: list(row.tags),
      all_macs: list(macs),
      all_ips: list(ips),
    }),
  };
}

function present(texts: Texts): Record<string, string> {
  const kept = Object.entries(texts).filter(([, text]) => text !== undefined && text !== "");
  return Object.fromEntries(kept) as Record<string, string>;
}

type Named = DeviceRow["site"];

/** 3.x writes some nested objects (virtual chassis) with `display` alone. */
function nameOf(object: Named): string | undefined {
  return object?.name ?? object?.display;
}

function slugOf(object: Named): string | undefined {
  return object?.slug ?? nameOf(object);
}

function list(texts: readonly string[]): string {
  return texts.join(",");
}

function usableIp(text: string | undefined): Ip | undefined {
  const ip = text === undefined ? undefined : parseIp(text);
  return ip !== undefined && isUsableIp(ip) ? ip : undefined;
}

/** MACs that name nobody. Locally administered ones stay: DIRE weighs them, virtual machines have no others. */
const NOBODYS_MACS = new Set(["000000000000", "FFFFFFFFFFFF"]);

/** The MACs of one interface, the primary one first. */
export function macsOf(row: InterfaceRow): readonly Mac[] {
  const others = (row.mac_addresses ?? []).map((entry) => entry?.mac_address);
  const macs = [row.primary_mac_address?.mac_address, row.mac_address, ...others]
    .flatMap((text) => (text === undefined ? [] : (parseMac(text) ?? [])))
    .filter((mac) => !NOBODYS_MACS.has(mac));
  return [...new Set(macs)];
}

/** Roles of addresses that several devices hold at once; NetBox itself exempts them from its duplicate check. */
const SHARED_ROLES = new Set(["anycast", "vip", "vrrp", "hsrp", "glbp", "carp"]);

/** The address of a row if the interface it is assigned to really is its one holder. */
export function ipOf(row: IpAddressRow): Ip | undefined {
  const isShared = row.role !== undefined && SHARED_ROLES.has(row.role);
  return isShared || row.status === "deprecated" ? undefined : usableIp(row.address);
}
