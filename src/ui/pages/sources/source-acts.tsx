import { useMutation } from "@tanstack/react-query";
import { CirclePause, CirclePlay, CircleStop, Play } from "lucide-react";
import { useState, type ReactNode } from "react";

import { queryClient } from "../../calls/query-client.ts";
import { useMay } from "../../calls/session.ts";
import { actOnSource, type Source, type SourceAct } from "../../calls/sources.ts";
import { staleAfter } from "../../calls/topics.ts";
import { Button } from "../../parts/button.tsx";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { problemWords } from "../../parts/states.tsx";
import { toast } from "../../parts/toast.ts";

type SourceActsProps = { readonly tenant: string; readonly source: Source };

const DONE: Readonly<Partial<Record<SourceAct, string>>> = {
  run: "The agent was told to run it now.",
  cancel: "The agent was told to end the run. What it delivered stays.",
  enable: "Enabled; its agent begins within seconds.",
  disable: "Paused.",
};

/** Run now, end the run, pause, go on. */
export function SourceActs({ tenant, source }: SourceActsProps): ReactNode {
  const [isPausing, setIsPausing] = useState(false);
  const mayAct = useMay(tenant, "operator");
  const refusal = mayAct ? undefined : "That needs the role operator in this tenant.";
  const acting = useMutation({
    mutationFn: (act: SourceAct) => actOnSource(tenant, source.name, act),
    onSuccess: (_, act) => {
      toast(DONE[act] ?? "Done.");
      for (const queryKey of staleAfter(tenant, "runs")) {
        void queryClient.invalidateQueries({ queryKey });
      }
    },
    onError: (thrown) => toast(problemWords(thrown), "bad"),
  });
  const isRunning = source.last_run?.outcome === "running";
  const act = (what: SourceAct) => () => acting.mutate(what);
  if (!source.enabled) {
    return (
      <Button kind="primary" refusal={refusal} onClick={act("enable")}>
        <CirclePlay size={15} aria-hidden />
        Enable
      </Button>
    );
  }
  return (
    <>
      <Button refusal={refusal} onClick={() => setIsPausing(true)}>
        <CirclePause size={15} aria-hidden />
        Pause
      </Button>
      {isRunning ? (
        <Button refusal={refusal} onClick={act("cancel")}>
          <CircleStop size={15} aria-hidden />
          End this run
        </Button>
      ) : (
        <Button kind="primary" refusal={refusal} onClick={act("run")}>
          <Play size={15} aria-hidden />
          Run now
        </Button>
      )}
      <ConfirmDialog
        title={`Pause ${source.name}?`}
        about="Its agent leaves it alone until it is enabled again. Devices that it brought stay, and age."
        act="Pause"
        isOpen={isPausing}
        onClose={() => setIsPausing(false)}
        onConfirm={() => acting.mutateAsync("disable")}
      />
    </>
  );
}
