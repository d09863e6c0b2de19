/** The document's five steps from the standalone sync to the agent, each with what shows that it is done. Pure. */
import type { Refusal } from "../../calls/agent-acts.ts";
import type { Agent } from "../../calls/agents.ts";
import type { Source } from "../../calls/sources.ts";
import { counted } from "../../parts/counted.ts";

/** One step; "yours" where only somebody on the spot can tell. */
export interface MigrationStep {
  readonly id: string;
  readonly title: string;
  readonly state: "done" | "open" | "yours";
  /** What is so now. */
  readonly evidence: string;
  /** What to do, where it is not done. */
  readonly act: string;
  readonly to?: "/t/$tenant/agents" | "/t/$tenant/sources/new" | "/t/$tenant/sources";
}

/** What they are judged by. */
export interface MigrationFacts {
  readonly agents: readonly Agent[];
  readonly sources: readonly Source[];
  readonly refusals: readonly Refusal[];
}

/** A refusal this long ago is over, ms. */
const RECENT_MS = 24 * 3_600_000;
/** How the gateway refuses the standalone sync's certificate. */
const OLD_COMPONENT = /component_type not authorized/;

/** All five. */
export function migrationSteps(facts: MigrationFacts, nowMs: number): readonly MigrationStep[] {
  return [registered(facts), removed(facts, nowMs), recreated(facts), closed(), watched(facts)];
}

function registered({ agents }: MigrationFacts): MigrationStep {
  const online = agents.filter(({ state }) => state === "online").map(({ agent_id: id }) => id);
  return {
    id: "registered",
    title: "An agent in the tenant's network is registered with the gateway",
    state: online.length > 0 ? "done" : "open",
    evidence:
      online.length > 0
        ? `Online: ${online.join(", ")}.`
        : `${counted(agents.length, "agent")} known, none online.`,
    act: "Enrol an agent on a host that reaches the systems.",
    to: "/t/$tenant/agents",
  };
}

function removed({ refusals }: MigrationFacts, nowMs: number): MigrationStep {
  const seen = refusals.find(
    ({ message, last_at: at }) => OLD_COMPONENT.test(message) && nowMs - Date.parse(at) < RECENT_MS,
  );
  return {
    id: "removed",
    title: "The standalone sync is removed and its certificates are revoked",
    state: seen === undefined ? "yours" : "open",
    evidence:
      seen === undefined
        ? "Nothing of it has called this gateway in the last day."
        : `It still calls: refused ${counted(seen.refused, "time")}.`,
    act: "Remove its systemd unit, compose service or helm release; a certificate of component type sync is refused here in any case.",
  };
}

function recreated({ sources, agents }: MigrationFacts): MigrationStep {
  const isUsable = (id: string): boolean =>
    agents.some(({ agent_id: agent, state }) => agent === id && state !== "revoked");
  const lost = sources.filter(({ agent_id: id }) => !isUsable(id)).map(({ name }) => name);
  const isDone = sources.length > 0 && lost.length === 0;
  return {
    id: "recreated",
    title: "Sources are made anew, each with the agent that reaches it",
    state: isDone ? "done" : "open",
    evidence:
      lost.length > 0
        ? `Without an agent that may run: ${lost.join(", ")}.`
        : `${counted(sources.length, "source")}${isDone ? ", each with an agent" : ""}.`,
    act: "New source takes an old sync.json by paste; an existing source changes its agent under Settings.",
    to: sources.length === 0 ? "/t/$tenant/sources/new" : "/t/$tenant/sources",
  };
}

function closed(): MigrationStep {
  return {
    id: "closed",
    title: "Only the gateway's port 50052 is allowed outbound",
    state: "yours",
    evidence: "Agents open no port and call nothing else here; the firewall is yours.",
    act: "Allow the agent's host to reach the gateway's port 50052 and its own sources, nothing more. KV and datasvc are not used any more.",
  };
}

function watched({ agents, sources }: MigrationFacts): MigrationStep {
  const current = agents.filter(
    ({ config_offered: offered, config_running: running }) =>
      offered !== undefined && offered === running,
  );
  const ran = sources.filter(({ last_run: run }) => run?.outcome === "success");
  return {
    id: "watched",
    title: "GetConfig fetches and StreamStatus pushes are seen",
    state: current.length > 0 && ran.length > 0 ? "done" : "open",
    evidence: `${counted(current.length, "agent")} with the configuration that is offered; ${counted(ran.length, "source")} whose last run succeeded.`,
    act: "The agent's log has a line GetConfig for every configuration, and StreamStatus for every window of records.",
    to: "/t/$tenant/agents",
  };
}
