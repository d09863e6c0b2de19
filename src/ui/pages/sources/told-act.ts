/** What became of telling an agent to run a source or to end its run. Pure. */
import type { Command } from "../../calls/commands.ts";
import type { Toast } from "../../parts/toast.ts";

/** What can be told an agent of a source's run. */
export type ToldAct = "run" | "poll" | "cancel";

type Words = Pick<Toast, "text" | "tone">;

/** What a command came to, where that is not what was asked for. */
export function otherwise(act: ToldAct, command: Command): Words | undefined {
  const { state, agent_id: agent, message = "it says no more" } = command;
  if (state === "succeeded") return WORDS[act][stateOf(command)];
  if (state === "failed") return { text: `Agent ${agent} did not: ${message}.`, tone: "bad" };
  if (state === "expired") {
    const text = `Agent ${agent} did not take it within a minute. Is it connected?`;
    return { text, tone: "bad" };
  }
  return undefined;
}

const RUNNING: Readonly<Record<string, Words>> = {
  running: {
    text: "It was being read already: that run goes on, no other one begins.",
    tone: "good",
  },
};

/** States of an agent's answer (src/agent/commands.ts) in which it did not do what it was told. */
const WORDS: Readonly<Record<ToldAct, Readonly<Record<string, Words>>>> = {
  run: RUNNING,
  poll: RUNNING,
  cancel: { not_running: { text: "No run was under way any more.", tone: "good" } },
};

function stateOf({ result }: Command): string {
  const { state } = (result ?? {}) as { readonly state?: unknown };
  return typeof state === "string" ? state : "";
}
