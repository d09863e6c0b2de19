/** What an enrolment is asked for. Pure. */
import type { EnrolmentWanted } from "../../calls/agent-acts.ts";
import type { Agent } from "../../calls/agents.ts";

/** Where a core's gateway listens unless it was told otherwise. */
const GATEWAY_PORT = 50_052;

/** What the fields hold. */
export interface WantedEnrolment {
  readonly agent: string;
  readonly partition: string;
  readonly gateway: string;
  readonly coreUrl: string;
}

/** What they begin with: a new agent, or one that is to be enrolled again. `host`: where the browser reached the core. */
export function wantedAt(host: string, again?: Agent): WantedEnrolment {
  const gateway = `${host}:${GATEWAY_PORT}`;
  const { agent_id: agent = "", partition = "default" } = again ?? {};
  return { agent, partition, gateway, coreUrl: "" };
}

/** The request. An agent that is known gets another certificate; one that was revoked is let in again, which is no renewal. */
export function enrolmentBody(
  { agent, partition, gateway, coreUrl }: WantedEnrolment,
  known: readonly Agent[],
): EnrolmentWanted {
  const text = (name: string, value: string): Readonly<Record<string, string>> =>
    value.trim() === "" ? {} : { [name]: value.trim() };
  return {
    agent_id: agent.trim(),
    partition: partition.trim(),
    ...(againOf(agent, known) === "renewed" ? { renew: true } : {}),
    ...text("gateway_addr", gateway),
    ...text("core_url", coreUrl),
  };
}

/** What an enrolment makes of an agent: a new one, one with another certificate, or a revoked one that is let in again. */
export type Again = "no" | "renewed" | "reinstated";

/** Which of them it is. The host of one that is known has its files still, whether it was revoked or not. */
export function againOf(agent: string, known: readonly Agent[]): Again {
  const found = known.find(({ agent_id: id }) => id === agent.trim());
  if (found === undefined) return "no";
  return found.state === "revoked" ? "reinstated" : "renewed";
}
