import { plainFleet, type NetboxDevice, type NetboxFleet } from "./netbox-fleet.ts";

/** Interfaces, addresses and MACs that one machine may have: their ids are computed from the machine's. */
export const STRIDE = 256;

/** An interface of a machine, by the positions of what it carries in the device's lists. */
export interface PortOf {
  readonly id: number;
  readonly macs: readonly number[];
  readonly ips: readonly number[];
}

/** What of a machine has a time of its own in NetBox: its row, and the rows that hang on it. */
export type MachinePart = "machine" | "ports" | "ips" | "macs";

/** When rows that nobody touched were written. */
const WRITTEN_MS = Date.UTC(2024, 4, 1);

/** The devices or the virtual machines of a fake: a fleet, some deleted, some added, some edited. Ids are index plus one. */
export class Machines {
  readonly isVirtual: boolean;
  readonly #fleet: NetboxFleet;
  readonly #added = plainFleet(0, 199);
  readonly #deleted = new Set<number>();
  readonly #edited = new Map<number, NetboxDevice>();
  readonly #changedMs = new Map<string, number>();
  #size: number;

  constructor(fleet: NetboxFleet, isVirtual: boolean) {
    this.#fleet = fleet;
    this.isVirtual = isVirtual;
    this.#size = fleet.size;
  }

  /** The highest id so far, whether it still exists or not. */
  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    return id >= 1 && id <= this.#size && !this.#deleted.has(id);
  }

  device(id: number): NetboxDevice {
    const edited = this.#edited.get(id);
    if (edited !== undefined) return edited;
    const index = id - 1;
    return index < this.#fleet.size ? this.#fleet.device(index) : this.#added.device(index);
  }

  delete(id: number): void {
    if (this.has(id)) this.#deleted.add(id);
  }

  /** Adds one with the next id, and returns the id. */
  add(): number {
    this.#size += 1;
    for (const part of ["machine", "ports", "ips", "macs"] as const) this.#touch(this.#size, part);
    return this.#size;
  }

  /** Changes one; only the rows that hold what changed get another time. */
  edit(id: number, change: Partial<NetboxDevice>): void {
    this.#edited.set(id, { ...this.device(id), ...change });
    const { ips, macs, ...own } = change;
    if (Object.keys(own).length > 0) this.#touch(id, "machine");
    if (ips !== undefined) this.#touch(id, "ips");
    if (macs === undefined) return;
    this.#touch(id, "ports");
    this.#touch(id, "macs");
  }

  /** The time of rows of a machine. */
  changedMs(id: number, part: MachinePart): number {
    return this.#changedMs.get(`${part} ${id}`) ?? WRITTEN_MS;
  }

  #touch(id: number, part: MachinePart): void {
    this.#changedMs.set(`${part} ${id}`, Date.now());
  }

  /** How many there are with ids above `after`. */
  count(after: number): number {
    let count = Math.max(0, this.#size - Math.max(0, after));
    for (const id of this.#deleted) if (id > after) count -= 1;
    return count;
  }

  *ids(after: number): Generator<number> {
    for (let id = Math.max(0, after) + 1; id <= this.#size; id += 1) if (this.has(id)) yield id;
  }

  /**
   * One interface per MAC, or one for addresses alone; addresses are dealt out in turn. Where an interface may
   * have several MACs (4.2 on), the first interface of every third machine has two and the second none.
   */
  ports(id: number, hasMacObjects: boolean): readonly PortOf[] {
    if (!this.has(id)) return [];
    const { macs, ips } = this.device(id);
    const count = Math.max(macs.length, Math.min(ips.length, 1));
    const isShared = hasMacObjects && id % 3 === 0 && macs.length > 1;
    return Array.from({ length: count }, (_, nth) => ({
      id: (id - 1) * STRIDE + nth + 1,
      macs: isShared && nth < 2 ? ([[0, 1], []][nth] ?? []) : nth < macs.length ? [nth] : [],
      ips: ips.flatMap((_ip, position) => (position % count === nth ? [position] : [])),
    }));
  }
}

/** Ids of MACs and addresses are one series for devices and virtual machines: even and odd. */
export function heldId(machines: Machines, machineId: number, position: number): number {
  return ((machineId - 1) * STRIDE + position) * 2 + (machines.isVirtual ? 1 : 0) + 1;
}

/** Whose address or MAC an id is. */
export function holderOf(id: number): {
  readonly isVirtual: boolean;
  readonly machineId: number;
  readonly position: number;
} {
  const number = Math.floor((id - 1) / 2);
  const isVirtual = (id - 1) % 2 === 1;
  return { isVirtual, machineId: Math.floor(number / STRIDE) + 1, position: number % STRIDE };
}
