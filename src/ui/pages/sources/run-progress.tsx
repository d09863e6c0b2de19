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

const STAGES = [
  ["fetched", "read from the source"],
  ["streamed", "acknowledged by the gateway"],
  ["ingested", "made records"],
  ["reconciled", "published as devices"],
] as const;

/** How far a run under way is, stage by stage: each follows the one before. */
function Stages({ of }: { readonly of: NonNullable<RunDetail["progress"]> }): ReactNode {
  const most = Math.max(of.total ?? 0, of.fetched, 1);
  return (
    <dl className="stages">
      {STAGES.map(([stage, about]) => (
        <div key={stage}>
          <dt title={about}>{stage}</dt>
          <dd>
            <span className="stacked" aria-hidden>
              <i
                style={{
                  width: `${(of[stage] / most) * PERCENT}%`,
                  background: "var(--chart-1)",
                }}
              />
            </span>
            <span className="number">
              {numberWords(of[stage])}
              {of.total === undefined ? "" : ` of ${numberWords(of.total)}`}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

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
      {run.progress !== undefined && <Stages of={run.progress} />}
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
