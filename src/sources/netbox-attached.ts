import { SyncError } from "../lib/errors.ts";
import type { Ip } from "../model/ip.ts";
import type { Mac } from "../model/mac.ts";
import type { Machine, NetboxKind } from "./netbox-kind.ts";
import { ipOf, macsOf, type Attached } from "./netbox-map.ts";
import { parseInterfaceRow, parseIpAddressRow, rowId } from "./netbox-rows.ts";
import type { SourceRejection } from "./source.ts";

/** Where all addresses are listed, those of devices and of virtual machines. */
export const IP_ADDRESSES_PATH = "/api/ipam/ip-addresses/";

type Port = {
  readonly machineId: number;
  readonly macs: readonly Mac[];
  readonly mayHaveIps: boolean;
};
type HeldIp = { readonly machineId: number; readonly ip: Ip };

/**
 * Collects the interfaces and addresses of one page of machines by their ids, so that neither a repeated row nor the
 * order of the answers changes the result. A row of a machine that was not asked for means that the server ignored
 * the filter, as NetBox does with any name it does not know; then SyncError `filter_ignored`.
 */
export class AttachedRows {
  readonly #kind: NetboxKind;
  readonly #machineIds: ReadonlySet<number>;
  readonly #hasChassis: boolean;
  readonly #ports = new Map<number, Port>();
  readonly #ips = new Map<number, HeldIp>();
  readonly #rejected = new Map<string, SourceRejection>();

  constructor(kind: NetboxKind, machines: readonly Machine[]) {
    this.#kind = kind;
    this.#machineIds = new Set(machines.map(({ id }) => id));
    this.#hasChassis = machines.some(({ isInChassis }) => isInChassis);
  }

  /** Rows that could not be read. */
  get rejected(): readonly SourceRejection[] {
    return [...this.#rejected.values()];
  }

  takeInterface(raw: unknown): void {
    const row = parseInterfaceRow(raw);
    if (!row.ok) {
      this.#reject("interface", raw, row.error);
      return;
    }
    const machineId = this.#kind.machineOf(row.value);
    if (machineId !== undefined && this.#machineIds.has(machineId)) {
      const mayHaveIps = row.value.count_ipaddresses !== 0;
      this.#ports.set(row.value.id, { machineId, macs: macsOf(row.value), mayHaveIps });
    } else if (!this.#hasChassis) {
      throw filterIgnored(this.#kind.interfacesPath, this.#kind.machineFilter);
    }
  }

  takeIpAddress(raw: unknown): void {
    const row = parseIpAddressRow(raw);
    if (!row.ok) {
      this.#reject("ip-address", raw, row.error);
      return;
    }
    const { id, assigned_object_type: type, assigned_object_id: portId } = row.value;
    const port = type === this.#kind.interfaceType ? this.#ports.get(portId ?? 0) : undefined;
    if (port === undefined) throw filterIgnored(IP_ADDRESSES_PATH, this.#kind.interfaceFilter);
    const ip = ipOf(row.value);
    if (ip !== undefined) this.#ips.set(id, { machineId: port.machineId, ip });
  }

  /** Ids of the interfaces that have addresses, or may have: most ports of a switch have none. */
  interfacesWithIps(): readonly number[] {
    return [...this.#ports].filter(([, port]) => port.mayHaveIps).map(([id]) => id);
  }

  /** What each machine holds, in the order of the interfaces' and addresses' ids, so that every run says the same. */
  byMachine(): ReadonlyMap<number, Attached> {
    const all = new Map<number, { macs: Set<Mac>; ips: Set<Ip> }>();
    for (const id of this.#machineIds) all.set(id, { macs: new Set(), ips: new Set() });
    for (const port of inIdOrder(this.#ports)) {
      for (const mac of port.macs) all.get(port.machineId)?.macs.add(mac);
    }
    for (const held of inIdOrder(this.#ips)) all.get(held.machineId)?.ips.add(held.ip);
    return new Map([...all].map(([id, { macs, ips }]) => [id, { macs: [...macs], ips: [...ips] }]));
  }

  #reject(what: string, raw: unknown, reason: string): void {
    const nativeId = `${what}-${rowId(raw) ?? "unknown"}`;
    this.#rejected.set(nativeId, { nativeId, reason });
  }
}

function inIdOrder<T>(byId: ReadonlyMap<number, T>): readonly T[] {
  return [...byId].toSorted(([a], [b]) => a - b).map(([, value]) => value);
}

function filterIgnored(path: string, filter: string): SyncError {
  const why = `${path} ignored the filter ${filter}: it gave rows that were not asked for`;
  return new SyncError("filter_ignored", why, { retry: "permanent" });
}
