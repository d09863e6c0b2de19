/** What runs brought, as series over time. Pure. */
import type { Run } from "../../calls/runs.ts";
import type { TimeChartProps } from "../../parts/chart.ts";

/** Fewer points show no course. */
const POINTS_MIN = 2;

/** The series, oldest first; undefined where too few runs have ended to show any course. Two runs of one moment are one point. */
export function runSeries(runs: readonly Run[]): Omit<TimeChartProps, "label"> | undefined {
  const points = new Map<number, { records: number; fresh: number }>();
  for (const { ended_at: at, entries, created, changed } of runs) {
    if (at === undefined) continue;
    const second = Date.parse(at) / 1_000;
    const { records, fresh } = points.get(second) ?? { records: 0, fresh: 0 };
    points.set(second, { records: records + entries, fresh: fresh + created + changed });
  }
  const sorted = [...points].toSorted(([a], [b]) => a - b);
  if (sorted.length < POINTS_MIN || sorted.every(([, { records }]) => records === 0)) {
    return undefined;
  }
  return {
    unit: "Records",
    times: sorted.map(([second]) => second),
    series: [
      { name: "Records", colour: "--chart-1", values: sorted.map(([, { records }]) => records) },
      { name: "New or changed", colour: "--chart-2", values: sorted.map(([, { fresh }]) => fresh) },
    ],
  };
}
