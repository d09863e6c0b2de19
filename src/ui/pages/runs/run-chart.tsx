import { useMemo, type ReactNode } from "react";

import type { Run } from "../../calls/runs.ts";
import { counted } from "../../parts/counted.ts";
import { LazyTimeChart } from "../../parts/lazy-time-chart.tsx";
import { Panel } from "../../parts/panel.tsx";
import { runSeries } from "./run-series.ts";

type RunChartProps = { readonly title: string; readonly runs: readonly Run[] };

/** How much runs brought, over time; nothing before two of them have ended. The table of runs has the same in figures. */
export function RunChart({ title, runs }: RunChartProps): ReactNode {
  const drawn = useMemo(() => runSeries(runs), [runs]);
  if (drawn === undefined) return null;
  const label = `${title}: ${counted(drawn.times.length, "point")}; the table of runs has them in figures`;
  return (
    <Panel title={title} padded={false}>
      <LazyTimeChart label={label} {...drawn} />
    </Panel>
  );
}
