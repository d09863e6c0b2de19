import type { NetboxDevice } from "./netbox-fleet.ts";
import { heldId, type Machines } from "./netbox-inventory.ts";
import { changeRow, since, type Change, type NetboxVersion, type Shape } from "./netbox-shapes.ts";
import type { Table } from "./netbox-tables.ts";

/** Whatever number the server has for the type of interfaces. */
const INTERFACE_TYPE_NUMBER = 12;

/** Changes machines of a fake, and lists what was done as NetBox's change log does. */
export class ChangeLog {
  readonly #version: NetboxVersion;
  readonly #changes: { readonly change: Change; readonly ms: number }[] = [];

  constructor(version: NetboxVersion) {
    this.#version = version;
  }

  /** What hangs on a machine goes first, each with a row of its own. */
  delete(machines: Machines, id: number): void {
    this.edit(machines, id, { ips: [], macs: [] });
    machines.delete(id);
    this.#log("delete", { type: typesOf(machines).machine, objectId: id });
  }

  add(machines: Machines): number {
    const id = machines.add();
    this.#log("create", { type: typesOf(machines).machine, objectId: id });
    return id;
  }

  edit(machines: Machines, id: number, change: Partial<NetboxDevice>): void {
    const types = typesOf(machines);
    const before = this.#heldBy(machines, id);
    machines.edit(id, change);
    const after = this.#heldBy(machines, id);
    for (const [name, held] of before) {
      if (!after.has(name)) this.#log("delete", held);
    }
    const { ips: _ips, macs: _macs, ...own } = change;
    if (Object.keys(own).length === 0) return;
    this.#log("update", { type: types.machine, objectId: id });
  }

  /** The list. */
  table(shape: Shape): Table {
    const all = this.#changes;
    return {
      ids: (after) => all.map((_, index) => index + 1).filter((id) => id > after),
      count: (after) => Math.max(0, all.length - after),
      row: (id) => ({
        ...changeRow(shape, id, all[id - 1]?.change ?? NO_CHANGE),
        time: new Date(all[id - 1]?.ms ?? 0).toISOString(),
      }),
      changedMs: (id) => all[id - 1]?.ms ?? 0,
      sinceFilter: "time_after",
      filters: {},
    };
  }

  /** Interfaces, addresses and MACs of a machine, by type and id. */
  #heldBy(machines: Machines, id: number): ReadonlyMap<string, Logged> {
    const { port: type, machineMember } = typesOf(machines);
    const held = new Map<string, Logged>();
    const put = (logged: Logged): void =>
      void held.set(`${logged.type} ${logged.objectId}`, logged);
    for (const port of machines.ports(id, since(this.#version, "4.2"))) {
      put({ type, objectId: port.id, before: { [machineMember]: id } });
      const assigned = {
        assigned_object_type: INTERFACE_TYPE_NUMBER,
        assigned_object_id: port.id,
      };
      for (const [what, positions] of [
        ["ipam.ipaddress", port.ips],
        ["dcim.macaddress", since(this.#version, "4.2") ? port.macs : []],
      ] as const) {
        for (const at of positions) {
          put({ type: what, objectId: heldId(machines, id, at), before: assigned });
        }
      }
    }
    return held;
  }

  #log(action: Change["action"], { before = {}, ...rest }: Logged): void {
    const after = action === "delete" ? {} : before;
    this.#changes.push({ change: { action, ...rest, before, after }, ms: Date.now() });
  }
}

type Logged = Pick<Change, "type" | "objectId"> & { readonly before?: Change["before"] };

const NO_CHANGE: Change = { action: "update", type: "", objectId: 0, before: {}, after: {} };

type Types = { readonly machine: string; readonly port: string; readonly machineMember: string };

function typesOf({ isVirtual }: Machines): Types {
  return isVirtual
    ? {
        machine: "virtualization.virtualmachine",
        port: "virtualization.vminterface",
        machineMember: "virtual_machine",
      }
    : { machine: "dcim.device", port: "dcim.interface", machineMember: "device" };
}
