/** What waits for a person, as one list: the most urgent kind first, each with what can be done. Pure. */
import { evidenceName, evidenceValue } from "../../../model/evidence-words.ts";
import type { DecisionAct } from "../../calls/device-acts.ts";
import { deviceAct } from "../../calls/device-acts.ts";
import type { HeldPair, HeldRecord, Hold } from "../../calls/review.ts";
import type { IdentityQuality, Retraction } from "../../calls/standing.ts";
import { capital } from "../../parts/capital.ts";
import { counted } from "../../parts/counted.ts";
import { numberWords } from "../../parts/number-words.ts";
import { recordName, shortId } from "../device/outcome-words.ts";

/** Kinds of cases, the most urgent first. */
const REVIEW_KINDS = ["hold", "retraction", "pair", "value", "flapping", "crowded"] as const;
/** One of them. */
export type ReviewKind = (typeof REVIEW_KINDS)[number];

const KIND_TITLES: Readonly<Record<ReviewKind, string>> = {
  hold: "Publications",
  retraction: "Retractions",
  pair: "Pairs",
  value: "Values",
  flapping: "Flapping",
  crowded: "Crowded",
};

/** The kind that a link names; undefined for anything else. */
export function readKind(text: string | undefined): ReviewKind | undefined {
  return REVIEW_KINDS.find((kind) => kind === text);
}

/** What can be done about a case. */
export type ReviewAct =
  /** Told before by a rehearsal, and taken back as a decision. */
  | {
      readonly kind: "decide";
      readonly verb: string;
      readonly about: string;
      readonly act: DecisionAct;
    }
  /** Cannot be taken back, so a word is typed. */
  | {
      readonly kind: "end";
      readonly verb: string;
      readonly about: string;
      readonly path: readonly string[];
      readonly takesReason: boolean;
      readonly typed: string;
    };

/** Two records that look like one device. */
export interface Look extends Pick<
  HeldPair,
  "quarantine_no" | "evidence" | "points" | "threshold"
> {
  /** "netbox_dc1/42 with armis/7" */
  readonly names: string;
  /** Why they are held apart. */
  readonly why: string;
}

/** One case. */
export interface ReviewItem {
  readonly id: string;
  readonly kind: ReviewKind;
  readonly title: string;
  readonly about: string;
  readonly since?: string | undefined;
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Of a pair: what speaks for and against its being one device, for each two records of theirs that look alike. */
  readonly looks?: readonly Look[];
  readonly devices: readonly { readonly id: string; readonly name: string }[];
  readonly holdNo?: number;
  /** By `a` and by `d`. */
  readonly accept?: ReviewAct | undefined;
  readonly dismiss?: ReviewAct | undefined;
}

/** What the list is made from; a part that is not loaded yet gives nothing. */
export interface Waiting {
  readonly holds?: readonly Hold[] | undefined;
  readonly retractions?: readonly Retraction[] | undefined;
  readonly pairs?: readonly HeldPair[] | undefined;
  readonly quality?: IdentityQuality | undefined;
}

/** The list. */
export function reviewItems({
  holds,
  retractions,
  pairs,
  quality,
}: Waiting): readonly ReviewItem[] {
  return [
    ...(holds ?? []).map(ofHold),
    ...(retractions ?? []).map(ofRetraction),
    ...pairsOfDevices(pairs ?? []).map(ofPairs),
    ...(quality?.learnt_values.rows ?? []).map(ofValue),
    ...(quality?.flapping_records.rows ?? []).map(ofFlapping),
    ...(quality?.flapping_values.rows ?? []).map(ofFlappingValue),
    ...(quality?.crowded_devices.rows ?? []).map(ofCrowded),
  ];
}

/** Which kinds a list has, each with how many of it; in the list's order. */
export function kindsOf(
  items: readonly ReviewItem[],
): readonly { readonly kind: ReviewKind; readonly title: string; readonly count: number }[] {
  return REVIEW_KINDS.map((kind) => ({
    kind,
    title: KIND_TITLES[kind],
    count: items.filter((item) => item.kind === kind).length,
  })).filter(({ count }) => count > 0);
}

