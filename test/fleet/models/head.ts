import { canonicalId, idRuleInput } from "../../../src/model/canonical-id.ts";
import type { WireUpdate } from "../wire.ts";
import { identifiersOf, type Model } from "./model.ts";

/** The original ingests this many updates in one transaction. */
const BATCH = 500;

interface Row {
  /** Position in the batch. */
  readonly nth: number;
  readonly update: WireUpdate;
  readonly uid: string;
}

interface State {
  /** Device by identifier; a newer update re-points it without a word. */
  readonly devices: Map<string, string>;
  /** The one device that holds an address, whichever the partition: a unique index says so. */
  readonly holders: Map<string, string>;
  readonly addresses: Map<string, string>;
}

/**
 * The original's bulk path: first hit by priority, else whoever has the address even against strong identifiers, else the id
 * rule. Two devices with one address break the unique index; then the whole batch is remapped to the holders of its
 * addresses, and lost if that fails too. Source: identity facts 1, protocol facts 4.3 and 5.2.
 */
export function createHead(): Model {
  const state: State = { devices: new Map(), holders: new Map(), addresses: new Map() };
  const uids: (string | null)[] = [];
  return {
    name: "head",
    ingest: ({ delivered }) => {
      const out: (string | null)[] = [];
      for (let start = 0; start < delivered.length; start += BATCH) {
        const updates = delivered.slice(start, start + BATCH).map(({ update }) => update);
        out.push(...ingestBatch(state, updates));
      }
      uids.push(...out);
      return out;
    },
    final: () => uids,
  };
}

function ingestBatch(state: State, updates: readonly WireUpdate[]): readonly (string | null)[] {
  const rows = resolveAll(state, updates);
  const remapped = store(state, rows) ? rows : remap(state, rows);
  if (remapped !== rows && !store(state, remapped)) return updates.map(() => null);
  for (const { update, uid } of remapped) {
    for (const key of keysOf(update)) state.devices.set(key, uid);
  }
  return remapped.map(({ uid }) => uid);
}

function resolveAll(state: State, updates: readonly WireUpdate[]): readonly Row[] {
  const inBatch = new Map<string, string>();
  return updates.map((update, nth) => {
    const known = keysOf(update)
      .map((key) => state.devices.get(key))
      .find((uid) => uid !== undefined);
    const { ip = "" } = update;
    const uid = known ?? state.holders.get(ip) ?? inBatch.get(ip) ?? ruleId(update);
    if (ip !== "") inBatch.set(ip, uid);
    return { nth, update, uid };
  });
}

function keysOf(update: WireUpdate): readonly string[] {
  return identifiersOf(update).map(([type, value]) => `${update.partition} ${type} ${value}`);
}

function ruleId({ partition, mac, ip, metadata, source }: WireUpdate): string {
  const isObserver = source === "mapper" || source === "sweep";
  const input = idRuleInput({
    partition,
    agentId: isObserver ? undefined : metadata["agent_id"],
    armisDeviceId: metadata["armis_device_id"],
    integrationId: metadata["integration_id"],
    netboxDeviceId: metadata["netbox_device_id"],
    mac: isObserver && metadata["identity_mac_kind"] === undefined ? undefined : mac,
    ip,
  });
  return canonicalId(input ?? `${partition}:nothing`);
}

/** Upserts one row per device, the last update of each; false, and nothing changed, if an address has another holder. */
function store(state: State, rows: readonly Row[]): boolean {
  const last = new Map(rows.map(({ uid, update }) => [uid, update.ip]));
  const undo: (() => void)[] = [];
  for (const [uid, ip] of last) {
    if (ip === undefined) continue;
    const holder = state.holders.get(ip);
    if (holder !== undefined && holder !== uid) {
      for (const step of undo.toReversed()) step();
      return false;
    }
    undo.push(move(state, uid, ip));
  }
  return true;
}

/** Gives an address to a device, which lets go of the one it had. Returns how to take that back. */
function move({ holders, addresses }: State, uid: string, ip: string): () => void {
  const before = addresses.get(uid);
  if (before !== undefined) holders.delete(before);
  holders.set(ip, uid);
  addresses.set(uid, ip);
  return () => {
    holders.delete(ip);
    if (before === undefined) addresses.delete(uid);
    else {
      addresses.set(uid, before);
      holders.set(before, uid);
    }
  };
}

/** Every row whose address belongs to another device becomes that device. */
function remap({ holders }: State, rows: readonly Row[]): readonly Row[] {
  return rows.map((row) => ({ ...row, uid: holders.get(row.update.ip ?? "") ?? row.uid }));
}
