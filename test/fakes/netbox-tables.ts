import { heldId, holderOf, STRIDE, type Machines } from "./netbox-inventory.ts";
import {
  deviceRow,
  interfaceRow,
  ipAddressRow,
  macAddressRow,
  since,
  vmRow,
  type Json,
  type Shape,
} from "./netbox-shapes.ts";

/** A list of the API: its ids in ascending order and the row of each, computed when asked for. */
export interface Table {
  ids(after: number): Iterable<number>;
  count(after: number): number;
  row(id: number): Json;
  /** When the row was written last. */
  changedMs(id: number): number;
  /** The filter for rows written at some time or later. */
  readonly sinceFilter: string;
  readonly filters: Readonly<Record<string, TableFilter>>;
}

/** A filter by the ids of other objects. */
export interface TableFilter {
  /** Whether NetBox refuses ids that do not exist with 400; some filters give no rows for them instead. */
  readonly isStrict: boolean;
  exists(id: number): boolean;
  /** Ids of the rows that belong to it. */
  rowIds(id: number): readonly number[];
}

/** What the tables are made of. */
export interface TableSource {
  readonly devices: Machines;
  readonly vms: Machines;
  readonly shape: Shape;
  /** Devices with ids up to this stand in virtual chassis of two. */
  readonly chassis: number;
  /** The id of the device whose record is broken. */
  readonly badDevice: number | undefined;
}

/** The lists of a fake by their paths below /api. */
export function netboxTables(source: TableSource): Readonly<Record<string, Table>> {
  const { devices, vms, shape } = source;
  const tables: Readonly<Record<string, Table>> = {
    "dcim/devices": machineTable(source, devices),
    "virtualization/virtual-machines": machineTable(source, vms),
    "dcim/interfaces": interfaceTable(source, devices),
    "virtualization/interfaces": interfaceTable(source, vms),
    "ipam/ip-addresses": heldTable(source, "ips"),
    ...(since(shape.version, "4.2") ? { "dcim/mac-addresses": heldTable(source, "macs") } : {}),
  };
  return Object.fromEntries(Object.entries(tables).map(([path, table]) => [path, timed(table)]));
}

function timed(table: Table): Table {
  const timeOf = (id: number): string => new Date(table.changedMs(id)).toISOString();
  return { ...table, row: (id) => ({ ...table.row(id), last_updated: timeOf(id) }) };
}

function machineTable(source: TableSource, machines: Machines): Table {
  return {
    ids: (after) => machines.ids(after),
    count: (after) => machines.count(after),
    changedMs: (id) => machines.changedMs(id, "machine"),
    sinceFilter: LAST_UPDATED,
    row: (id) => {
      const device = machines.device(id);
      const ipIds = device.ips.map((_, position) => heldId(machines, id, position));
      const at = { index: id - 1, id, ipIds, chassis: chassisOf(source, id) };
      if (machines.isVirtual) return vmRow(source.shape, device, at);
      const row = deviceRow(source.shape, device, at);
      return id === source.badDevice ? { ...row, serial: { broken: true } } : row;
    },
    filters: { id: ownId((id) => machines.has(id)) },
  };
}

const LAST_UPDATED = "last_updated__gte";

/** Ids that do not exist give no row. */
function ownId(exists: (id: number) => boolean): TableFilter {
  return { isStrict: false, exists, rowIds: (id) => (exists(id) ? [id] : []) };
}

function chassisOf({ chassis }: TableSource, id: number): number | undefined {
  return id <= chassis ? Math.ceil(id / 2) : undefined;
}

function interfaceTable(source: TableSource, machines: Machines): Table {
  const { shape } = source;
  const ports = (id: number): readonly number[] =>
    machines.ports(id, since(shape.version, "4.2")).map((port) => port.id);
  const ids = (after: number): Iterable<number> =>
    spread(machines.size, { after, span: STRIDE, of: ports });
  return {
    ids,
    count: (after) => [...ids(after)].length,
    row: (id) => portRow(source, machines, id),
    changedMs: (id) => machines.changedMs(Math.ceil(id / STRIDE), "ports"),
    sinceFilter: LAST_UPDATED,
    filters: {
      id: ownId((id) => ports(Math.ceil(id / STRIDE)).includes(id)),
      [machines.isVirtual ? "virtual_machine_id" : "device_id"]: {
        isStrict: machines.isVirtual || shape.version !== "3.5",
        exists: (id) => machines.has(id),
        rowIds: (id) => withPeers(source, machines, id).flatMap(ports),
      },
    },
  };
}

