import { ok, type Result } from "../lib/result.ts";
import { toDevice, toVirtualMachine, type Attached } from "./netbox-map.ts";
import { parseDeviceRow, parseVmRow, ROW_FIELDS, type InterfaceRow } from "./netbox-rows.ts";
import type { SourceDevice } from "./source.ts";

/** A device or virtual machine whose row was read, before what is attached to it is known. */
export interface Machine {
  readonly id: number;
  /** In 3.5 `device_id` also gives the interfaces of the other members of the device's virtual chassis. */
  readonly isInChassis: boolean;
  mapped(attached: Attached): SourceDevice;
}

/** What NetBox keeps machines as: two tables alike, whose ids overlap. */
export interface NetboxKind {
  /** Stands in cursors and rejections. */
  readonly name: "device" | "vm";
  readonly path: string;
  readonly fields: readonly string[];
  readonly interfacesPath: string;
  /** Filter of interfaces by machine. */
  readonly machineFilter: string;
  /** Filter of IP addresses by interface. */
  readonly interfaceFilter: string;
  /** What an IP address calls such an interface. */
  readonly interfaceType: string;
  parse(row: unknown): Result<Machine>;
  /** What the change log calls such a machine, and the member of an interface's data that names its machine. */
  readonly machineType: string;
  readonly machineMember: string;
  /** The integration_id of a row with this id. */
  nativeId(id: number | undefined): string;
  machineOf(row: InterfaceRow): number | undefined;
  /** One that is no more. */
  gone(id: number): SourceDevice;
}

const device: NetboxKind = {
  name: "device",
  path: "/api/dcim/devices/",
  fields: ROW_FIELDS.device,
  interfacesPath: "/api/dcim/interfaces/",
  machineFilter: "device_id",
  interfaceFilter: "interface_id",
  interfaceType: "dcim.interface",
  machineType: "dcim.device",
  machineMember: "device",
  parse: (raw) => {
    const row = parseDeviceRow(raw);
    if (!row.ok) return row;
    const { id, virtual_chassis: chassis } = row.value;
    const mapped = (attached: Attached): SourceDevice => toDevice(row.value, attached);
    return ok({ id, isInChassis: chassis !== undefined, mapped });
  },
  nativeId: (id) => String(id ?? "unknown"),
  machineOf: (row) => row.device?.id,
  gone: (id) => goneMachine({ netbox_device_id: String(id), integration_id: String(id) }),
};

const virtualMachine: NetboxKind = {
  name: "vm",
  path: "/api/virtualization/virtual-machines/",
  fields: ROW_FIELDS.vm,
  interfacesPath: "/api/virtualization/interfaces/",
  machineFilter: "virtual_machine_id",
  interfaceFilter: "vminterface_id",
  interfaceType: "virtualization.vminterface",
  machineType: "virtualization.virtualmachine",
  machineMember: "virtual_machine",
  parse: (raw) => {
    const row = parseVmRow(raw);
    if (!row.ok) return row;
    const mapped = (attached: Attached): SourceDevice => toVirtualMachine(row.value, attached);
    return ok({ id: row.value.id, isInChassis: false, mapped });
  },
  nativeId: (id) => `vm-${id ?? "unknown"}`,
  machineOf: (row) => row.virtual_machine?.id,
  gone: (id) => goneMachine({ netbox_vm_id: String(id), integration_id: `vm-${id}` }),
};

function goneMachine(ids: SourceDevice["metadata"]): SourceDevice {
  return { metadata: { integration_type: "netbox", ...ids } };
}

/** In the order in which a pull reads them. */
export const NETBOX_KINDS: readonly NetboxKind[] = [device, virtualMachine];
