/**
 * How a run ended, judged from what arrived of it. The agent's word counts as far as it can be checked. Pure.
 *
 * Only a complete run says anything of what it did not see: every chunk was worked as listed, the counts agree, and neither side
 * left an entry out, because an entry that nobody could read may be any of the records that were not seen.
 */
import type { RunManifest, RunOutcome } from "../model/run-manifest.ts";

/** What arrived of a run and was worked. */
export interface Arrived {
  /** SHA-256 of each worked chunk in hex, by chunk index. */
  readonly digests: ReadonlyMap<number, string>;
  /** Entries of those chunks. */
  readonly entries: number;
  /** Entries that the core could not use. */
  readonly rejected: number;
}

/** The end of a run. */
export interface Verdict {
  readonly outcome: RunOutcome;
  readonly isComplete: boolean;
  readonly error: RunManifest["error"] | undefined;
}

/** How many of the listed chunks were not worked as listed. */
function missingChunks(
  { chunks }: Pick<RunManifest, "chunks">,
  digests: ReadonlyMap<number, string>,
): number {
  return chunks.filter(({ sha256 }, index) => digests.get(index) !== sha256).length;
}

/** The end of a run whose agent sent a manifest. */
export function verdictByManifest(
  manifest: Pick<RunManifest, "outcome" | "error" | "chunks" | "devices">,
  arrived: Arrived,
): Verdict {
  const missing = missingChunks(manifest, arrived.digests);
  const problem =
    missing > 0
      ? `${missing} of ${manifest.chunks.length} chunks that the agent lists did not arrive as listed`
      : countsProblem(manifest, arrived);
  return verdict(manifest, problem, arrived);
}

function countsProblem(
  { chunks, devices }: Pick<RunManifest, "chunks" | "devices">,
  { digests, entries }: Arrived,
): string | undefined {
  if (digests.size > chunks.length) {
    return `${digests.size} chunks arrived, the agent lists ${chunks.length}`;
  }
  return entries === devices ? undefined : `${entries} entries arrived, the agent lists ${devices}`;
}

/** The end of a run without a manifest, by its last chunk. */
export function verdictByFinal(finalIndex: number, arrived: Arrived): Verdict {
  const wanted = finalIndex + 1;
  const problem =
    arrived.digests.size === wanted
      ? undefined
      : `${arrived.digests.size} of ${wanted} chunks arrived before the last one`;
  return verdict({ outcome: "success" }, problem, arrived);
}

function verdict(
  said: Pick<RunManifest, "outcome" | "error">,
  problem: string | undefined,
  { rejected }: Arrived,
): Verdict {
  const ours =
    problem !== undefined
      ? { kind: "incomplete", message: problem }
      : rejected > 0
        ? { kind: "rejected", message: `${rejected} entries could not be used` }
        : undefined;
  const outcome = said.outcome === "success" && ours !== undefined ? "partial" : said.outcome;
  return { outcome, isComplete: outcome === "success", error: said.error ?? ours };
}
