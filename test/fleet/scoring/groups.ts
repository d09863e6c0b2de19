import { agreement, deviceScores, ratio, sum, type Agreement } from "./agreement.ts";
import { tabulate, type Placed } from "./contingency.ts";

/** How well a part of the lines fares within the whole clustering. */
export interface GroupScore {
  readonly devices: number;
  readonly updates: number;
  readonly exact_share: number;
  readonly bcubed: Agreement;
}

/** A line that counts into groups. */
export interface GroupedLine extends Placed {
  readonly source: string;
  readonly modes: readonly string[];
}

/** Scores per mode (all lines of the devices that carry it) and per source (its own lines). */
export function groupScores(lines: readonly GroupedLine[]): {
  readonly modes: Readonly<Record<string, GroupScore>>;
  readonly sources: Readonly<Record<string, GroupScore>>;
} {
  const judge = judgeOf(lines);
  return {
    modes: byGroup(lines, ({ modes }) => modes, judge),
    sources: byGroup(lines, ({ source }) => [source], judge),
  };
}

/** What the whole clustering says of one line. */
interface Verdict {
  readonly device: number;
  /** Share of the line's cluster that is of its device. */
  readonly precision: number;
  /** Share of the line's device that is in its cluster. */
  readonly recall: number;
  readonly isExact: boolean;
}

function judgeOf(lines: readonly Placed[]): (line: Placed) => Verdict {
  const table = tabulate(lines);
  const scores = deviceScores(table);
  return ({ device, id }) => {
    const both = table.cells.get(device)?.get(id) ?? 0;
    return {
      device,
      precision: ratio(both, table.clusterLines.get(id) ?? 0),
      recall: ratio(both, table.deviceLines.get(device) ?? 0),
      isExact: scores.get(device)?.isExact === true,
    };
  };
}

function byGroup(
  lines: readonly GroupedLine[],
  groupsOf: (line: GroupedLine) => readonly string[],
  judge: (line: Placed) => Verdict,
): Readonly<Record<string, GroupScore>> {
  const groups = new Map<string, Verdict[]>();
  for (const line of lines) {
    const verdict = judge(line);
    for (const name of groupsOf(line)) {
      const group = groups.get(name) ?? [];
      groups.set(name, group);
      group.push(verdict);
    }
  }
  const names = [...groups.keys()].toSorted();
  return Object.fromEntries(names.map((name) => [name, summarize(groups.get(name) ?? [])]));
}

function summarize(verdicts: readonly Verdict[]): GroupScore {
  const exact = new Map(verdicts.map(({ device, isExact }) => [device, isExact]));
  const mean = (values: readonly number[]): number => ratio(sum(values), values.length);
  return {
    devices: exact.size,
    updates: verdicts.length,
    exact_share: ratio([...exact.values()].filter(Boolean).length, exact.size),
    bcubed: agreement(
      mean(verdicts.map(({ precision }) => precision)),
      mean(verdicts.map(({ recall }) => recall)),
    ),
  };
}
