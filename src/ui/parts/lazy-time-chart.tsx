import { lazy, Suspense, type ReactNode } from "react";

import type { TimeChartProps } from "./chart.ts";

const TimeChart = lazy(async () => ({ default: (await import("./time-chart.tsx")).TimeChart }));

/** A chart over time, whose code comes when the first one is shown; its room is kept from the start. */
export function LazyTimeChart(props: TimeChartProps): ReactNode {
  return (
    <div className="time-chart">
      <Suspense fallback={null}>
        <TimeChart {...props} />
      </Suspense>
    </div>
  );
}
