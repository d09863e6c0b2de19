/** Loads what an explanation needs through the same closure that a publication uses, and asks the pure functions. Writes nothing. */
import { planByKey } from "../db/plan-by-key.ts";
import type { Tx } from "../db/tx.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { openClosure, type Closure } from "./closure.ts";
import { suppositionsFor, suppositionsOf, turnsOf, type Turn } from "./counterfactual.ts";
import { isSighting, readParts, type DevicePart } from "./device-parts.ts";
import {
  decide,
  deviceIn,
  pairReasons,
  reasonsOf,
  type Decided,
  type DeviceReasons,
  type PairReasons,
} from "./explain.ts";
import { isAddressKey, type Node } from "./node.ts";
import type { NamedDevice } from "./operator-links.ts";
import type { Cluster } from "./resolve.ts";

/** Records that contest a device's values and are loaded with their components, so that it can be told what they would change. */
const RIVALS_MAX = 200;

/** Why a device is one. */
export interface Explanation {
  /** As published: oldest first, sightings of an address alone last. */
  readonly parts: readonly DevicePart[];
  /** Undefined for a device that is but an address. */
  readonly cluster: Cluster | undefined;
  readonly reasons: DeviceReasons | undefined;
  readonly deviceOf: (node: Node) => CanonicalId | undefined;
  /** Of records that are several machines in turn: how many. */
  readonly partsOf: (node: Node) => number;
  readonly turns: readonly Turn[];
  /** Suppositions that were tried to find the turns. */
  readonly tried: number;
}

/** Why a device is one, and what a single fact could change. */
export async function explainDevice(
  tx: Tx,
  tenant: number,
  { deviceNo }: NamedDevice,
): Promise<Explanation> {
  await planByKey(tx);
  const parts = await readParts(tx, tenant, deviceNo);
  const closure = await openClosure(tx, tenant);
  await closure.widen(parts.map(({ recordNo }) => recordNo));
  return await explainParts(closure, parts);
}

/** The same of a device whose components the closure holds. */
async function explainParts(closure: Closure, parts: readonly DevicePart[]): Promise<Explanation> {
  const [first] = parts;
  const loaded = first === undefined ? undefined : await decidedOf(closure, first, parts);
  const cluster = first === undefined ? undefined : clusterOf(first, loaded);
  if (loaded === undefined || cluster === undefined) {
    return { ...NOTHING, parts };
  }
  const suppositions = suppositionsFor(cluster.nodes, loaded);
  const { turns, tried } = turnsOf(cluster.anchor, { decided: loaded, suppositions });
  const { lens } = loaded;
  return {
    parts,
    cluster,
    reasons: reasonsOf(cluster, loaded),
    deviceOf: deviceIn(loaded),
    partsOf: (node) => lens.nodes(lens.historyOf(node)).length,
    turns,
    tried,
  };
}

const NOTHING = {
  cluster: undefined,
  reasons: undefined,
  deviceOf: () => undefined,
  partsOf: () => 1,
  turns: [],
  tried: 0,
} as const;

/** Why two devices are not one. */
export interface PairExplanation {
  readonly a: readonly DevicePart[];
  readonly b: readonly DevicePart[];
  /** Undefined where one of them is but an address, or they lie in different partitions. */
  readonly reasons: PairReasons | undefined;
  readonly deviceOf: (node: Node) => CanonicalId | undefined;
  /** What would make them one. */
  readonly turns: readonly Turn[];
  readonly tried: number;
}

/** Why two devices are not one, and which single fact would make them one. */
export async function explainPair(
  tx: Tx,
  tenant: number,
  [a, b]: readonly [NamedDevice, NamedDevice],
): Promise<PairExplanation> {
  await planByKey(tx);
  const [left, right] = [
    await readParts(tx, tenant, a.deviceNo),
    await readParts(tx, tenant, b.deviceNo),
  ];
  const none = { ...NOTHING, a: left, b: right };
  const [one, other] = [left[0], right[0]];
  if (one === undefined || one.partitionNo !== other?.partitionNo) return none;
  const closure = await openClosure(tx, tenant);
  const parts = [...left, ...right];
  await closure.widen(parts.map(({ recordNo }) => recordNo));
  const decided = await decidedOf(closure, one, parts);
  const [ca, cb] = [clusterOf(one, decided), clusterOf(other, decided)];
  if (ca === undefined || cb === undefined) return none;
  const reasons = pairReasons(ca, cb, decided);
  const suppositions = suppositionsOf([ca, cb], { reasons, decided });
  const { turns, tried } = turnsOf(ca.anchor, { decided, suppositions });
  const joining = turns.filter(({ joins }) =>
    joins.some(({ recordNo }) => recordNo === cb.anchor.recordNo),
  );
  return { a: left, b: right, reasons, deviceOf: deviceIn(decided), turns: joining, tried };
}

/** Everything that is loaded of the device's partition, decided; with the components of what contests its values. */
async function decidedOf(
  closure: Closure,
  { partitionNo }: DevicePart,
  parts: readonly DevicePart[],
): Promise<Decided> {
  const lens = closure.lens(partitionNo);
  const rivals = parts
    .filter((part) => !isSighting(part))
    .flatMap(({ recordNo }) => closure.members.get(recordNo) ?? [])
    .flatMap(({ history }) => lens.nodes(history))
    .flatMap((node) => node.values)
    .filter((value) => !isAddressKey(value) && lens.state(value) === "contested")
    .flatMap((value) => lens.holders(value).map(({ recordNo }) => recordNo));
  await closure.widen([...new Set(rivals)].toSorted((a, b) => a - b).slice(0, RIVALS_MAX));
  const histories = [...closure.members.values()]
    .filter(({ loaded }) => loaded.row.partitionNo === partitionNo)
    .map(({ history }) => history)
    .filter(({ key }) => key.kind !== "address");
  const { links } = closure;
  return decide({ histories, links, around: closure.surroundings(partitionNo) });
}

function clusterOf(
  { recordNo, fingerprint }: DevicePart,
  decided: Decided | undefined,
): Cluster | undefined {
  return decided?.decision.clusters.find(({ nodes }) =>
    nodes.some((node) => node.recordNo === recordNo && node.fingerprints.includes(fingerprint)),
  );
}
