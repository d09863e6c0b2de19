import { useQuery } from "@tanstack/react-query";
import { Redo2, Undo2 } from "lucide-react";
import { useState, type ReactNode } from "react";

import { queryClient } from "../../calls/query-client.ts";
import { runChangesKey, type RunDetail } from "../../calls/runs.ts";
import { useRefusal } from "../../calls/session.ts";
import { staleAfter } from "../../calls/topics.ts";
import { redoRun, undoPreviewQuery, undoRun, type Undone } from "../../calls/undo.ts";
import { ActButton } from "../../parts/act-button.tsx";
import { Button } from "../../parts/button.tsx";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { counted } from "../../parts/counted.ts";
import { numberWords } from "../../parts/number-words.ts";
import { Facts } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { toast } from "../../parts/toast.ts";
import { RemovedList } from "./removed-list.tsx";

type UndoRunProps = { readonly tenant: string; readonly run: RunDetail };

/** Takes a run back, after showing what that would do. */
export function UndoRun({ tenant, run }: UndoRunProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const refusal = useRefusal(tenant, "operator");
  const undo = async (): Promise<void> => {
    const done = await undoRun(tenant, run.run_no);
    lookAnew(tenant, run.run_no);
    toast(
      `Undone: ${counted(done.removed, "record")} removed, ${numberWords(done.restored)} restored.`,
    );
  };
  return (
    <>
      <Button kind="danger" onClick={() => setIsOpen(true)} refusal={refusal}>
        <Undo2 size={15} aria-hidden />
        Undo run
      </Button>
      <ConfirmDialog
        title={`Undo run #${run.run_no} of ${run.source}?`}
        about="What only this run supports is taken back. What was seen or decided since stays. An undo can itself be undone."
        act="Undo run"
        typed={run.source}
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        onConfirm={undo}
      >
        {isOpen && <Preview tenant={tenant} run={run.run_no} />}
      </ConfirmDialog>
    </>
  );
}

/** Brings again what an undo took. */
export function RedoRun({ tenant, run }: UndoRunProps): ReactNode {
  const refusal = useRefusal(tenant, "operator");
  const redo = async (): Promise<void> => {
    const { redone } = await redoRun(tenant, run.run_no);
    lookAnew(tenant, run.run_no);
    toast(`Redone: ${counted(redone, "record")} as the run brought them.`);
  };
  return (
    <ActButton act={redo} refusal={refusal}>
      <Redo2 size={15} aria-hidden />
      Redo run
    </ActButton>
  );
}

function lookAnew(tenant: string, run: number): void {
  for (const topic of ["runs", "devices"] as const) {
    for (const queryKey of staleAfter(tenant, topic)) {
      void queryClient.invalidateQueries({ queryKey });
    }
  }
  void queryClient.invalidateQueries({ queryKey: runChangesKey(tenant, run) });
}

function Preview({ tenant, run }: { readonly tenant: string; readonly run: number }): ReactNode {
  const query = useQuery(undoPreviewQuery(tenant, run));
  return (
    <>
      <div className="panel" aria-live="polite">
        <Loaded query={query}>{(undone) => <Counts of={undone} />}</Loaded>
      </div>
      {(query.data?.removed ?? 0) > 0 && <RemovedList tenant={tenant} run={run} />}
    </>
  );
}

function Counts({ of }: { readonly of: Undone }): ReactNode {
  const kept = Object.entries(of.kept).map(([reason, count]): [string, string] => [
    `Records kept: ${reason.replaceAll("_", " ")}`,
    numberWords(count),
  ]);
  return (
    <div className="panel-body">
      <Facts
        of={[
          ["Records that go", numberWords(of.removed)],
          ["Records as they were before", numberWords(of.restored)],
          ["Deleted records that come back", numberWords(of.undeleted)],
          ["Retired records that come back", numberWords(of.unretired)],
          ...kept,
        ]}
      />
    </div>
  );
}
