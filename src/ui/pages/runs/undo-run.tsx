import { useQuery } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { useState, type ReactNode } from "react";

import { queryClient } from "../../calls/query-client.ts";
import { runChangesKey, type RunDetail } from "../../calls/runs.ts";
import { useRefusal } from "../../calls/session.ts";
import { keyOf, staleAfter } from "../../calls/topics.ts";
import { undoRun, type Undone } from "../../calls/undo.ts";
import { Button } from "../../parts/button.tsx";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { counted } from "../../parts/counted.ts";
import { numberWords } from "../../parts/number-words.ts";
import { Facts } from "../../parts/panel.tsx";
import { Loaded } from "../../parts/states.tsx";
import { toast } from "../../parts/toast.ts";

type UndoRunProps = { readonly tenant: string; readonly run: RunDetail };

/** Takes a run back, after showing what that would do. */
export function UndoRun({ tenant, run }: UndoRunProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const refusal = useRefusal(tenant, "operator");
  const undo = async (): Promise<void> => {
    const done = await undoRun(tenant, run.run_no, false);
    for (const topic of ["runs", "devices"] as const) {
      for (const queryKey of staleAfter(tenant, topic)) {
        void queryClient.invalidateQueries({ queryKey });
      }
    }
    void queryClient.invalidateQueries({ queryKey: runChangesKey(tenant, run.run_no) });
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

function Preview({ tenant, run }: { readonly tenant: string; readonly run: number }): ReactNode {
  const query = useQuery({
    queryKey: keyOf(tenant, "runs", "undo", run),
    queryFn: () => undoRun(tenant, run, true),
    staleTime: 0,
    retry: false,
  });
  return (
    <div className="panel" aria-live="polite">
      <Loaded query={query}>{(undone) => <Counts of={undone} />}</Loaded>
    </div>
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