function ofHold(hold: Hold): ReviewItem {
  const { hold_no: no, source, run_no: run, devices_fewer: fewer, devices, records } = hold;
  const path = ["dire", "held", String(no)];
  return {
    id: `hold ${no}`,
    kind: "hold",
    title: `Run #${run} of ${source} would merge ${numberWords(fewer)} of ${numberWords(devices)} devices`,
    about: `Publication is held: ${counted(records, "record")} wait${records === 1 ? "s" : ""}.`,
    since: hold.held_at,
    holdNo: no,
    facts: [
      ["Devices that would become another", numberWords(fewer)],
      ["Ids that would change", numberWords(hold.ids_changed)],
      ["Devices published now", numberWords(devices)],
    ],
    devices: [],
    accept: {
      kind: "end",
      verb: "Publish",
      about: "What is held is published as it is. Single merges can be taken back afterwards.",
      path: [...path, "release"],
      takesReason: true,
      typed: source,
    },
    dismiss: {
      kind: "end",
      verb: "Decide again",
      about: "After the cause was mended: what still is a storm is held anew.",
      path: [...path, "recheck"],
      takesReason: true,
      typed: source,
    },
  };
}

function ofRetraction(retraction: Retraction): ReviewItem {
  const { retraction_no: no, source, wanted, present, run_no: run } = retraction;
  return {
    id: `retraction ${no}`,
    kind: "retraction",
    title: `${source} no longer lists ${numberWords(wanted)} of ${counted(present, "record")}`,
    about:
      "So many at once may be an outage of the source: nothing is retired until it is allowed.",
    since: retraction.created_at,
    facts: [
      ["Records to be retired", String(wanted)],
      ["Records that the source had", String(present)],
      ["Asked for by run", run === undefined ? "–" : `#${run}`],
    ],
    devices: [],
    accept: {
      kind: "end",
      verb: "Allow",
      about: "The records are retired; those that were seen again stay.",
      path: ["retractions", String(no), "allow"],
      takesReason: false,
      typed: source,
    },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  mac_only_conflict: "A MAC alone is too little, as docks and dongles change hands.",
  medium_confidence_only: "A random MAC alone is too little.",
  contested: "The value is contested: one source lists two devices with it at the same time.",
  same_source_concurrent: "One source lists both at the same time, as two devices.",
  contradiction: "What joined them before contradicts it.",
  too_many_records: "Together they would have more records than a device can have.",
  cannot_link: "An operator keeps them apart.",
  policy_blocked: "They are two lives of one record: its source gave the id to another machine.",
};

/** Pairs of records by the two devices that they are of, in the list's order: a person decides of devices. */
function pairsOfDevices(
  pairs: readonly HeldPair[],
): readonly (readonly [HeldPair, ...HeldPair[]])[] {
  const groups = new Map<string, [HeldPair, ...HeldPair[]]>();
  for (const pair of pairs) {
    const key = pair.records
      .map(({ device_id: id, record_no: no }) => id ?? `record ${no}`)
      .toSorted()
      .join(" ");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pair]);
    else group.push(pair);
  }
  return [...groups.values()];
}

function lookOf(pair: HeldPair): Look {
  const [a, b] = pair.records;
  return {
    ...pair,
    names: `${recordName(a)} with ${recordName(b)}`,
    why: REASONS[pair.reason] ?? pair.reason,
  };
}

function ofPairs(pairs: readonly [HeldPair, ...HeldPair[]]): ReviewItem {
  const [pair, ...others] = pairs;
  const [a, b] = pair.records;
  const [from, to] = [a.device_id, b.device_id];
  const areTwo = from !== undefined && to !== undefined && from !== to;
  const decide = (
    act: "merge" | "never-merge",
    verb: string,
    about: string,
  ): ReviewAct | undefined =>
    areTwo ? { kind: "decide", verb, about, act: deviceAct(from, act, { other: to }) } : undefined;
  return {
    // By the oldest, so that a link still leads here once more of their records look alike.
    id: `pair ${Math.min(...pairs.map(({ quarantine_no: no }) => no))}`,
    kind: "pair",
    title: `${nameOf(a)} and ${nameOf(b)} look like one device`,
    about:
      others.length === 0
        ? `${recordName(a)} with ${recordName(b)}. ${REASONS[pair.reason] ?? pair.reason}`
        : `${pairs.length} pairs of their records look alike and are held apart.`,
    since: pair.since,
    facts: [],
    looks: pairs.map(lookOf),
    devices: pair.records.flatMap((record) =>
      record.device_id === undefined ? [] : [{ id: record.device_id, name: nameOf(record) }],
    ),
    accept: decide("merge", "Merge", "Their records become one device until it is taken back."),
    dismiss: decide("never-merge", "Keep apart", "They are never one until it is taken back."),
  };
}

