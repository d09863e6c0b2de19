/** A run's counts as shares of what it brings in all. Pure. */
import type { RunDetail } from "../../calls/runs.ts";

/** One share. */
export interface Share {
  readonly name: "created" | "changed" | "unchanged" | "rejected";
  readonly count: number;
  /** 0 to 1. */
  readonly share: number;
}

/** The shares, and what they are of: the source's own total where the agent told it, else what came so far. */
export function sharesOf(
  run: Pick<RunDetail, "created" | "changed" | "unchanged" | "rejected" | "entries" | "manifest">,
): { readonly shares: readonly Share[]; readonly of: number } {
  const names = ["created", "changed", "unchanged", "rejected"] as const;
  const counted = names.reduce((sum, name) => sum + run[name], 0);
  const of = Math.max(1, counted, run.entries, run.manifest?.source_total ?? 0);
  return { shares: names.map((name) => ({ name, count: run[name], share: run[name] / of })), of };
}
