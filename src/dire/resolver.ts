/**
 * Publishes the devices of dirty records: loads their components, asks the pure resolver, writes the difference. Runs in a
 * transaction of its own under the tenant's fence, so an inventory is never seen half changed, and running it twice
 * changes nothing.
 */
import type { Tx } from "../db/tx.ts";
import {
  findDevices,
  readMembers,
  readRecordsOf,
  removeDevices,
  writeAliases,
  writeDevices,
  writeMembers,
  writeMerges,
  type DeviceRow,
} from "../inventory/device-store.ts";
import { invariant } from "../lib/invariant.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import {
  findSightings,
  readClaims,
  type AddressClaims,
  type PartitionAddress,
} from "./address-claims.ts";
import { openClosure, type Closure, type ClosureLoader, type Member } from "./closure.ts";
import { deviceRow, type Standing } from "./device-of.ts";
import { readDeletions } from "./history-store.ts";
import type { Node } from "./node.ts";
import { takeNumbers } from "./numbers.ts";
import { planPublication, type Departure } from "./publication.ts";
import { addressCluster, resolve, type Cluster } from "./resolve.ts";
import { writeValueStates } from "./value-store.ts";

/** What a publication changed. */
export interface ResolveCounts {
  readonly records: number;
  readonly devices: number;
  readonly created: number;
  readonly merged: number;
}

/** Rounds of pulling in devices that gain or lose a record; each adds at least one, so it ends long before. */
const ROUNDS_MAX = 100;

/** Resolves the components of these records and publishes them. */
export async function publishComponents(
  tx: Tx,
  tenant: number,
  recordNos: readonly number[],
): Promise<ResolveCounts> {
  const loader = await openClosure(tx, tenant);
  const { closure, clusters } = await settle(tx, tenant, { loader, seeds: recordNos });
  const members = await readMembers(tx, tenant, [...closure.members.keys()]);
  const ids = clusters.map(({ id }) => id);
  const devices = await findDevices(tx, tenant, { deviceNos: [...new Set(members.values())], ids });
  const plan = planPublication(clusters, { members, devices });
  const numbers = await numberDevices(tx, tenant, { clusters, known: plan.known });
  await write(tx, tenant, { closure, clusters, numbers, departures: plan.departures });
  return {
    records: closure.members.size,
    devices: clusters.length,
    created: clusters.length - plan.known.size,
    merged: plan.departures.length,
  };
}

type Settled = { readonly closure: Closure; readonly clusters: readonly Cluster[] };

/**
 * Widens until everything that changes together is loaded: the records of every published device that is touched, and the
 * devices that gain or lose sightings of an address.
 */
async function settle(
  tx: Tx,
  tenant: number,
  { loader, seeds }: { readonly loader: ClosureLoader; readonly seeds: readonly number[] },
): Promise<Settled> {
  let frontier = seeds;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    await loader.widen(frontier);
    const closure = loader.closure();
    const records = clusterAll(closure);
    const { clusters, outside } = await attachAddresses(tx, tenant, {
      loader,
      closure,
      clusters: records,
    });
    const members = await readMembers(tx, tenant, [...closure.members.keys()]);
    const fellows = await readRecordsOf(tx, tenant, [...new Set(members.values())]);
    frontier = [...fellows, ...outside].filter((no) => !closure.members.has(no));
    if (frontier.length === 0) return { closure, clusters };
  }
  throw new Error(`invariant broken: a publication settles within ${ROUNDS_MAX} rounds`);
}

function clusterAll(closure: Closure): Cluster[] {
  const byPartition = Map.groupBy(closure.members.values(), ({ loaded }) => loaded.row.partitionNo);
  return [...byPartition].flatMap(([partitionNo, members]) =>
    resolve(
      members.map(({ node }) => node),
      { isUsable: (value) => closure.isUsable(partitionNo, value), namesakes: closure.namesakes },
    ),
  );
}

type Attached = { readonly clusters: readonly Cluster[]; readonly outside: readonly number[] };

/**
 * Hangs address sightings on clusters. A claimant outside the closure counts by its published device and is not loaded,
 * unless a sighting moves to or from it: else leases would pull in the whole inventory, device by device.
 */
