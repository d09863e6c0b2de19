import type { ReactNode } from "react";

import type { RunDetail } from "../../calls/runs.ts";
import { counted } from "../../parts/counted.ts";
import { numberWords } from "../../parts/number-words.ts";
import { sharesOf } from "./run-shares.ts";

type RunProgressProps = {
  readonly run: RunDetail;
  /** Chunks of the tenant that wait. */
  readonly waiting: number;
};

const PERCENT = 100;
const COLOURS: Readonly<Record<string, string>> = {
  created: "var(--chart-2)",
  changed: "var(--chart-1)",
  unchanged: "var(--chart-5)",
  rejected: "var(--chart-3)",
};

/** What a run has brought, stacked, against what its source says it holds. */
export function RunProgress({ run, waiting }: RunProgressProps): ReactNode {
  const { shares, of } = sharesOf(run);
  const isRunning = run.outcome === "running";
  return (
    <div className="panel panel-body stack-s">
      <div className="row small">
        <strong>
          {isRunning ? "Running: " : ""}
          {numberWords(run.entries)}
          {of > run.entries ? ` of ${numberWords(of)}` : ""} records
        </strong>
        <span className="muted">
          {counted(run.chunks, "chunk")} received
          {isRunning && waiting > 0 ? `, ${counted(waiting, "chunk")} to be worked` : ""}
        </span>
      </div>
      <div
        className="stacked"
        role="img"
        aria-label={shares.map(({ name, count }) => `${name} ${count}`).join(", ")}
      >
        {shares.map(({ name, share }) => (
          <i key={name} style={{ width: `${share * PERCENT}%`, background: COLOURS[name] }} />
        ))}
      </div>
      <div className="legend">
        {shares.map(({ name, count }) => (
          <span key={name}>
            <i style={{ background: COLOURS[name] }} />
            {name} {numberWords(count)}
          </span>
        ))}
      </div>
    </div>
  );
}
