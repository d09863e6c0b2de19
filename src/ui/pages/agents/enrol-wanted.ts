/** What an enrolment is asked for. Pure. */
import type { EnrolmentAddresses, EnrolmentWanted } from "../../calls/agent-acts.ts";
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

type Place = {
  /** Where the browser reached the core. */
  readonly host: string;
  /** What the core says of itself; undefined until it has answered. */
  readonly addresses: EnrolmentAddresses | undefined;
};

/** What they begin with: a new agent, or one that is to be enrolled again. */
export function wantedAt({ host, addresses }: Place, again?: Agent): WantedEnrolment {
  const { gateway_addr: gateway = `${host}:${GATEWAY_PORT}`, core_url: coreUrl = "" } =
    addresses ?? {};
  const { agent_id: agent = "", partition = "default" } = again ?? {};
  return {
    agent,
    partition,
    gateway: fromAfar(gateway, host),
    coreUrl: fromAfar(coreUrl, host),
  };
}

/** A name of the core's own host for itself, before a port. */
const ITSELF = /(?<=^|\/\/)(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?=:\d+$)/;

/** What a core that only listens says of itself is good on its host alone; the browser reached it by a name that is good for others too. */
function fromAfar(address: string, host: string): string {
  return address.replace(ITSELF, host);
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
