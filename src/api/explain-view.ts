/** How explanations are shown: members for programs, and beside them the sentences that say the same. Pure. */
import type { z } from "@hono/zod-openapi";

import type { Turn } from "../dire/counterfactual.ts";
import type { JoinStep, MutedValue, Saying, SharedValue } from "../dire/explain.ts";
import type { Explanation, PairExplanation } from "../dire/explanation.ts";
import type { Node } from "../dire/node.ts";
import type { HeldApart } from "../dire/quarantine.ts";
import { JOIN_POINTS } from "../dire/score.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import type { explanationSchema, pairExplanationSchema } from "./contract-explain.ts";
import {
  barrierWords,
  evidenceWords,
  listWords,
  mutedWords,
  reasonWords,
  splitKey,
  sumWords,
  suppositionWords,
  valueWords,
} from "./explain-words.ts";
import { timeOf } from "./routes.ts";

type Names = ReadonlyMap<string, string>;
type Shown = z.infer<typeof explanationSchema>;
type ShownPair = z.infer<typeof pairExplanationSchema>;
type ShownRecord = Shown["joins"][number]["records"][number];

/** Records that contest a value and are named; a value may be held by 16. */
const ELSEWHERE_MAX = 16;

/** A device and what is known of its name. */
export interface Subject {
  readonly id: CanonicalId;
  readonly hostname: string | undefined;
}

/** Why a device is one. */
export function shownExplanation(
  { id, hostname }: Subject,
  explanation: Explanation,
  names: Names,
): Shown {
  const count = explanation.cluster?.nodes.length;
  const view = new View(names, explanation.deviceOf, count);
  const { parts, reasons, turns, tried, partsOf } = explanation;
  return {
    id,
    hostname,
    summary: [...summaryOf(explanation, view)],
    threshold: JOIN_POINTS,
    records: parts.map(({ node }) =>
      view.part(node, node.key.kind === "address" ? 1 : partsOf(node)),
    ),
    joins: (reasons?.steps ?? []).map((step) => view.join(step)),
    shared: (reasons?.shared ?? []).map((shared) => view.shared(shared)),
    muted: (reasons?.muted ?? []).map((muted) => view.muted(muted)),
    apart: (reasons?.apart ?? []).map((held) => view.apart(held, explanation)),
    turns: turns.map((turn) => view.turn(turn)),
    tried,
  };
}

/** Why two devices are not one. */
export function shownPairExplanation(
  [a, b]: readonly [Subject, Subject],
  { reasons, deviceOf, turns, tried }: PairExplanation,
  names: Names,
): ShownPair {
  const view = new View(names, deviceOf);
  const evidence = (reasons?.evidence ?? []).map((one) => ({ ...one, words: evidenceWords(one) }));
  return {
    id: a.id,
    other_id: b.id,
    summary: [...pairSummary(reasons)],
    threshold: JOIN_POINTS,
    points: reasons?.points,
    evidence,
    barrier: reasons?.barrier,
    muted: (reasons?.muted ?? []).map((muted) => view.muted(muted)),
    turns: turns.map((turn) => view.turn(turn)),
    tried,
  };
}

function summaryOf({ parts, cluster, partsOf }: Explanation, view: View): readonly string[] {
  if (cluster === undefined) {
    return [
      "It is known by an address alone: nothing says more of it, and no record claimed the address when it was seen.",
    ];
  }
  const sources = new Set(cluster.nodes.map(({ key }) => key.instance));
  const count = cluster.nodes.length;
  const sightings = parts.filter(({ node }) => node.key.kind === "address").length;
  const split = cluster.nodes.filter((node) => partsOf(node) > 1);
  return [
    count === 1
      ? `One record makes it: ${view.name(cluster.anchor)}.`
      : `${count} records of ${sources.size === 1 ? "one source" : `${sources.size} sources`} are one device; its id comes from the oldest, ${view.name(cluster.anchor)}.`,
    ...(sightings === 0 ? [] : [`Sightings of an address it has hang on it: ${sightings}.`]),
    ...(split.length === 0
      ? []
      : [
          `${listWords(split.map((node) => view.name(node)))} spoke of several machines in turn, and is part of this one only for as long as it spoke of it.`,
        ]),
  ];
}

function pairSummary(reasons: PairExplanation["reasons"]): readonly string[] {
  if (reasons === undefined) {
    return ["They cannot be compared: they lie in different partitions, or one is but an address."];
  }
  const { barrier, points } = reasons;
  return [
    ...(barrier === undefined
      ? []
      : [`They are two whatever they agree in: ${barrierWords(barrier)}.`]),
    `Weighed whole against each other they reach ${points} of ${JOIN_POINTS} points.`,
    ...(points >= JOIN_POINTS && barrier === undefined
      ? [
          "That would be enough; but no two of their records share a value that may join them, so they were never compared.",
        ]
      : []),
  ];
}

