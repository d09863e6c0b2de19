import { useQuery } from "@tanstack/react-query";
import { CirclePause, CirclePlay, CircleStop, Play, RefreshCw } from "lucide-react";
import { useState, type ReactNode } from "react";

import { agentsOfQuery } from "../../calls/agents.ts";
import { followCommand, type Command } from "../../calls/commands.ts";
import { queryClient } from "../../calls/query-client.ts";
import { useRefusal } from "../../calls/session.ts";
import { actOnSource, type Source, type SourceAct } from "../../calls/sources.ts";
import { staleAfter } from "../../calls/topics.ts";
import { ActButton } from "../../parts/act-button.tsx";
import { Button } from "../../parts/button.tsx";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { toast } from "../../parts/toast.ts";
import { isUnderWay } from "./next-run.ts";
import { otherwise, type ToldAct } from "./told-act.ts";

type SourceActsProps = { readonly tenant: string; readonly source: Source };

const DONE: Readonly<Partial<Record<SourceAct, string>>> = {
  poll: "The agent was told to read what changed now.",
  run: "The agent was told to read all of it now.",
  cancel: "The agent was told to end the run. What it delivered stays.",
  enable: "Enabled; its agent begins within seconds.",
  disable: "Paused.",
};

/** The agent may have its reasons not to; where the core is away meanwhile, the page says that by itself. */
async function tellOtherwise(tenant: string, act: ToldAct, command: Command): Promise<void> {
  const ended = await followCommand(tenant, command).catch(() => command);
  const words = otherwise(act, ended);
  if (words !== undefined) toast(words.text, words.tone);
}

/** Run now, end the run, pause, go on. */
export function SourceActs({ tenant, source }: SourceActsProps): ReactNode {
  const [isPausing, setIsPausing] = useState(false);
  const refusal = useRefusal(tenant, "operator");
  const { data: agents } = useQuery(agentsOfQuery(tenant, [source.agent_id]));
  const agent = agents?.find(({ agent_id: id }) => id === source.agent_id);
  const act = (what: SourceAct) => async (): Promise<void> => {
    const answer = await actOnSource<Command>(tenant, source.name, what);
    toast(DONE[what] ?? "Done.");
    if (what === "run" || what === "poll" || what === "cancel") {
      void tellOtherwise(tenant, what, answer);
    }
    for (const queryKey of staleAfter(tenant, "runs")) {
      void queryClient.invalidateQueries({ queryKey });
    }
  };
  if (!source.enabled) {
    return (
      <ActButton key="enable" kind="primary" refusal={refusal} act={act("enable")}>
        <CirclePlay size={15} aria-hidden />
        Enable
      </ActButton>
    );
  }
  return (
    <>
      <Button refusal={refusal} onClick={() => setIsPausing(true)}>
        <CirclePause size={15} aria-hidden />
        Pause
      </Button>
      {isUnderWay(source, agent) ? (
        <ActButton key="cancel" refusal={refusal} act={act("cancel")}>
          <CircleStop size={15} aria-hidden />
          End this run
        </ActButton>
      ) : (
        <>
          <ActButton key="run" refusal={refusal} act={act("run")}>
            <RefreshCw size={15} aria-hidden />
            Full resync
          </ActButton>
          <ActButton key="poll" kind="primary" refusal={refusal} act={act("poll")}>
            <Play size={15} aria-hidden />
            Run now
          </ActButton>
        </>
      )}
      <ConfirmDialog
        title={`Pause ${source.name}?`}
        about="Its agent leaves it alone until it is enabled again. Devices that it brought stay, and age."
        act="Pause"
        isOpen={isPausing}
        onClose={() => setIsPausing(false)}
        onConfirm={act("disable")}
      />
    </>
  );
}
