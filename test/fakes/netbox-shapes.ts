import type { NetboxDevice } from "./netbox-fleet.ts";

/** The versions whose shapes the fake knows. */
export const NETBOX_VERSIONS = ["3.5", "3.7", "4.1", "4.2", "4.5", "4.6", "4.7"] as const;

/** One of NETBOX_VERSIONS. */
export type NetboxVersion = (typeof NETBOX_VERSIONS)[number];

/** Any JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** How a row looks: the version's shape, and the origin in its links. */
export interface Shape {
  readonly version: NetboxVersion;
  readonly origin: string;
}

/** Whether the version is `first` or later. */
export function since(version: NetboxVersion, first: NetboxVersion): boolean {
  return NETBOX_VERSIONS.indexOf(version) >= NETBOX_VERSIONS.indexOf(first);
}

/** The name in every spelling NetBox knows. */
function slugify(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

type Ref = { readonly path: string; readonly id: number; readonly display: string };

/** The members that every object begins with. */
function head(shape: Shape, { path, id, display }: Ref): Json {
  const url = `${shape.origin}/api/${path}/${id}/`;
  const page = since(shape.version, "4.1") ? { display_url: `${shape.origin}/${path}/${id}/` } : {};
  return { id, url, ...page, display };
}

/** A nested object with name and slug, null without a name. */
function nested(shape: Shape, path: string, name: string): Json | null {
  if (name === "") return null;
  const id = 1 + (name.length % 50);
  const url = `${shape.origin}/api/${path}/${id}/`;
  return { id, url, display: name, name, slug: slugify(name) };
}

/** What is the same for devices and virtual machines. */
function machineRow(
  shape: Shape,
  device: NetboxDevice,
  at: { readonly index: number; readonly ipIds: readonly number[] },
): Json {
  const { index, ipIds } = at;
  const four = device.ips.findIndex((ip) => !ip.includes(":"));
  const six = device.ips.findIndex((ip) => ip.includes(":"));
  const address = (position: number): Json | null =>
    position < 0 ? null : nestedIp(shape, ipIds[position] ?? 0, device.ips[position] ?? "");
  return {
    name: device.name === "" ? null : device.name,
    tenant: index % 3 === 0 ? nested(shape, "tenancy/tenants", "Tenant 1") : null,
    platform: nested(shape, "dcim/platforms", device.os),
    site: nested(shape, "dcim/sites", device.site),
    status: STATUSES[index % STATUSES.length],
    primary_ip: address(four >= 0 ? four : six),
    primary_ip4: address(four),
    primary_ip6: address(six),
    serial: device.serial,
    description: "",
    ...(since(shape.version, "4.5") ? { owner: null } : {}),
    comments: "the console password is hunter2",
    config_context: { snmp_community: "hunter2" },
    local_context_data: { password: "hunter2" },
    tags:
      index % 4 === 0 ? [{ ...nested(shape, "extras/tags", "Prod East"), color: "9e9e9e" }] : [],
    custom_fields: { snmp_community: "hunter2", rack_key: null },
    created: "2026-11-23T07:45:44.809146Z",
    last_updated: "2026-11-23T07:45:44.809149Z",
  };
}

const STATUSES = [
  "active",
  "planned",
  "staged",
  "offline",
  "failed",
  "inventory",
  "decommissioning",
].map((value) => ({ value, label: value.toUpperCase() }));

/** A device's row. `chassis` is the number of its virtual chassis. */
export function deviceRow(
  shape: Shape,
  device: NetboxDevice,
  at: {
    readonly index: number;
    readonly id: number;
    readonly ipIds: readonly number[];
    readonly chassis?: number | undefined;
  },
): Json {
  const { version } = shape;
  const role = nested(shape, "dcim/device-roles", device.role);
  const manufacturer = nested(shape, "dcim/manufacturers", device.manufacturer);
  const { name, ...rest } = machineRow(shape, device, at);
  return {
    ...head(shape, { path: "dcim/devices", id: at.id, display: device.name || device.model }),
    name,
    device_type: {
      id: 1,
      display: device.model,
      manufacturer,
      model: device.model,
      slug: slugify(device.model),
    },
    ...(since(version, "4.1")
      ? { role }
      : version === "3.5"
        ? { device_role: role }
        : { device_role: role, role }),
    ...rest,
    asset_tag: device.assetTag === "" ? null : device.assetTag,
    location: at.index % 2 === 0 ? nested(shape, "dcim/locations", "Row A") : null,
    rack: at.index % 2 === 0 ? nested(shape, "dcim/racks", `R${at.index % 40}`) : null,
    ...(version === "3.5" ? {} : { oob_ip: null, interface_count: 0 }),
    parent_device: null,
    cluster: null,
    virtual_chassis: at.chassis === undefined ? null : chassisOf(shape, at.chassis),
    vc_position: null,
  };
}

function chassisOf(shape: Shape, id: number): Json {
  const chassis = { id, display: `stack-${id}`, master: null, member_count: 2 };
  return since(shape.version, "4.1") ? { ...chassis, name: `stack-${id}` } : chassis;
}

/** A virtual machine's row. */
export function vmRow(
  shape: Shape,
  device: NetboxDevice,
  at: { readonly index: number; readonly id: number; readonly ipIds: readonly number[] },
): Json {
  const { name, serial, ...rest } = machineRow(shape, device, at);
  return {
    ...head(shape, { path: "virtualization/virtual-machines", id: at.id, display: device.name }),
    name,
    role: nested(shape, "dcim/device-roles", device.role),
    ...rest,
    ...(since(shape.version, "4.2") ? { serial } : {}),
    cluster:
      since(shape.version, "4.6") && at.index % 5 === 0
        ? null
        : nested(shape, "virtualization/clusters", "vc1"),
    device: null,
    vcpus: 2.0,
    memory: 4096,
  };
}

function nestedIp(shape: Shape, id: number, ip: string): Json {
  const address = withLength(ip);
  const number = ip.includes(":") ? 6 : 4;
  const family = since(shape.version, "4.1") ? { value: number, label: `IPv${number}` } : number;
  const more = since(shape.version, "4.6")
    ? { nat_inside: null, nat_outside: [], dns_name: "" }
    : {};
  const url = `${shape.origin}/api/ipam/ip-addresses/${id}/`;
  return { id, url, display: address, family, address, ...more, description: "" };
}

function withLength(ip: string): string {
  return ip.includes(":") ? `${ip}/64` : `${ip}/24`;
}

/** What an interface belongs to and carries. */
export interface Port {
  readonly id: number;
  readonly machineId: number;
  readonly isVirtual: boolean;
  readonly name: string;
  readonly macs: readonly { readonly id: number; readonly mac: string }[];
  readonly ipCount: number;
}

/** An interface's row: one writable MAC before 4.2, since then objects of their own. */
export function interfaceRow(shape: Shape, port: Port): Json {
  const path = port.isVirtual ? "virtualization/interfaces" : "dcim/interfaces";
  const macs = port.macs.map(({ id, mac }) => ({
    id,
    url: `${shape.origin}/api/dcim/mac-addresses/${id}/`,
    display: mac,
    mac_address: mac,
  }));
  const owner = { id: port.machineId, display: `${port.machineId}`, name: `${port.machineId}` };
  const objects = since(shape.version, "4.2")
    ? { primary_mac_address: macs[0] ?? null, mac_addresses: macs }
    : {};
  return {
    ...head(shape, { path, id: port.id, display: port.name }),
    ...(port.isVirtual ? { virtual_machine: owner } : { device: owner, mgmt_only: false }),
    name: port.name,
    enabled: true,
    mac_address: macs[0]?.mac_address ?? null,
    ...objects,
    tags: [],
    custom_fields: {},
    count_ipaddresses: port.ipCount,
    count_fhrp_groups: 0,
  };
}

/** An IP address' row. */
export function ipAddressRow(
  shape: Shape,
  held: {
    readonly id: number;
    readonly ip: string;
    readonly portId: number;
    readonly isVirtual: boolean;
  },
): Json {
  const number = held.ip.includes(":") ? 6 : 4;
  return {
    ...head(shape, { path: "ipam/ip-addresses", id: held.id, display: withLength(held.ip) }),
    family: { value: number, label: `IPv${number}` },
    address: withLength(held.ip),
    status: { value: "active", label: "Active" },
    role: null,
    assigned_object_type: held.isVirtual ? "virtualization.vminterface" : "dcim.interface",
    assigned_object_id: held.portId,
    assigned_object: { id: held.portId },
    dns_name: "",
    tags: [],
    custom_fields: {},
  };
}

/** A MAC address' row (4.2 on). */
export function macAddressRow(
  shape: Shape,
  held: {
    readonly id: number;
    readonly mac: string;
    readonly portId: number;
    readonly isVirtual: boolean;
  },
): Json {
  return {
    ...head(shape, { path: "dcim/mac-addresses", id: held.id, display: held.mac }),
    mac_address: held.mac,
    assigned_object_type: held.isVirtual ? "virtualization.vminterface" : "dcim.interface",
    assigned_object_id: held.portId,
    description: "",
  };
}

/** A row of the change log, before its time is known. */
export interface Change {
  readonly action: "create" | "update" | "delete";
  /** "dcim.device" */
  readonly type: string;
  readonly objectId: number;
  /** The object before and after, others in it by their bare ids. */
  readonly before: Json;
  readonly after: Json;
}

/** A change as the log lists it. */
export function changeRow(shape: Shape, id: number, change: Change): Json {
  const path = since(shape.version, "4.1") ? "core/object-changes" : "extras/object-changes";
  const display = `${change.type} ${change.objectId} ${change.action}d`;
  return {
    ...head(shape, { path, id, display }),
    action: { value: change.action, label: change.action },
    changed_object_type: change.type,
    changed_object_id: change.objectId,
    changed_object: null,
    prechange_data: change.before,
    postchange_data: change.after,
  };
}
