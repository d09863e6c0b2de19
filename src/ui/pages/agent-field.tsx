import type { ReactNode } from "react";

import { agentsLikeQuery, type Agent } from "../calls/agents.ts";
import { PickField } from "../parts/pick-field.tsx";
import { agentShown } from "./run-words.ts";

type AgentFieldProps = {
  readonly tenant: string;
  readonly hint?: ReactNode;
  readonly wrong?: string | undefined;
  readonly value: string;
  readonly onChange: (agent: string) => void;
};

/** The agent that is to run a source; a tenant may have thousands. */
export function AgentField({ tenant, ...field }: AgentFieldProps): ReactNode {
  return (
    <PickField<Agent>
      {...field}
      label="Agent"
      placeholder="Type some of its name"
      likeQuery={(text) => ({
        ...agentsLikeQuery(tenant, text),
        select: (agents) =>
          agents.map(({ agent_id: id, state }) => ({
            value: id,
            about: `${id} (${agentShown(state).word.toLowerCase()})`,
          })),
      })}
    />
  );
}
