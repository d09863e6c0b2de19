import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { runQuery, type RunDetail } from "../../calls/runs.ts";
import { inboxQuery } from "../../calls/standing.ts";
import { counted } from "../../parts/counted.ts";
import { Figure } from "../../parts/figure.tsx";
import { numberWords } from "../../parts/number-words.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { Loaded } from "../../parts/states.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { durationWords } from "../../parts/time-words.ts";
import { HeldMark } from "../held-mark.tsx";
import { outcomeShown, runAbout, UNDONE } from "../run-words.ts";
import { ShownBadge } from "../shown-badge.tsx";
import { RunProgress } from "../sources/run-progress.tsx";
import { ChangedPanel } from "./changed-panel.tsx";
import { ManifestPanel } from "./manifest-panel.tsx";
import { RejectedPanel } from "./rejected-panel.tsx";
import { RedoRun, UndoRun } from "./undo-run.tsx";
import { VerifyPanel } from "./verify-panel.tsx";

const route = getRouteApi("/t/$tenant/runs/$run");

/** One run: what it brought, what the agent says of it, whether both agree, and the way back. */
export function RunPage(): ReactNode {
  const { tenant, run: no } = route.useParams();
  const query = useQuery(runQuery(tenant, no));
  const { data: run } = query;
  return (
    <>
      <PageHeader
        title={`Run #${no}`}
        badge={
          run !== undefined && (
            <>
              <ShownBadge of={outcomeShown(run.outcome)} />
              {run.undone_at !== undefined && <ShownBadge of={UNDONE} />}
              <HeldMark tenant={tenant} source={run.source_id} run={run.run_no} />
            </>
          )
        }
        crumbs={
          <>
            <Link to="/t/$tenant/runs" params={{ tenant }}>
              Runs
            </Link>
            {run !== undefined && (
              <>
                <span aria-hidden>/</span>
                <Link to="/t/$tenant/sources/$source" params={{ tenant, source: run.source }}>
                  {run.source}
                </Link>
              </>
            )}
          </>
        }
        about={run === undefined ? " " : runAbout(run)}
        acts={
          run !== undefined &&
          run.outcome !== "running" &&
          (run.undone_at === undefined ? (
            <UndoRun tenant={tenant} run={run} />
          ) : (
            <RedoRun tenant={tenant} run={run} />
          ))
        }
      />
      <Loaded query={query} lines={8}>
        {(loaded) => <RunBody tenant={tenant} run={loaded} />}
      </Loaded>
    </>
  );
}

function RunBody({ tenant, run }: { readonly tenant: string; readonly run: RunDetail }): ReactNode {
  const { data: inbox } = useQuery(inboxQuery(tenant));
  const took =
    run.ended_at === undefined ? undefined : Date.parse(run.ended_at) - Date.parse(run.started_at);
  return (
    <>
      {run.error !== undefined && (
        <p className="notice" data-tone="bad">
          {run.error.message}
        </p>
      )}
      <div className="figures">
        <Figure label="Records" value={run.entries} note={`in ${counted(run.chunks, "chunk")}`} />
        <Figure
          label="New records"
          value={run.created}
          note={`${numberWords(run.changed)} changed`}
        />
        <Figure
          label="Devices merged"
          value={run.merged}
          note="former devices that are part of another now"
        />
        <Figure
          label="Rejected"
          value={run.rejected}
          note={run.rejected === 0 ? "all could be used" : "see below"}
          tone={run.rejected === 0 ? "good" : "warn"}
        />
        <Figure
          label="Took"
          value={took === undefined ? "running" : durationWords(took)}
          note={<TimeAgo at={run.started_at} />}
        />
      </div>
      <RunProgress run={run} waiting={inbox?.waiting ?? 0} />
      <div className="grid">
        <ManifestPanel run={run} />
        <VerifyPanel tenant={tenant} run={run} />
        {run.rejected > 0 && <RejectedPanel run={run} />}
        {run.changed > 0 && <ChangedPanel tenant={tenant} run={run} />}
      </div>
    </>
  );
}
