/** Which machines a NetBox's changes are about. Nothing here asks; netbox-changes.ts does. */
import { changesUnknown } from "./change-mark.ts";
import type { NetboxKind } from "./netbox-kind.ts";
import type { ChangedRow, ChangeRow } from "./netbox-rows.ts";

/** More ids than this are no changes but another inventory: reading all of it is then cheaper, and holds less. */
const IDS_MAX = 50_000;

/** Ids of one kind of machine and of its interfaces. */
class TouchedKind {
  readonly kind: NetboxKind;
  readonly machines = new Set<number>();
  /** Interfaces whose machine is still to be looked up. */
  readonly ports = new Set<number>();
  /** Machines that the change log calls deleted. */
  readonly deleted = new Set<number>();

  constructor(kind: NetboxKind) {
    this.kind = kind;
  }
}

/**
 * Collects machines that changed, by their own rows, by those of their interfaces, MACs and addresses, and by the change log,
 * which alone tells what was deleted and whose an address was before. Throws SyncError `changes_unknown` at too many.
 */
export class TouchedMachines {
  readonly kinds: readonly TouchedKind[];

  constructor(kinds: readonly NetboxKind[]) {
    this.kinds = kinds.map((kind) => new TouchedKind(kind));
  }

  /** A row of a list of machines. */
  takeMachine(of: TouchedKind, { id }: ChangedRow): void {
    this.#add(of.machines, id);
  }

  /** A row of a list of interfaces. */
  takeInterface(of: TouchedKind, row: ChangedRow): void {
    this.#add(of.machines, row.device?.id ?? row.virtual_machine?.id);
  }

  /** A row of a list of addresses or MACs. */
  takeHeld(row: ChangedRow): void {
    const { assigned_object_type: type, assigned_object_id: portId } = row;
    const of = this.kinds.find(({ kind }) => kind.interfaceType === type);
    if (of !== undefined) this.#add(of.ports, portId);
  }

  /** A row of the change log. */
  takeChange(row: ChangeRow): void {
    const { changed_object_type: type, changed_object_id: id } = row;
    for (const { kind, machines, ports, deleted } of this.kinds) {
      if (type === kind.machineType) {
        this.#add(machines, id);
        if (row.action === "delete") this.#add(deleted, id);
      }
      for (const data of [row.prechange_data, row.postchange_data]) {
        if (type === kind.interfaceType) this.#add(machines, data?.[kind.machineMember]);
        // The type stands there as a number that only the server knows, so it may be an interface of either kind.
        if (HELD_TYPES.has(type ?? "")) this.#add(ports, data?.["assigned_object_id"]);
      }
    }
  }

  #add(ids: Set<number>, id: unknown): void {
    if (!Number.isSafeInteger(id) || Number(id) <= 0) return;
    ids.add(Number(id));
    if (ids.size > IDS_MAX) throw changesUnknown(`more than ${IDS_MAX} objects changed`);
  }
}

/** What hangs on interfaces. */
const HELD_TYPES: ReadonlySet<string> = new Set(["ipam.ipaddress", "dcim.macaddress"]);