function nameOf(record: HeldRecord): string {
  return record.hostname ?? recordName(record);
}

type Value = { readonly partition: string; readonly type: string; readonly value: string };

function valueActs({ partition, type, value }: Value): Pick<ReviewItem, "accept" | "dismiss"> {
  const body = { partition, type, value };
  return {
    accept: {
      kind: "decide",
      verb: "Write it off",
      about: "The value says nothing of who is who until it is taken back.",
      act: { path: ["values", "block"], body },
    },
    dismiss: {
      kind: "decide",
      verb: "Let it join",
      about: "The value joins records though several devices have it, until it is taken back.",
      act: { path: ["values", "allow"], body },
    },
  };
}

function ofValue(row: IdentityQuality["learnt_values"]["rows"][number]): ReviewItem {
  const isContested = row.state === "contested";
  return {
    id: `value ${row.partition} ${row.type} ${row.value}`,
    kind: "value",
    title: `${capital(evidenceName(row.type))} ${evidenceValue(row.type, row.value)} ${isContested ? "is contested" : "is too common"}`,
    about: isContested
      ? "Two devices of one source have it at once, so it joins nothing."
      : "More than 16 records have it, so it joins nothing.",
    since: row.since,
    facts: [
      ["Records that say it", String(row.holders)],
      ["Partition", row.partition],
    ],
    devices: [],
    ...valueActs(row),
  };
}

function ofFlappingValue(row: IdentityQuality["flapping_values"]["rows"][number]): ReviewItem {
  return {
    id: `flapping value ${row.partition} ${row.type} ${row.value}`,
    kind: "flapping",
    title: `${capital(evidenceName(row.type))} ${evidenceValue(row.type, row.value)} goes from device to device`,
    about: `It went with records that changed their device ${row.moves} times in 30 days.`,
    facts: [["Partition", row.partition]],
    devices: [],
    ...valueActs(row),
  };
}

function ofFlapping(row: IdentityQuality["flapping_records"]["rows"][number]): ReviewItem {
  return {
    id: `flapping ${row.record_no}`,
    kind: "flapping",
    title: `${recordName(row)} changes its device again and again`,
    about: `${row.moves} times in 30 days. Look at both devices and split or merge there.`,
    facts: [["Moves in 30 days", String(row.moves)]],
    devices: [row.from_id, row.to_id].map((id) => ({ id, name: shortId(id) })),
  };
}

function ofCrowded(row: IdentityQuality["crowded_devices"]["rows"][number]): ReviewItem {
  const { id, hostname, records, addresses } = row;
  return {
    id: `crowded ${id}`,
    kind: "crowded",
    title: `${hostname ?? shortId(id)} has ${counted(records, "record")} and ${counted(addresses, "address", "addresses")}`,
    about: "More than one machine has: look whether it is several, and split it there.",
    since: row.since,
    facts: [
      ["Records", String(records)],
      ["Addresses within 30 days", String(addresses)],
    ],
    devices: [{ id, name: hostname ?? shortId(id) }],
  };
}

/** Keys of the list, for whoever asks with `?`. */
export const REVIEW_KEYS: readonly (readonly [key: string, about: string])[] = [
  ["j", "next"],
  ["k", "previous"],
  ["a", "accept"],
  ["d", "dismiss"],
  ["e", "explain"],
  ["u", "take back"],
];

/** The case that a key leads to; the list ends at both ends. */
export function indexAfter(key: string, index: number, count: number): number {
  if (key === "j") return Math.max(0, Math.min(index + 1, count - 1));
  return key === "k" ? Math.max(index - 1, 0) : index;
}

/** Where the list stands: at the case that a link or a pick names, else where the one before it stood. */
export function placeOf(
  items: readonly ReviewItem[],
  { id, before }: { readonly id: string | undefined; readonly before: number },
): number {
  const at = items.findIndex((item) => item.id === id);
  return at >= 0 ? at : Math.max(0, Math.min(before, items.length - 1));
}