async function attachAddresses(
  tx: Tx,
  tenant: number,
  {
    loader,
    closure,
    clusters,
  }: {
    readonly loader: ClosureLoader;
    readonly closure: Closure;
    readonly clusters: readonly Cluster[];
  },
): Promise<Attached> {
  const addresses = [...closure.members.values()].flatMap(addressesOf);
  const claims = await readClaims(tx, tenant, {
    addresses: [...new Map(addresses.map((a) => [`${a.partitionNo} ${a.address}`, a])).values()],
    sightingsOf: (nos) => findSightings(tx, tenant, nos),
  });
  const published = await readMembers(
    tx,
    tenant,
    claims.flatMap(({ sightings, claimants }) => [...sightings, ...claimants]),
  );
  const clusterOf = new Map(
    clusters.flatMap((cluster) => cluster.nodes.map((node) => [node.recordNo, cluster] as const)),
  );
  const attached = new Map<Cluster, Node[]>();
  const alone: Cluster[] = [];
  const outside: number[] = [];
  for (const claim of claims) {
    const owner = ownerOf(claim, { clusterOf, published });
    const isElsewhere = typeof owner === "number";
    const stays =
      isElsewhere &&
      claim.sightings.every((no) => published.get(no) === owner && !closure.members.has(no));
    if (stays) continue;
    outside.push(...claim.sightings, ...(isElsewhere ? claim.claimants : []));
    if (isElsewhere) continue;
    const sightings = (await loader.peek(claim.sightings)).map(({ node }) => node);
    if (owner === undefined) alone.push(addressCluster(sightings));
    else attached.set(owner, [...(attached.get(owner) ?? []), ...sightings]);
  }
  const whole = clusters.map((cluster) => ({
    ...cluster,
    nodes: [...cluster.nodes, ...(attached.get(cluster) ?? [])],
  }));
  return { clusters: [...whole, ...alone], outside };
}

function addressesOf({ node, loaded }: Member): PartitionAddress[] {
  const { partitionNo } = loaded.row;
  return [...node.addresses.keys()].map((address) => ({ partitionNo, address }));
}

/** The one device that claims an address, as cluster or published number; several claimants: nobody can tell. */
function ownerOf(
  { claimants }: AddressClaims,
  {
    clusterOf,
    published,
  }: {
    readonly clusterOf: ReadonlyMap<number, Cluster>;
    readonly published: ReadonlyMap<number, number>;
  },
): Cluster | number | undefined {
  const owners = new Set(claimants.map((no) => clusterOf.get(no) ?? published.get(no)));
  const [owner] = owners;
  return owners.size === 1 ? owner : undefined;
}

async function numberDevices(
  tx: Tx,
  tenant: number,
  {
    clusters,
    known,
  }: { readonly clusters: readonly Cluster[]; readonly known: ReadonlyMap<CanonicalId, number> },
): Promise<ReadonlyMap<CanonicalId, number>> {
  const fresh = clusters.filter(({ id }) => !known.has(id));
  const numbers = new Map(known);
  if (fresh.length === 0) return numbers;
  const first = await takeNumbers(tx, tenant, { what: "device", count: fresh.length });
  for (const [i, { id }] of fresh.entries()) numbers.set(id, first + i);
  invariant(numbers.size === clusters.length, "no two clusters have one id");
  return numbers;
}

type Writing = Settled & {
  readonly numbers: ReadonlyMap<CanonicalId, number>;
  readonly departures: readonly Departure[];
};

async function write(
  tx: Tx,
  tenant: number,
  { closure, clusters, numbers, departures }: Writing,
): Promise<void> {
  const numberOf = (id: CanonicalId): number => {
    const no = numbers.get(id);
    invariant(no !== undefined, `cluster ${id} has a device number`);
    return no;
  };
  const deletions = await readDeletions(
    tx,
    tenant,
    [...closure.members.values()].map(({ loaded }) => loaded.row),
  );
  const rows = clusters.map((cluster): DeviceRow => {
    const standing = cluster.nodes.flatMap((node) =>
      standingOf(closure.members.get(node.recordNo), deletions),
    );
    return deviceRow(cluster, numberOf(cluster.id), standing);
  });
  await removeDevices(
    tx,
    tenant,
    departures.map(({ deviceNo }) => deviceNo),
  );
  await writeDevices(tx, tenant, rows);
  await writeMembers(
    tx,
    tenant,
    new Map(
      clusters.flatMap(({ id, nodes }) => nodes.map((node) => [node.recordNo, numberOf(id)])),
    ),
  );
  await writeAliases(tx, tenant, {
    aliases: departures.map(({ id, successor, reason }) => ({
      id,
      deviceNo: numberOf(successor),
      reason,
    })),
    moved: new Map(departures.map(({ deviceNo, successor }) => [deviceNo, numberOf(successor)])),
    owned: clusters.map(({ id }) => id),
  });
  await writeMerges(
    tx,
    tenant,
    departures.map(({ id, successor, reason }) => ({
      from: id,
      to: successor,
      reason,
      details: {},
    })),
  );
  await writeValueStates(tx, tenant, closure.decided);
}

function standingOf(
  member: Member | undefined,
  deletions: ReadonlyMap<number, number>,
): Standing[] {
  if (member === undefined) return [];
  const { node, loaded } = member;
  const deleted = deletions.get(node.recordNo);
  const deletedMs = deleted !== undefined && deleted >= node.lastMs ? deleted : undefined;
  return [
    {
      node,
      update: loaded.update,
      instanceNo: loaded.row.instanceNo,
      partitionNo: loaded.row.partitionNo,
      deletedMs,
    },
  ];
}
