import type { Departure } from "./publication.ts";
import type { Cluster } from "./resolve.ts";

/** Devices that were decided alike. */
export interface Decided {
  /** The kind of identifier that the device's id rests on; of one that was merged away, why it was. */
  readonly rule: string;
  readonly outcome: "created" | "updated" | "merged";
  readonly devices: number;
}

/** Counts devices by rule and outcome; of one that was merged away another one remains, which counts as updated. Pure. */
export function decidedBy(
  clusters: readonly (Pick<Cluster, "id"> & {
    readonly anchor: { readonly key: { readonly kind: string } };
  })[],
  plan: {
    readonly known: Pick<ReadonlyMap<Cluster["id"], unknown>, "has">;
    readonly departures: readonly Pick<Departure, "reason">[];
  },
): readonly Decided[] {
  const counts = new Map<string, Decided>();
  const note = (rule: string, outcome: Decided["outcome"]): void => {
    const name = `${rule} ${outcome}`;
    const devices = (counts.get(name)?.devices ?? 0) + 1;
    counts.set(name, { rule, outcome, devices });
  };
  for (const { id, anchor } of clusters) {
    note(anchor.key.kind, plan.known.has(id) ? "updated" : "created");
  }
  for (const { reason } of plan.departures) note(reason, "merged");
  return [...counts.values()];
}
