/** How old what the inventory knows is, by its sources' last runs. Pure. */
import type { Overview, SourceStanding } from "../../calls/standing.ts";
import { counted } from "../../parts/counted.ts";
import type { Tone } from "../../parts/tone.ts";

/** The oldest last run, and what to say of it. */
export interface Freshness {
  /** Absent: it is not known how old the oldest data is. */
  readonly at?: string | undefined;
  readonly tone: Tone;
  readonly words: string;
}

type Runs = Pick<SourceStanding, "name" | "state" | "last_run">;
type Standing = Pick<Overview, "source_counts" | "freshness"> & {
  readonly sources: readonly Runs[];
};

const BROUGHT = new Set(["success", "partial"]);

/**
 * Of the sources that run. Where the last run of one brought nothing, nobody knows how old its data is, so there is no oldest; of one
 * whose run is under way it is not known yet, and one that never ran has none: the others are told.
 */
export function freshness({ sources, source_counts: counts, freshness: of }: Standing): Freshness {
  if (counts.total > sources.length) return ofMany(counts, of.oldest_whole_at);
  const enabled = sources.filter(({ state }) => state !== "disabled");
  const under = enabled.filter(({ last_run: run }) => run?.outcome === "running").length;
  const good = enabled.flatMap(({ name, last_run: run }) =>
    run !== undefined && BROUGHT.has(run.outcome)
      ? [{ name, at: run.ended_at ?? run.started_at }]
      : [],
  );
  const [oldest] = good.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const never = enabled.filter(({ last_run: run }) => run === undefined).length;
  const without = enabled.length - good.length - under - never;
  if (without > 0) return broughtNothing(without);
  const now = [
    ...(under === 0 ? [] : [`${counted(under, "run")} under way`]),
    ...(never === 0 ? [] : [`${counted(never, "source")} never ran`]),
  ];
  if (oldest === undefined) return { tone: "idle", words: now.join(", ") || "no source runs" };
  return { at: oldest.at, tone: "idle", words: [`from ${oldest.name}`, ...now].join(", ") };
}

/** Of more sources than are told one by one. */
function ofMany({ failing }: Overview["source_counts"], at: string | undefined): Freshness {
  if (failing > 0) return broughtNothing(failing);
  return { at, tone: "idle", words: "the oldest whole run of a source" };
}

function broughtNothing(sources: number): Freshness {
  return { tone: "bad", words: `last run of ${counted(sources, "source")} brought nothing` };
}
