import { coreScore, type CoreScore } from "./core-score.ts";
import { groupScores, type GroupScore } from "./groups.ts";
import type { AliasLine, AssignLine, TruthLine } from "./lines.ts";
import { stability, type Stability } from "./stability.ts";

/** The whole report. Names as in its JSON. */
export interface ScoreReport extends CoreScore {
  /** Lines without an id, or without an answer; they are left out of everything else. */
  readonly rejected: number;
  /** The same without lines of sweeps, which only say that an address answered. */
  readonly records: CoreScore;
  readonly modes: Readonly<Record<string, GroupScore>>;
  readonly sources: Readonly<Record<string, GroupScore>>;
  readonly stability: Stability;
}

/** Compares an engine's answer with the truth. The order of lines in either does not matter. */
export function score(
  truth: Iterable<TruthLine>,
  assignment: Iterable<AssignLine>,
  aliases: Iterable<AliasLine> = [],
): ScoreReport {
  const answers = new Map<number, AssignLine>();
  for (const line of assignment) answers.set(line.i, line);
  const lines: (TruthLine & { id: string; at: string | null | undefined })[] = [];
  let rejected = 0;
  for (const line of truth) {
    const answer = answers.get(line.i);
    if (answer?.id == null) rejected += 1;
    else lines.push({ ...line, id: answer.id, at: answer.at });
  }
  return {
    ...coreScore(lines),
    rejected,
    records: coreScore(lines.filter(({ source }) => source !== "sweep")),
    ...groupScores(lines),
    stability: stability(lines, aliases),
  };
}