/** In 3.5 the device filter gives the interfaces of the whole virtual chassis. */
function withPeers(source: TableSource, machines: Machines, id: number): readonly number[] {
  if (machines.isVirtual || id > source.chassis || source.shape.version !== "3.5") return [id];
  const first = id - ((id - 1) % 2);
  return [first, first + 1];
}

function portRow({ shape }: TableSource, machines: Machines, id: number): Json {
  const machineId = Math.ceil(id / STRIDE);
  const port = machines.ports(machineId, since(shape.version, "4.2")).find((one) => one.id === id);
  const { macs } = machines.device(machineId);
  return interfaceRow(shape, {
    id,
    machineId,
    isVirtual: machines.isVirtual,
    name: `Gi0/${(id - 1) % STRIDE}`,
    macs: (port?.macs ?? []).map((at) => ({
      id: heldId(machines, machineId, at),
      mac: macs[at] ?? "",
    })),
    ipCount: port?.ips.length ?? 0,
  });
}

/** Addresses or MACs of devices and virtual machines in one table, as NetBox keeps them. */
function heldTable(source: TableSource, kind: "ips" | "macs"): Table {
  const { devices, vms, shape } = source;
  const machinesOf = (isVirtual: boolean): Machines => (isVirtual ? vms : devices);
  const heldBy = (machines: Machines, id: number): readonly number[] =>
    machines.has(id) ? machines.device(id)[kind].map((_, at) => heldId(machines, id, at)) : [];
  const both = (id: number): readonly number[] =>
    [...heldBy(devices, id), ...heldBy(vms, id)].toSorted((a, b) => a - b);
  const size = (): number => Math.max(devices.size, vms.size);
  const ids = (after: number): Iterable<number> =>
    spread(size(), { after, span: STRIDE * 2, of: both });
  return {
    ids,
    count: (after) => [...ids(after)].length,
    changedMs: (id) => {
      const { isVirtual, machineId } = holderOf(id);
      return machinesOf(isVirtual).changedMs(machineId, kind);
    },
    sinceFilter: LAST_UPDATED,
    row: (id) => {
      const { isVirtual, machineId, position } = holderOf(id);
      const machines = machinesOf(isVirtual);
      const ports = machines.ports(machineId, since(shape.version, "4.2"));
      const portId = ports.find((port) => port[kind].includes(position))?.id ?? 0;
      const value = machines.device(machineId)[kind][position] ?? "";
      return kind === "ips"
        ? ipAddressRow(shape, { id, ip: value, portId, isVirtual })
        : macAddressRow(shape, { id, mac: value, portId, isVirtual });
    },
    filters: {
      interface_id: portFilter(source, devices, kind),
      vminterface_id: portFilter(source, vms, kind),
    },
  };
}

function portFilter({ shape }: TableSource, machines: Machines, kind: "ips" | "macs"): TableFilter {
  const portsOf = (id: number) =>
    machines.ports(Math.ceil(id / STRIDE), since(shape.version, "4.2"));
  return {
    isStrict: true,
    exists: (id) => portsOf(id).some((port) => port.id === id),
    rowIds: (id) => {
      const port = portsOf(id).find((one) => one.id === id);
      return (port?.[kind] ?? []).map((at) => heldId(machines, Math.ceil(id / STRIDE), at));
    },
  };
}

type Spread = {
  readonly after: number;
  /** Ids that each machine may use. */
  readonly span: number;
  readonly of: (machineId: number) => readonly number[];
};

/** The ids above `after` of everything that hangs on machines, in order. */
function* spread(size: number, { after, span, of }: Spread): Generator<number> {
  for (let id = Math.floor(Math.max(0, after) / span) + 1; id <= size; id += 1) {
    for (const held of of(id)) if (held > after) yield held;
  }
}
