import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";

import { pathOf } from "../../calls/api-client.ts";
import { useCommand, type Command } from "../../calls/commands.ts";
import { ask } from "../../calls/query-client.ts";
import { rehearsalQuery, type Rehearsal } from "../../calls/rehearsals.ts";
import { useRefusal } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import { Failure } from "../../parts/failure.tsx";
import { Figure } from "../../parts/figure.tsx";
import { durationWords } from "../../parts/time-words.ts";
import { RehearsalChanges } from "./rehearsal-changes.tsx";

type SourceRehearsalProps = {
  readonly tenant: string;
  readonly source: string;
  readonly onDone?: () => void;
};

/** Rehearses the whole source from its agent: counts, and the changes themselves. */
export function SourceRehearsal({ tenant, source, onDone }: SourceRehearsalProps): ReactNode {
  const starting = useMutation({
    mutationFn: () =>
      ask<Command>({
        method: "POST",
        path: pathOf(["tenants", tenant, "sources", source, "rehearse"]),
      }),
  });
  const refusal = useRefusal(tenant, "operator");
  const command = useCommand(tenant, starting.data?.command_id);
  const no = starting.data?.rehearsal_no;
  const { data: rehearsal } = useQuery({
    ...rehearsalQuery(tenant, no ?? 0),
    enabled: no !== undefined,
  });
  const isDone = rehearsal?.state === "done";
  useEffect(() => {
    if (isDone) onDone?.();
  }, [isDone, onDone]);
  const isUnderWay = starting.isPending || (no !== undefined && !isEnded(rehearsal));
  return (
    <div className="stack">
      <div className="row">
        <Button refusal={refusal} onClick={() => starting.mutate()} disabled={isUnderWay}>
          {isUnderWay ? "Rehearsing…" : starting.isIdle ? "Rehearse" : "Rehearse again"}
        </Button>
        {isUnderWay && <Progress command={command} rehearsal={rehearsal} />}
      </div>
      <Failure error={starting.error} />
      {rehearsal?.state === "failed" && (
        <Failure error={new Error(rehearsal.error ?? "The rehearsal failed")} />
      )}
      {rehearsal !== undefined && isDone && <Promised tenant={tenant} rehearsal={rehearsal} />}
    </div>
  );
}

function isEnded(rehearsal: Rehearsal | undefined): boolean {
  return rehearsal?.state === "done" || rehearsal?.state === "failed";
}

type ProgressProps = {
  readonly command: Command | undefined;
  readonly rehearsal: Rehearsal | undefined;
};

function Progress({ command, rehearsal }: ProgressProps): ReactNode {
  const percent = command?.progress_percent;
  const isPlaying = rehearsal?.state !== undefined && rehearsal.state !== "loading";
  const words = isPlaying
    ? "The core plays it against the inventory…"
    : (command?.message ?? "The agent reads the source…");
  return (
    <span className="muted small" role="status">
      {words}
      {percent !== undefined && !isPlaying && ` (${percent}%)`}
    </span>
  );
}

const KINDS = [
  ["create", "New devices"],
  ["update", "Devices updated"],
  ["merge", "Devices merged"],
  ["conflict", "Conflicts"],
  ["retraction", "Gone"],
] as const;

function Promised({
  tenant,
  rehearsal,
}: {
  readonly tenant: string;
  readonly rehearsal: Rehearsal;
}): ReactNode {
  const [kind, setKind] = useState<string>("create");
  const { promise } = rehearsal;
  if (promise === undefined) return null;
  const counts: Readonly<Record<string, number>> = {
    create: promise.devices_created,
    update: promise.devices_updated,
    merge: promise.devices_merged + promise.addresses_claimed,
    conflict: promise.conflicts,
    retraction: promise.retractions,
  };
  return (
    <div className="stack">
      <div className="figures">
        {KINDS.map(([id, title]) => (
          <Figure key={id} label={title} value={counts[id]} />
        ))}
      </div>
      <p className="muted small">
        {promise.entries.toLocaleString("en")} records read, {promise.rejected.toLocaleString("en")}{" "}
        could not be used, {promise.unchanged.toLocaleString("en")} are known already. Played in{" "}
        {durationWords(promise.took_ms)}; the first run is held against this.
      </p>
      <div className="row" role="group" aria-label="Kind of change">
        {KINDS.map(([id, title]) => (
          <Button
            key={id}
            kind={id === kind ? "normal" : "quiet"}
            aria-pressed={id === kind}
            onClick={() => setKind(id)}
          >
            {title}
          </Button>
        ))}
      </div>
      <RehearsalChanges key={kind} tenant={tenant} no={rehearsal.rehearsal_no} kind={kind} />
    </div>
  );
}
