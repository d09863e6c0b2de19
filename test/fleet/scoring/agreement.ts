import type { Contingency } from "./contingency.ts";

/** How pure clusters are, how whole devices are, and the harmonic mean of both. */
export interface Agreement {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Precision and recall with their harmonic mean. */
export function agreement(precision: number, recall: number): Agreement {
  const both = precision + recall;
  return { precision, recall, f1: both === 0 ? 0 : (2 * precision * recall) / both };
}

/**
 * Pairs of lines that are in one cluster and of one device: among all that are in one cluster, and among all that are
 * of one device. Where there is no such pair nothing is wrong.
 */
export function pairAgreement({ cells, deviceLines, clusterLines }: Contingency): Agreement {
  const right = sum([...cells.values()].flatMap((row) => [...row.values()].map(pairsOf)));
  const together = sum([...clusterLines.values()].map(pairsOf));
  const same = sum([...deviceLines.values()].map(pairsOf));
  return agreement(together === 0 ? 1 : right / together, same === 0 ? 1 : right / same);
}

function pairsOf(count: number): number {
  return (count * (count - 1)) / 2;
}

/** B-cubed of one device's lines: the mean share of their cluster that is theirs, and of the device that is beside them. */
export interface DeviceScore {
  readonly lines: number;
  readonly precision: number;
  readonly recall: number;
  /** All of its lines are in one cluster, and nothing else is. */
  readonly isExact: boolean;
}

/** B-cubed of every device within the whole clustering. */
export function deviceScores(table: Contingency): ReadonlyMap<number, DeviceScore> {
  const scores = new Map<number, DeviceScore>();
  for (const [device, row] of table.cells) {
    const lines = table.deviceLines.get(device) ?? 0;
    const parts = [...row].map(([id, count]) => ({ count, size: table.clusterLines.get(id) ?? 0 }));
    scores.set(device, {
      lines,
      precision: sum(parts.map(({ count, size }) => (count * count) / size)) / lines,
      recall: sum(parts.map(({ count }) => count * count)) / (lines * lines),
      isExact: parts.length === 1 && parts[0]?.size === lines,
    });
  }
  return scores;
}

/** B-cubed with every line counting once. */
export function lineAgreement(scores: readonly DeviceScore[]): Agreement {
  const lines = sum(scores.map((score) => score.lines));
  return agreement(
    ratio(sum(scores.map((score) => score.precision * score.lines)), lines),
    ratio(sum(scores.map((score) => score.recall * score.lines)), lines),
  );
}

/** B-cubed with every device counting once, however many lines it has. */
export function deviceAgreement(scores: readonly DeviceScore[]): Agreement {
  return agreement(
    ratio(sum(scores.map((score) => score.precision)), scores.length),
    ratio(sum(scores.map((score) => score.recall)), scores.length),
  );
}

/** Part of a whole; of nothing, all is right. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

/** Sum of numbers. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
