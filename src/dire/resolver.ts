/**
 * Publishes the devices of dirty records: loads their components, asks the pure resolver, writes the difference. Runs in a
 * transaction under the tenant's fence, so an inventory is never seen half changed, and running it twice
 * changes nothing.
 */
import type { Tx } from "../db/tx.ts";
import { readFormer, writeAliases } from "../inventory/alias-store.ts";
import {
  findDevices,
  insertDevices,
  insertMembers,
  removeDevices,
  writeDevices,
  writeMembers,
  type DeviceRow,
} from "../inventory/device-store.ts";
import type { MemberRow } from "../inventory/member.ts";
import { writeMerges } from "../inventory/merge-audit.ts";
import { invariant } from "../lib/invariant.ts";
import { overlapped } from "../lib/overlap.ts";
import { slicesOf } from "../lib/slices.ts";
import { nextTurn } from "../lib/turn.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import type { Ip } from "../model/ip.ts";
import { readLocks } from "./assertion-store.ts";
import { locksOf } from "./assertion.ts";
import { braked, type Braking, type Passed, type Passing } from "./brake.ts";
import { openClosure, type Closure, type Member } from "./closure.ts";
import { decidedBy, type Decided } from "./decisions.ts";
import { goneSince, type Deletion } from "./deletion.ts";
import { readDerivation } from "./derivation-store.ts";
import { deviceRow, type StandingRecord } from "./device-of.ts";
import { readDeletions } from "./history-store.ts";
import type { Node } from "./node.ts";
import { takeNumbers } from "./numbers.ts";
import {
  type Collision,
  collisionsOf,
  type Departure,
  memberChanges,
  memberRows,
  type Move,
  movesOf,
  planPublication,
} from "./publication.ts";
import { watchQuality } from "./quality-watch.ts";
import { writeQuarantine } from "./quarantine-store.ts";
import type { Recall } from "./recall.ts";
import type { Cluster } from "./resolve.ts";
import { settle, type Settled } from "./settle.ts";
import { witnessOf } from "./survive.ts";
import { findTenantRows, type TenantRows } from "./tenant-rows.ts";
import { writeValueStates, type DecidedValue } from "./value-store.ts";
import { addWatches } from "./watch-store.ts";
import { ANY_DAY, watchesOf, type Watches } from "./watch.ts";

/** Devices of one statement: while they are written, the values of the next ones are decided. */
const SLICE_DEVICES = 500;

/** What a publication changed. */
export interface ResolveCounts {
  readonly records: number;
  readonly devices: number;
  readonly created: number;
  readonly merged: number;
  /** Records whose devices wait for an operator. */
  readonly held: number;
  /** The same devices by rule and outcome. */
  readonly decided: readonly Decided[];
}

/** What is to be published. */
export interface Wanted {
  readonly recordNos: readonly number[];
  readonly braking: Braking;
  /** Whether another record waits to be decided too: if it is of the same component it needs not wait any longer. */
  readonly isDirty?: (recordNo: number) => boolean;
  /** What this process has in mind of the tenant. */
  readonly recall?: Recall | undefined;
  /** Called when all that it decides by was read, and what it writes is about to be made. */
  readonly onRead?: (() => void) | undefined;
}

/** What a publication looked at, and may have written. */
export interface Touched {
  readonly counts: ResolveCounts;
  readonly recordNos: readonly number[];
  /** Numbers that devices of these records had before, and have now. */
  readonly deviceNos: readonly number[];
  /** Values that may do something else than was last decided. */
  readonly values: readonly DecidedValue[];
}

/** Resolves the components of these records and publishes them, as far as the storm brake lets them pass. */
export async function publishComponents(tx: Tx, tenant: number, wanted: Wanted): Promise<Touched> {
  const { closure, passed, numbers } = await publish(tx, tenant, wanted);
  const { clusters, plan, published, held } = passed;
  const { departures } = plan;
  const { members } = published;
  const counts = {
    records: closure.members.size,
    devices: clusters.length,
    created: clusters.length - plan.known.size,
    merged: departures.length,
    held,
    decided: decidedBy(clusters, plan),
  };
  return {
    counts,
    recordNos: [...closure.members.keys()],
    deviceNos: [...new Set([...members.map(({ deviceNo }) => deviceNo), ...numbers.values()])],
    values: closure.decided,
  };
}

async function planned(
  tx: Tx,
  tenant: number,
  {
    settled: { clusters, published: members },
    closure,
  }: { readonly settled: Settled; readonly closure: Closure },
): Promise<Passing> {
  const { links } = closure;
  // Nobody gave the id rule before what one that is new and alone gives it: no device has its id.
  const ids = clusters.flatMap(({ id, anchor, nodes }) =>
    nodes.length === 1 && closure.isAlone(anchor.recordNo) ? [] : [id],
  );
  const deviceNos = [...new Set(members.map(({ deviceNo }) => deviceNo))];
  const devices = await findDevices(tx, tenant, { deviceNos, ids });
  const published = { members, devices, links };
  return { clusters, plan: planPublication(clusters, published), published };
}

