/** The sentences of explanations. Pure. */
import type { Barrier } from "../dire/cluster.ts";
import type { Supposition } from "../dire/counterfactual.ts";
import type { MutedValue } from "../dire/explain.ts";
import type { Node, ValueKey } from "../dire/node.ts";
import type { QuarantineReason } from "../dire/quarantine.ts";
import type { Evidence } from "../dire/score.ts";
import { evidenceName, evidenceValue } from "../model/evidence-words.ts";
import { formatMac, type Mac } from "../model/mac.ts";

/** A record as people name it: "netbox_dc1/42". */
export type NameOf = (node: Node) => string;

/** Things named in a sentence before "and N more". */
const NAMED_MAX = 4;

const VALUE_WORDS: Readonly<Record<string, string>> = {
  serial: "serial",
  asset: "asset tag",
  mac: "MAC",
  host: "name",
  address: "IP",
};

/** A value as people write it: "MAC 00:1B:44:11:22:33". */
export function valueWords(key: ValueKey): string {
  const { type, value } = splitKey(key);
  return `${VALUE_WORDS[type] ?? type} ${value}`;
}

/** Type and value, MACs with colons. */
export function splitKey(key: ValueKey): { readonly type: string; readonly value: string } {
  const colon = key.indexOf(":");
  const [type, value] = [key.slice(0, colon), key.slice(colon + 1)];
  return { type, value: type === "mac" ? formatMac(value as Mac) : value };
}

/** One piece of evidence: "serial FCW2133L0AB +12", "name alpha / beta differs -5". */
export function evidenceWords({ type, value, points }: Evidence): string {
  const name = evidenceName(type);
  const shown = evidenceValue(type, value);
  return points < 0 ? `${name} ${shown} differs ${points}` : `${name} ${shown} +${points}`;
}

/** The sum and its pieces. */
export function sumWords(evidence: readonly Evidence[], points: number): string {
  if (evidence.length === 0) return "0 points, as they have nothing in common";
  return `${points} points: ${evidence.map(evidenceWords).join(", ")}`;
}

/** "a, b and c", or with "and 3 more". */
export function listWords(names: readonly string[]): string {
  const shown = names.slice(0, NAMED_MAX);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(", ")} and ${more} more`;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** Why a value joins nothing. `source` names a source instance. */
export function mutedWords(
  { value, state, sayings, elsewhere }: MutedValue,
  { name, source }: { readonly name: NameOf; readonly source: (instance: string) => string },
): string {
  const what = valueWords(value);
  if (state === "generic") return `${what} joins nothing: too many records have it`;
  const all = [...sayings.map(({ node }) => node), ...elsewhere];
  const [most] = [...Map.groupBy(all, ({ key }) => key.instance)].toSorted(
    ([, a], [, b]) => b.length - a.length,
  );
  const rivals =
    most === undefined
      ? ""
      : `: ${source(most[0])} lists ${most[1].length} records with it at the same time`;
  const others = listWords(elsewhere.map((node) => withHost(node, name)));
  return `${what} joins nothing${rivals}${others === "" ? "" : `. Elsewhere: ${others}`}`;
}

function withHost(node: Node, name: NameOf): string {
  const [host] = node.hosts;
  return host === undefined ? name(node) : `${name(node)} (${host})`;
}

const REASON_WORDS: Readonly<Record<QuarantineReason, string>> = {
  same_source_concurrent: "one source lists records of both at the same time, as two devices",
  policy_blocked: "they are two lives of one record: its source gave the id to another machine",
  cannot_link: "an operator keeps them apart",
  too_many_records: "together they would have more records than a device can have",
  contradiction: "what joined them before contradicts it",
  mac_only_conflict: "a MAC alone is too little, as docks and dongles change hands",
  medium_confidence_only: "a random MAC alone is too little",
  contested: "the value is contested: one source lists two devices with it at the same time",
};

/** Why a pair was held apart. */
export function reasonWords(reason: QuarantineReason): string {
  return REASON_WORDS[reason];
}

const BARRIERS: Readonly<Partial<Record<Barrier, QuarantineReason>>> = {
  same_source: "same_source_concurrent",
  same_record: "policy_blocked",
  never_merge: "cannot_link",
  too_many_records: "too_many_records",
};

/** What keeps two devices apart whatever they agree in. */
export function barrierWords(barrier: Barrier): string {
  return REASON_WORDS[BARRIERS[barrier] ?? "contradiction"];
}

/** "Without serial X" and the like. */
export function suppositionWords(supposed: Supposition, name: NameOf): string {
  switch (supposed.kind) {
    case "unsaid":
      return `Without ${valueWords(supposed.value)}`;
    case "unsaid_by":
      return `If ${name(supposed.node)} did not say ${valueWords(supposed.value)}`;
    case "allowed":
      return `If an operator allowed ${valueWords(supposed.value)}`;
    case "revoked":
      return `Without decision ${supposed.assertionNo}`;
    default:
      return "Otherwise";
  }
}
