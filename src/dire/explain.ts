/**
 * Why records are one device, or are not: worked out again from the state by the very functions that decide it, so an explanation
 * cannot say anything else than what was decided. Pure.
 */
import type { CanonicalId } from "../model/canonical-id.ts";
import type { Link } from "./assertion.ts";
import { whyApart, type Barrier, type ClusterView } from "./cluster.ts";
import { isAddressKey, nodeName, type Node, type RecordHistory, type ValueKey } from "./node.ts";
import { heldApart, type HeldApart } from "./quarantine.ts";
import type { Life } from "./record-state.ts";
import {
  Lens,
  viewOf,
  resolve,
  type Cluster,
  type Decision,
  type Surroundings,
} from "./resolve.ts";
import { total, weigh, type Evidence } from "./score.ts";
import type { ValueState } from "./value-state.ts";

/** Whole components, and what surrounds them. */
export interface Scene {
  readonly histories: readonly RecordHistory[];
  readonly around: Surroundings;
  readonly links: readonly Link[];
}

/** A scene with what was decided of it. */
export interface Decided {
  readonly scene: Scene;
  readonly lens: Lens;
  readonly decision: Decision;
}

/** Decides a scene. */
export function decide(scene: Scene): Decided {
  const lens = new Lens(scene.around);
  return { scene, lens, decision: resolve(scene.histories, { lens, links: scene.links }) };
}

/** When a record said a value. */
export interface Saying extends Pick<Life, "firstMs" | "lastMs"> {
  readonly node: Node;
}

/** A value that several records of a device say, and what it is worth between the first two; undefined where another of its type counts. */
export interface SharedValue {
  readonly value: ValueKey;
  readonly points: number | undefined;
  readonly sayings: readonly Saying[];
}

/** A value of a device that may not join it with others, and the records elsewhere that say it too. */
export interface MutedValue {
  readonly value: ValueKey;
  readonly state: Exclude<ValueState, "ok">;
  readonly sayings: readonly Saying[];
  readonly elsewhere: readonly Node[];
}

/** A step that made the device: which two of its records met, and what everything joined so far said. */
export interface JoinStep {
  readonly a: Node;
  readonly b: Node;
  readonly evidence: readonly Evidence[];
  readonly points: number;
  /** The assertion that joined them, where no evidence did. */
  readonly assertionNo: number | undefined;
}

/** Why a device is one, and what it was held apart from. */
export interface DeviceReasons {
  readonly steps: readonly JoinStep[];
  readonly shared: readonly SharedValue[];
  readonly muted: readonly MutedValue[];
  readonly apart: readonly HeldApart[];
}

/** The reasons of a device that was decided. */
export function reasonsOf({ nodes }: Cluster, decided: Decided): DeviceReasons {
  const { lens, decision, scene } = decided;
  const own = new Set(nodes);
  const steps = decision.joins
    .filter(({ a }) => own.has(a))
    .map(({ a, b, evidence }) => ({
      a,
      b,
      evidence,
      points: total(evidence),
      assertionNo: evidence.length > 0 ? undefined : assertionOf(a, b, decided),
    }));
  const values = [...new Set(nodes.flatMap((node) => node.values))];
  return {
    steps,
    shared: sharedBy(nodes, { values, decided }),
    muted: values.flatMap((value) => muted(value, nodes, lens)),
    apart: heldApart(decision, { lens, links: scene.links }).filter(
      ({ a, b }) => own.has(a) || own.has(b),
    ),
  };
}

function assertionOf(a: Node, b: Node, { scene }: Decided): number | undefined {
  const names = (side: Link["sides"][number], node: Node): boolean =>
    side.some(
      (end) => end.recordNo === node.recordNo && node.fingerprints.includes(end.fingerprint),
    );
  return scene.links.find(
    ({ kind, sides: [one, other] }) =>
      kind === "must_link" &&
      ((names(one, a) && names(other, b)) || (names(one, b) && names(other, a))),
  )?.assertionNo;
}