/** The same for an operator, whom no brake holds; gives where records went, and how many wait in a hold that was there. */
export async function publishMoves(
  tx: Tx,
  tenant: number,
  recordNos: readonly number[],
): Promise<{ readonly moves: readonly Move[]; readonly held: number }> {
  const { passed } = await publish(tx, tenant, { recordNos, braking: {} });
  return { moves: movesOf(passed.clusters, passed.published), held: passed.held };
}

type Publishing = {
  readonly closure: Closure;
  readonly passed: Passed;
  readonly numbers: ReadonlyMap<CanonicalId, number>;
};

async function publish(
  tx: Tx,
  tenant: number,
  { recordNos: seeds, braking, isDirty = () => false, recall, onRead }: Wanted,
): Promise<Publishing> {
  const has = await findTenantRows(tx, tenant);
  const closure = await openClosure(tx, tenant, { recall, mayUseFresh: !has.hasPresence });
  const { hasSightings } = has;
  const settled = await settle(tx, tenant, { closure, seeds, isDirty, hasSightings });
  const passing = await planned(tx, tenant, { settled, closure });
  const passed = await braked(tx, tenant, { passing, braking });
  const { clusters, plan, published, isMoving } = passed;
  const numbered = await numberDevices(tx, tenant, { clusters, known: plan.known, has });
  const { numbers } = numbered;
  const { departures } = plan;
  const { members } = published;
  const collisions = isMoving ? collisionsOf(clusters, published) : [];
  const found = { closure, clusters, numbered, departures, collisions, members, has };
  await write(tx, tenant, { ...found, onRead });
  await watchQuality(tx, tenant, { clusters, numbers, published, isMoving, closure, has });
  await addWatches(tx, tenant, watchesOfAll(closure, settled.clusters));
  const recordNos = [...closure.members.keys()];
  const { held } = settled;
  if (has.hasQuarantine || held.length > 0) await writeQuarantine(tx, tenant, { recordNos, held });
  return { closure, passed, numbers };
}

/** Numbers of devices by id. */
type Numbered = {
  readonly numbers: ReadonlyMap<CanonicalId, number>;
  /** From this number on they were never a device's before. */
  readonly firstNew: number;
};

/** A device that was part of another and is one of its own again has the number that it had. */
async function numberDevices(
  tx: Tx,
  tenant: number,
  {
    clusters,
    known,
    has: { hasAliases },
  }: Pick<Writing, "clusters" | "has"> & { readonly known: ReadonlyMap<CanonicalId, number> },
): Promise<Numbered> {
  const fresh = clusters.filter(({ id }) => !known.has(id));
  if (fresh.length === 0) return { numbers: known, firstNew: Infinity };
  const ids = fresh.map(({ id }) => id);
  const former = hasAliases ? await readFormer(tx, tenant, ids) : new Map<CanonicalId, number>();
  const numbers = new Map([...known, ...former]);
  const count = clusters.length - numbers.size;
  const firstNew =
    count === 0 ? Infinity : await takeNumbers(tx, tenant, { what: "device", count });
  for (const [i, { id }] of fresh.filter(({ id: one }) => !former.has(one)).entries()) {
    numbers.set(id, firstNew + i);
  }
  invariant(numbers.size === clusters.length, "no two clusters have one id");
  return { numbers, firstNew };
}

type Writing = {
  readonly closure: Closure;
  readonly clusters: readonly Cluster[];
  readonly members: readonly MemberRow[];
  readonly numbered: Numbered;
  readonly departures: readonly Departure[];
  readonly collisions: readonly Collision[];
  readonly has: TenantRows;
  readonly onRead: Wanted["onRead"];
};