class View {
  readonly #names: Names;
  readonly #deviceOf: (node: Node) => CanonicalId | undefined;

  /** Records of the device, sightings of an address left out. */
  readonly #records: number;

  constructor(
    names: Names,
    deviceOf: (node: Node) => CanonicalId | undefined,
    records: number = 0,
  ) {
    this.#names = names;
    this.#deviceOf = deviceOf;
    this.#records = records;
  }

  name({ key }: Node): string {
    return `${this.#names.get(key.instance) ?? key.instance}/${key.native}`;
  }

  record({ recordNo, key }: Node): ShownRecord {
    const { instance, kind, native } = key;
    return {
      record_no: recordNo,
      source: this.#names.get(instance) ?? instance,
      source_id: instance,
      kind,
      native_id: native,
    };
  }

  placed(node: Node): Shown["turns"][number]["joins"][number] {
    return { ...this.record(node), device_id: this.#deviceOf(node) };
  }

  part(node: Node, parts: number): Shown["records"][number] {
    return {
      ...this.record(node),
      first_seen: timeOf(node.firstMs),
      last_seen: timeOf(node.lastMs),
      parts,
      words:
        parts > 1
          ? `spoke of ${parts} machines in turn; of this one from ${dayText(node.firstMs)} to ${dayText(node.lastMs)}`
          : undefined,
    };
  }

  join({ a, b, evidence, points, assertionNo }: JoinStep): Shown["joins"][number] {
    const why =
      evidence.length === 0
        ? `joined by an operator${assertionNo === undefined ? "" : `, decision ${assertionNo}`}`
        : sumWords(evidence, points);
    return {
      records: [this.record(a), this.record(b)],
      evidence: [...evidence],
      points,
      assertion_no: assertionNo,
      words: `${this.name(a)} and ${this.name(b)}: ${why}`,
    };
  }

  saying({ node, firstMs, lastMs }: Saying): Shown["shared"][number]["said_by"][number] {
    return { record: this.record(node), first_seen: timeOf(firstMs), last_seen: timeOf(lastMs) };
  }

  shared({ value, points, sayings }: SharedValue): Shown["shared"][number] {
    const first = Math.min(...sayings.map(({ firstMs }) => firstMs));
    const last = Math.max(...sayings.map(({ lastMs }) => lastMs));
    const isByAll = sayings.length === this.#records && sayings.length > 2;
    const by = isByAll
      ? `all ${sayings.length}`
      : listWords(sayings.map(({ node }) => this.name(node)));
    const worth = points === undefined ? "" : ` (+${points})`;
    return {
      ...splitKey(value),
      points,
      said_by: sayings.map((saying) => this.saying(saying)),
      words: `${valueWords(value)}${worth}: said by ${by}, ${dayText(first)} to ${dayText(last)}`,
    };
  }

  muted(muted: MutedValue): Shown["muted"][number] {
    const { value, state, sayings, elsewhere } = muted;
    return {
      ...splitKey(value),
      state,
      said_by: sayings.map((saying) => this.saying(saying)),
      elsewhere: elsewhere.slice(0, ELSEWHERE_MAX).map((node) => this.placed(node)),
      elsewhere_left_off: Math.max(0, elsewhere.length - ELSEWHERE_MAX),
      words: mutedWords(muted, {
        name: (node) => this.name(node),
        source: (instance) => this.#names.get(instance) ?? instance,
      }),
    };
  }

  apart(
    { a, b, reason, points, evidence }: HeldApart,
    { cluster }: Explanation,
  ): Shown["apart"][number] {
    const [own, other] = cluster?.nodes.includes(a) === true ? [a, b] : [b, a];
    return {
      record: this.record(own),
      other: this.placed(other),
      reason,
      points,
      evidence: [...evidence],
      words: `${this.name(own)} and ${this.name(other)} look like one (${sumWords(evidence, points)}), but ${reasonWords(reason)}`,
    };
  }

  turn({ supposed, joins, leaves }: Turn): Shown["turns"][number] {
    const name = (node: Node): string => this.name(node);
    const effects = [
      ...(leaves.length === 0 ? [] : [`${listWords(leaves.map(name))} would leave`]),
      ...(joins.length === 0 ? [] : [`${listWords(joins.map(name))} would join`]),
    ];
    return {
      supposed: {
        kind: supposed.kind,
        ...("value" in supposed ? splitKey(supposed.value) : {}),
        ...("node" in supposed ? { record: this.record(supposed.node) } : {}),
        ...("assertionNo" in supposed ? { assertion_no: supposed.assertionNo } : {}),
      },
      joins: joins.map((node) => this.placed(node)),
      leaves: leaves.map((node) => this.placed(node)),
      words: `${suppositionWords(supposed, name)}, ${effects.join(" and ")}`,
    };
  }
}

function dayText(ms: number): string {
  return timeOf(ms).slice(0, 10);
}