function sharedBy(
  nodes: readonly Node[],
  { values, decided }: { readonly values: readonly ValueKey[]; readonly decided: Decided },
): readonly SharedValue[] {
  const { lens, scene } = decided;
  const view = viewOf(lens, scene.links, nodes);
  return values
    .filter((value) => lens.state(value) === "ok")
    .flatMap((value): SharedValue[] => {
      const holders = nodes.filter((node) => node.values.includes(value));
      const [a, b] = holders;
      if (a === undefined || b === undefined) return [];
      const bare = value.slice(value.indexOf(":") + 1);
      const piece = weigh([a], [b], view).find((one) => one.value === bare && one.points > 0);
      const sayings = holders.map((node) => sayingOf(node, value, lens));
      return [{ value, points: piece?.points, sayings }];
    });
}

function muted(value: ValueKey, nodes: readonly Node[], lens: Lens): MutedValue[] {
  const state = lens.state(value);
  if (state === "ok" || isAddressKey(value)) return [];
  const own = nodes.filter((node) => node.values.includes(value));
  const elsewhere = lens.holders(value).filter((node) => !nodes.includes(node));
  return [{ value, state, sayings: own.map((node) => sayingOf(node, value, lens)), elsewhere }];
}

/** First and last time that a part of a record said a value; of an address, to the day. */
function sayingOf(node: Node, value: ValueKey, lens: Lens): Saying {
  if (isAddressKey(value)) return addressSaying(node, value);
  const said = lens
    .historyOf(node)
    .versions.filter(
      ({ fingerprint, features }) =>
        node.fingerprints.includes(fingerprint) && says(features, value),
    );
  return {
    node,
    firstMs: Math.min(...said.map(({ firstMs }) => firstMs)),
    lastMs: Math.max(...said.map(({ lastMs }) => lastMs)),
  };
}

const DAY_MS = 86_400_000;

function addressSaying(node: Node, value: ValueKey): Saying {
  const days = [...node.addresses].find(([ip]) => value === `address:${ip}`)?.[1] ?? [];
  const [first, last] = [days[0]?.[0], days.at(-1)?.[1]];
  return { node, firstMs: (first ?? 0) * DAY_MS, lastMs: ((last ?? 1) - 1) * DAY_MS };
}

function says(
  { serial, asset, host, macs, declared }: RecordHistory["versions"][number]["features"],
  value: ValueKey,
): boolean {
  return (
    value === `serial:${serial}` ||
    value === `asset:${asset}` ||
    value === `host:${host}` ||
    [...macs, ...declared].some((mac) => value === `mac:${mac}`)
  );
}

/** Why two devices are not one. */
export interface PairReasons {
  readonly evidence: readonly Evidence[];
  readonly points: number;
  /** What would keep them apart whatever the points; undefined where the points alone are too few. */
  readonly barrier: Barrier | undefined;
  /** Values that both say and that may not join them. */
  readonly muted: readonly MutedValue[];
}

/** Weighs two devices against each other, whole. */
export function pairReasons(a: Cluster, b: Cluster, decided: Decided): PairReasons {
  const view: ClusterView = viewOf(decided.lens, decided.scene.links, [...a.nodes, ...b.nodes]);
  const evidence = weigh(a.nodes, b.nodes, view);
  const barrier = whyApart(a.nodes, b.nodes, view);
  const { lens } = decided;
  const values = new Set(a.nodes.flatMap((node) => node.values));
  const common = new Set(b.nodes.flatMap((node) => node.values).filter((v) => values.has(v)));
  return {
    evidence,
    points: total(evidence),
    barrier,
    muted: [...common].flatMap((value) => muted(value, [...a.nodes, ...b.nodes], lens)),
  };
}

/** The device that a part of a record belongs to, as it was decided; undefined for one that was not. */
export function deviceIn({ decision }: Decided): (node: Node) => CanonicalId | undefined {
  const ids = new Map(
    decision.clusters.flatMap(({ id, nodes }) =>
      nodes.map((node) => [nodeName(node), id] as const),
    ),
  );
  return (node) => ids.get(nodeName(node));
}