async function write(
  tx: Tx,
  tenant: number,
  { closure, clusters, numbered, departures, collisions, members, has, onRead }: Writing,
): Promise<void> {
  const numberOf = (id: CanonicalId): number => {
    const no = numbered.numbers.get(id);
    invariant(no !== undefined, `cluster ${id} has a device number`);
    return no;
  };
  const all = closure.members;
  const deletions = has.hasDeletions
    ? await readDeletions(
        tx,
        tenant,
        [...all.values()].map(({ loaded }) => loaded.row),
      )
    : NO_DELETIONS;
  const derivation = await readDerivation(tx);
  const locks = has.hasLocks ? await readLocks(tx, tenant, [...all.keys()]) : [];
  const rowOf = (cluster: Cluster): DeviceRow => {
    const standing = cluster.nodes.flatMap((node) =>
      standingOf(node, { member: all.get(node.recordNo), deletions }),
    );
    const terms = { derivation, locks: locksOf(cluster.nodes, locks) };
    return deviceRow(cluster, standing, { deviceNo: numberOf(cluster.id), ...terms });
  };
  const removed = await removeDevices(
    tx,
    tenant,
    departures.map(({ deviceNo }) => deviceNo),
  );
  onRead?.();
  // Who waited for that asks for its statement first: while the database has it to do, the devices' rows are made.
  await nextTurn();
  await writeRows(tx, tenant, { clusters, numbered, rowOf });
  const changes = memberChanges(members, memberRows(clusters, numberOf));
  await writeMembers(tx, tenant, changes);
  await insertMembers(tx, tenant, changes.fresh);
  if (has.hasAliases || departures.length > 0) {
    await writeAliases(tx, tenant, {
      aliases: departures.map(({ id, successor, reason }) => ({
        id,
        deviceNo: numberOf(successor),
        reason,
      })),
      removed,
      moved: new Map(departures.map(({ deviceNo, successor }) => [deviceNo, numberOf(successor)])),
      owned: clusters.map(({ id }) => id),
    });
  }
  const merges = [
    ...departures,
    ...collisions.map((c) => ({ ...c, reason: "id_collision", assertionNo: undefined })),
  ];
  await writeMerges(
    tx,
    tenant,
    merges.map(({ id, successor, reason, assertionNo }) => ({
      from: id,
      to: successor,
      reason,
      details: assertionNo === undefined ? {} : { assertion_no: assertionNo },
    })),
  );
  await writeValueStates(tx, tenant, closure.decided);
  // A record that is seen again after its deletion is there again, changed or not.
  await addWatches(tx, tenant, new Map([...deletions.keys()].map((no) => [no, ANY_DAY] as const)));
}

/** In the order of their numbers. New ones are made as they are sent, so that the database takes one in while the next is made. */
async function writeRows(
  tx: Tx,
  tenant: number,
  {
    clusters,
    numbered: { numbers, firstNew },
    rowOf,
  }: Pick<Writing, "clusters" | "numbered"> & { readonly rowOf: (cluster: Cluster) => DeviceRow },
): Promise<void> {
  const numberOf = ({ id }: Cluster): number => numbers.get(id) ?? 0;
  const byNumber = clusters.toSorted((a, b) => numberOf(a) - numberOf(b));
  const known = byNumber.filter((cluster) => numberOf(cluster) < firstNew);
  await overlapped(slicesOf(known, SLICE_DEVICES), {
    prepare: (slice) => slice.map(rowOf),
    send: (rows) => writeDevices(tx, tenant, rows),
  });
  if (known.length === byNumber.length) return;
  await insertDevices(tx, tenant, byNumber.slice(known.length).values().map(rowOf));
}

const NO_DELETIONS: ReadonlyMap<number, Deletion> = new Map();

function watchesOfAll(closure: Closure, clusters: readonly Cluster[]): Watches {
  const all = closure.members;
  const present = {
    fingerprintOf: (no: number) => closure.seen(no)?.loaded.state.content.fingerprint,
    showsAddress: (no: number, ip: Ip) =>
      closure.seen(no)?.loaded.state.content.addresses.includes(ip) === true,
    neighboursOf: (no: number) => closure.neighbours(no),
    loaded: (no: number) => closure.seen(no)?.history,
  };
  // What is alone, or no cluster of several, has nobody that time could bring it together with.
  const records = [...all.values()].filter(
    ({ history: { key, recordNo } }) => key.kind !== "address" && !closure.isAlone(recordNo),
  );
  const several = clusters.filter(({ nodes }) => nodes.length > 1);
  const watches = new Map<number, number>();
  for (const [partitionNo, members] of Map.groupBy(
    records,
    ({ loaded }) => loaded.row.partitionNo,
  )) {
    const inPartition = several.filter(
      ({ anchor }) => all.get(anchor.recordNo)?.loaded.row.partitionNo === partitionNo,
    );
    const lens = closure.lens(partitionNo);
    const found = watchesOf(
      members.map(({ history }) => history),
      { clusters: inPartition, lens, present },
    );
    for (const [no, day] of found) watches.set(no, day);
  }
  return watches;
}

function standingOf(
  node: Node,
  {
    member,
    deletions,
  }: { readonly member: Member | undefined; readonly deletions: ReadonlyMap<number, Deletion> },
): StandingRecord[] {
  if (member === undefined) return [];
  const { history, loaded } = member;
  const { row, state, update } = loaded;
  const { fingerprint } = state.content;
  // Only what a record says now may show; a part that is no longer it was some other device's past.
  const isPast = !node.fingerprints.includes(fingerprint);
  const deleted = deletions.get(node.recordNo);
  const deletedMs = goneSince(deleted, node.lastMs);
  const { instanceNo, partitionNo, missedRuns } = row;
  return [
    {
      ...witnessOf(node, { update, history, fingerprint, missedRuns }),
      instanceNo,
      partitionNo,
      deletedMs: isPast ? node.lastMs : deletedMs,
      deletedReason: deletedMs === undefined ? undefined : deleted?.reason,
    },
  ];
}
