import { useMutation } from "@tanstack/react-query";
import { CircleCheck, CircleX, ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";

import type { RunDetail } from "../../calls/runs.ts";
import { verifyRun, type RunVerification } from "../../calls/undo.ts";
import { Button } from "../../parts/button.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Panel } from "../../parts/panel.tsx";
import { StatusBadge } from "../../parts/status-badge.tsx";

type VerifyPanelProps = { readonly tenant: string; readonly run: RunDetail };

/** Recomputes what is stored of the run, and shows each check. */
export function VerifyPanel({ tenant, run }: VerifyPanelProps): ReactNode {
  const verifying = useMutation({ mutationFn: () => verifyRun(tenant, run.run_no) });
  const { data, error, isPending } = verifying;
  return (
    <Panel
      title="Proof"
      span={6}
      acts={
        data !== undefined && (
          <StatusBadge tone={data.passed ? "good" : "bad"}>
            {data.passed ? "Passed" : "Failed"}
            {data.undone_at !== undefined && ", undone"}
          </StatusBadge>
        )
      }
    >
      <div className="stack">
        <p className="muted">
          Hashes and counts are recomputed from what is stored and held against the manifest.
        </p>
        {data !== undefined && <Findings of={data} />}
        <Failure error={error} />
        <div>
          <Button onClick={() => verifying.mutate()} disabled={isPending}>
            <ShieldCheck size={15} aria-hidden />
            {isPending ? "Verifying…" : data === undefined ? "Verify" : "Verify again"}
          </Button>
        </div>
      </div>
    </Panel>
  );
}

function Findings({ of }: { readonly of: RunVerification }): ReactNode {
  return (
    <ul className="checks">
      {of.findings.map(({ check, is_right: isRight, detail }) => {
        const Icon = isRight ? CircleCheck : CircleX;
        return (
          <li key={check} data-outcome={isRight ? "passed" : "failed"}>
            <Icon size={17} aria-hidden />
            <strong>{check.replaceAll("_", " ")}</strong>
            <span className="wrap-anywhere">{detail}</span>
          </li>
        );
      })}
    </ul>
  );
}
