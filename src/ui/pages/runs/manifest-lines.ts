/** A run's counts as the agent, the core and a rehearsal have them. Pure. */
import type { RunDetail } from "../../calls/runs.ts";

/** One count, three times. */
export interface ManifestLine {
  readonly what: string;
  readonly said: number | undefined;
  readonly has: number | undefined;
  readonly promised: number | undefined;
}

/** All of them. */
export function manifestLines(run: RunDetail): readonly ManifestLine[] {
  const { manifest, promised } = run;
  const rejected = manifest === undefined ? undefined : sum(Object.values(manifest.rejected));
  return [
    line("Held by the source", { said: manifest?.source_total }),
    line("Pages read", { said: manifest?.pages }),
    line("Records", { said: manifest?.devices, has: run.entries, promised: promised?.entries }),
    line("Chunks", { said: manifest?.chunks, has: run.chunks }),
    line("Not readable", { said: rejected, has: run.rejected, promised: promised?.rejected }),
    line("New records", { has: run.created, promised: promised?.created }),
    line("Changed records", { has: run.changed, promised: promised?.changed }),
    line("Unchanged records", { has: run.unchanged, promised: promised?.unchanged }),
    line("Devices merged", { has: run.merged, promised: promised?.merged }),
  ];
}

type Counts = {
  readonly said?: number | undefined;
  readonly has?: number | undefined;
  readonly promised?: number | undefined;
};

function line(what: string, { said, has, promised }: Counts): ManifestLine {
  return { what, said, has, promised };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, one) => all + one, 0);
}
