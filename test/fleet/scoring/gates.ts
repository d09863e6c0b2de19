import type { Profile } from "../profiles.ts";
import type { OrderCheck } from "./order.ts";
import type { ScoreReport } from "./score.ts";

/** A floor or ceiling that a report must keep. */
interface Gate {
  readonly name: string;
  readonly value: (report: ScoreReport) => number;
  readonly min?: number;
  readonly max?: number;
}

const NONE_REJECTED: Gate = { name: "rejected", value: ({ rejected }) => rejected, max: 0 };

/** Floors of issue 3 for a fleet with everything that goes wrong in ordinary measure. */
const ORDINARY: readonly Gate[] = [
  NONE_REJECTED,
  { name: "pair.f1", value: ({ pair }) => pair.f1, min: 0.99 },
  { name: "bcubed.f1", value: ({ bcubed }) => bcubed.f1, min: 0.99 },
  { name: "exact_share", value: (report) => report.exact_share, min: 0.96 },
  { name: "lost_share", value: (report) => report.lost_share, max: 0.002 },
  { name: "largest_merge_devices", value: (report) => report.largest_merge_devices, max: 3 },
  { name: "same_id_next_day", value: (report) => report.stability.same_id_next_day, min: 0.98 },
  {
    name: "first_id_final_or_alias",
    value: (report) => report.stability.first_id_final_or_alias,
    min: 0.99,
  },
];

/** Under stress only the pairs are held to a floor. */
const STRESS: readonly Gate[] = [
  NONE_REJECTED,
  { name: "pair.f1", value: ({ pair }) => pair.f1, min: 0.97 },
];

/** Where nothing goes wrong nothing may be wrong. */
const CLEAN: readonly Gate[] = [
  NONE_REJECTED,
  { name: "pair.f1", value: ({ pair }) => pair.f1, min: 1 },
  { name: "bcubed.f1", value: ({ bcubed }) => bcubed.f1, min: 1 },
  { name: "exact_share", value: (report) => report.exact_share, min: 1 },
  { name: "lost_share", value: (report) => report.lost_share, max: 0 },
];

const GATES: Readonly<Record<Profile, readonly Gate[]>> = {
  default: ORDINARY,
  wild: ORDINARY,
  records: ORDINARY,
  stress: STRESS,
  clean: CLEAN,
};

/** What a report fails of its profile's gates, each as a sentence; empty where all hold. */
export function checkGates(report: ScoreReport, profile: Profile): readonly string[] {
  return GATES[profile].flatMap(({ name, value, min, max }) => {
    const is = value(report);
    if (min !== undefined && is < min) return [`${name} is ${is}, must be at least ${min}`];
    if (max !== undefined && is > max) return [`${name} is ${is}, must be at most ${max}`];
    return [];
  });
}

/** What an order check fails: clusters and ids must not depend on order at all. */
export function checkOrderGates(check: OrderCheck): readonly string[] {
  return [
    ...(check.is_same_clusters ? [] : [`same_cluster is ${check.same_cluster}, must be 1`]),
    ...(check.is_same_ids ? [] : [`same_id is ${check.same_id}, must be 1`]),
  ];
}
