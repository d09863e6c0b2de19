/**
 * Which single fact decides: the scene is decided again without it, or with a muted value allowed, or without an assertion, and
 * what changes for one record's device is told. Pure.
 */
import { decide, type Decided, type PairReasons, type Scene } from "./explain.ts";
import { isAddressKey, type Node, type RecordHistory, type ValueKey } from "./node.ts";
import type { Cluster, Surroundings } from "./resolve.ts";
import { withoutValues } from "./without.ts";

/** Scenes that are decided to explain one device: each costs as much as deciding its component, a few milliseconds. */
const TRIALS_MAX = 64;

/** What is supposed to be otherwise. */
export type Supposition =
  | { readonly kind: "unsaid"; readonly value: ValueKey }
  | { readonly kind: "unsaid_by"; readonly value: ValueKey; readonly node: Node }
  | { readonly kind: "allowed"; readonly value: ValueKey }
  | { readonly kind: "revoked"; readonly assertionNo: number };

/** What would be if one thing were otherwise: records that would come to the device, and that would leave it. */
export interface Turn {
  readonly supposed: Supposition;
  readonly joins: readonly Node[];
  readonly leaves: readonly Node[];
}

/** Tries suppositions, at most TRIALS_MAX; gives those that change which records are with `anchor`, and how many were tried. */
export function turnsOf(
  anchor: Node,
  {
    decided,
    suppositions,
  }: { readonly decided: Decided; readonly suppositions: readonly Supposition[] },
): { readonly turns: readonly Turn[]; readonly tried: number } {
  const before = fellowsOf(anchor, decided);
  const tried = suppositions.slice(0, TRIALS_MAX);
  const turns = tried.flatMap((supposed): Turn[] => {
    const after = fellowsOf(anchor, decide(suppose(decided.scene, supposed)));
    const joins = [...after.values()].filter(({ recordNo }) => !before.has(recordNo));
    const leaves = [...before.values()].filter(({ recordNo }) => !after.has(recordNo));
    return joins.length + leaves.length === 0 ? [] : [{ supposed, joins, leaves }];
  });
  return { turns, tried: tried.length };
}

/** By record: a part that is another one now is still the same record. */
function fellowsOf(anchor: Node, { decision }: Decided): ReadonlyMap<number, Node> {
  const own = decision.clusters.find(({ nodes }) =>
    nodes.some((node) => node.recordNo === anchor.recordNo && sharesPart(node, anchor)),
  );
  return new Map((own?.nodes ?? []).map((node) => [node.recordNo, node]));
}

function sharesPart(node: Node, { fingerprints }: Node): boolean {
  const last = fingerprints.at(-1);
  return last !== undefined && node.fingerprints.includes(last);
}

function suppose(scene: Scene, supposed: Supposition): Scene {
  switch (supposed.kind) {
    case "unsaid":
      return changed(scene, (history) =>
        withoutValues(history, (value) => value === supposed.value),
      );
    case "unsaid_by":
      return changed(scene, (history) =>
        history.recordNo === supposed.node.recordNo
          ? withoutValues(history, (value) => value === supposed.value)
          : history,
      );
    case "allowed": {
      const isAllowed = (value: ValueKey): boolean =>
        value === supposed.value || scene.around.isAllowed?.(value) === true;
      return { ...scene, around: { ...scene.around, isAllowed } };
    }
    case "revoked": {
      const links = scene.links.filter(({ assertionNo }) => assertionNo !== supposed.assertionNo);
      return { ...scene, links };
    }
    default:
      return scene;
  }
}

function changed(scene: Scene, change: (history: RecordHistory) => RecordHistory): Scene {
  const known = new Map<number, RecordHistory>();
  const once = (history: RecordHistory): RecordHistory => {
    const found = known.get(history.recordNo) ?? change(history);
    known.set(history.recordNo, found);
    return found;
  };
  const { around } = scene;
  const changedAround: Surroundings = {
    ...around,
    holders: (value) => {
      const held = around.holders(value);
      return held === "generic" ? held : held.map(once);
    },
    neighbours: (history) => around.neighbours(history).map(once),
    namesakes: (history) => around.namesakes(history).map(once),
  };
  return { ...scene, histories: scene.histories.map(once), around: changedAround };
}

/** What to suppose of a device: without each value that joins it, with each that may not, and without what operators said of it. */
export function suppositionsFor(
  nodes: readonly Node[],
  { lens, scene }: Decided,
): readonly Supposition[] {
  const values = [...new Set(nodes.flatMap((node) => node.values))].filter(
    (value) => !isAddressKey(value) || lens.state(value) === "ok",
  );
  const heldTwice = (value: ValueKey): boolean =>
    nodes.filter((node) => node.values.includes(value)).length > 1;
  const joining = values.filter((value) => lens.state(value) === "ok" && heldTwice(value));
  const contested = values.filter((value) => lens.state(value) === "contested");
  const single = nodes.flatMap((node) =>
    node.values
      .filter((value) => lens.state(value) === "ok" && !isAddressKey(value) && !heldTwice(value))
      .map((value) => ({ kind: "unsaid_by", value, node }) as const),
  );
  const recordNos = new Set(nodes.map(({ recordNo }) => recordNo));
  const links = scene.links.filter(({ sides }) =>
    sides.flat().some(({ recordNo }) => recordNos.has(recordNo)),
  );
  return [
    ...joining.map((value) => ({ kind: "unsaid", value }) as const),
    ...contested.map((value) => ({ kind: "allowed", value }) as const),
    ...links.map(({ assertionNo }) => ({ kind: "revoked", assertionNo }) as const),
    ...contested.flatMap((value) =>
      lens.holders(value).map((node) => ({ kind: "unsaid_by", value, node }) as const),
    ),
    ...single,
  ];
}

/** What to suppose of two devices that are not one: that what they contest may join, that what contradicts was never said. */
export function suppositionsOf(
  [a, b]: readonly [Cluster, Cluster],
  { reasons, decided }: { readonly reasons: PairReasons; readonly decided: Decided },
): readonly Supposition[] {
  const { scene } = decided;
  const nodes = [...a.nodes, ...b.nodes];
  const apart = new Set(
    reasons.evidence.filter(({ points }) => points < 0).map(({ type }) => prefixOf(type)),
  );
  const values = [...new Set(nodes.flatMap((node) => node.values))];
  const contradicting = values.filter((value) => apart.has(value.slice(0, value.indexOf(":"))));
  const recordNos = new Set(nodes.map(({ recordNo }) => recordNo));
  const links = scene.links.filter(({ sides }) =>
    sides.every((side) => side.some(({ recordNo }) => recordNos.has(recordNo))),
  );
  return [
    ...reasons.muted.map(({ value }) => ({ kind: "allowed", value }) as const),
    ...links.map(({ assertionNo }) => ({ kind: "revoked", assertionNo }) as const),
    ...contradicting.map((value) => ({ kind: "unsaid", value }) as const),
    ...reasons.muted.flatMap(({ value, elsewhere }) =>
      elsewhere.map((node) => ({ kind: "unsaid_by", value, node }) as const),
    ),
  ];
}

/** The type of value that evidence speaks of. */
function prefixOf(type: string): string {
  return type === "virtualSerial" ? "serial" : type;
}
