/**
 * The storm brake: keeps parts of a publication from being published, and notes them in sync.holds. It delays what is published,
 * never the state that it is derived from, so that what is published after a release is what it would have been without.
 */
import type { Tx } from "../db/tx.ts";
import { heldChanges } from "./held-change.ts";
import {
  addWeight,
  completeRunsBefore,
  countRealDevices,
  HELD_CHANGES_MAX,
  heldRecords,
  hold,
  joinHold,
  weightSoFar,
} from "./hold-store.ts";
import type { Node } from "./node.ts";
import { partsOf, type Part } from "./publication-parts.ts";
import { publishedDevice, type Publication, type Published } from "./publication.ts";
import type { Cluster } from "./resolve.ts";
import {
  BRAKE_LIMITS,
  isStorm,
  mayBeStorm,
  sumWeights,
  type BrakeLimits,
  type Weight,
} from "./storm-brake.ts";

/** On whose account something is published. */
export interface Braking {
  /** The run that changed the records; none or 0: an operator, a replay, an agent's hello, which are not braked. */
  readonly runNo?: number | undefined;
  readonly limits?: BrakeLimits | undefined;
}

/** A publication, or what the brake lets pass of it. */
export interface Passing {
  readonly clusters: readonly Cluster[];
  readonly plan: Publication;
  readonly published: Published;
}

/** What the brake lets pass. */
export interface Passed extends Passing {
  /** Records that were held back. */
  readonly held: number;
  /** Whether any record goes from one device to another. */
  readonly isMoving: boolean;
}

/** What may be published now. */
export async function braked(
  tx: Tx,
  tenant: number,
  { passing, braking }: { readonly passing: Passing; readonly braking: Braking },
): Promise<Passed> {
  const { clusters, plan, published } = passing;
  const nodes = clusters.flatMap((cluster) => cluster.nodes);
  const recordNos = [...new Set(nodes.map(({ recordNo }) => recordNo))];
  const waiting = await heldRecords(tx, tenant, recordNos);
  const isMoving = changesIds(passing);
  if (waiting.size === 0 && !isMoving) return { ...passing, held: 0, isMoving };
  const parts = partsOf(clusters, plan, published);
  const free = await letWait(tx, tenant, { parts, waiting });
  const stormy = await holdStorm(tx, tenant, { free, published, braking });
  const open = free.filter((part) => !stormy.has(part));
  const passed = open.flatMap((part) => part.recordNos);
  return { ...only(passing, open), held: recordNos.length - passed.length, isMoving };
}

/** Nearly no publication does, and then nothing needs to be divided. */
function changesIds({ clusters, plan, published }: Passing): boolean {
  const deviceOf = publishedDevice(published.members);
  const isNamed = (node: Node, { id }: Cluster): boolean => {
    const deviceNo = deviceOf(node);
    return deviceNo === undefined || published.devices.get(deviceNo) === id;
  };
  return (
    plan.departures.length > 0 ||
    clusters.some((cluster) => cluster.nodes.some((node) => !isNamed(node, cluster)))
  );
}

function only({ plan, published }: Passing, open: readonly Part[]): Passing {
  const recordNos = new Set(open.flatMap((part) => part.recordNos));
  const clusters = open.flatMap((part) => part.clusters);
  const ids = new Set(clusters.map(({ id }) => id));
  return {
    clusters,
    plan: {
      known: new Map([...plan.known].filter(([id]) => ids.has(id))),
      departures: open.flatMap((part) => part.departures),
    },
    published: {
      ...published,
      members: published.members.filter(({ recordNo }) => recordNos.has(recordNo)),
    },
  };
}

type Waiting = {
  readonly parts: readonly Part[];
  /** Held records, and the hold that each is in. */
  readonly waiting: ReadonlyMap<number, number>;
};

/** Parts that touch what is held wait with it; gives the others. */
async function letWait(
  tx: Tx,
  tenant: number,
  { parts, waiting }: Waiting,
): Promise<readonly Part[]> {
  const holdOf = ({ recordNos }: Part): number | undefined =>
    recordNos.map((no) => waiting.get(no)).find((no) => no !== undefined);
  const byHold = Map.groupBy(parts, holdOf);
  for (const [holdNo, joining] of byHold) {
    if (holdNo === undefined) continue;
    const recordNos = joining.flatMap((part) => part.recordNos);
    await joinHold(tx, tenant, { holdNo, recordNos });
  }
  return byHold.get(undefined) ?? [];
}

type Storm = {
  readonly free: readonly Part[];
  readonly published: Published;
  readonly braking: Braking;
};

async function holdStorm(
  tx: Tx,
  tenant: number,
  { free, published, braking }: Storm,
): Promise<ReadonlySet<Part>> {
  const { runNo = 0, limits = BRAKE_LIMITS } = braking;
  const changing = free.filter(({ shrinks, ids }) => shrinks > 0 || ids > 0);
  if (runNo === 0 || changing.length === 0) return new Set();
  const weight = sumWeights(changing);
  const devices = await stormAmong(tx, tenant, { runNo, limits, weight });
  if (devices === undefined) {
    await addWeight(tx, tenant, { runNo, ...weight });
    return new Set();
  }
  const before = { deviceOf: publishedDevice(published.members), devices: published.devices };
  const changes = changing
    .slice(0, HELD_CHANGES_MAX)
    .flatMap((part) => heldChanges(part, before, HELD_CHANGES_MAX))
    .slice(0, HELD_CHANGES_MAX);
  const recordNos = changing.flatMap((part) => part.recordNos);
  await hold(tx, tenant, { runNo, devices, recordNos, changes, ...weight });
  return new Set(changing);
}

type Weighed = {
  readonly runNo: number;
  readonly limits: BrakeLimits;
  readonly weight: Weight;
};

/** How many devices are published, if what the run changes of them is a storm; undefined if not. */
async function stormAmong(
  tx: Tx,
  tenant: number,
  { runNo, limits, weight }: Weighed,
): Promise<number | undefined> {
  const whole = sumWeights([weight, await weightSoFar(tx, tenant, runNo)]);
  if (!mayBeStorm(whole, limits)) return undefined;
  const limit = limits.runsMin;
  if ((await completeRunsBefore(tx, tenant, { runNo, limit })) < limit) return undefined;
  const devices = await countRealDevices(tx, tenant);
  return isStorm(whole, limits, devices) ? devices : undefined;
}
