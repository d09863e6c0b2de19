/** The document's five steps from the standalone sync to the agent, each with what shows that it is done. Pure. */
import type { Refusal } from "../../calls/agent-acts.ts";
import type { Overview } from "../../calls/standing.ts";
import { counted } from "../../parts/counted.ts";
import { numberWords } from "../../parts/number-words.ts";

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
  readonly of: Pick<
    Overview,
    "agents" | "agents_as_offered" | "source_counts" | "sources_without_agent"
  >;
  /** Ids of some agents that are online. */
  readonly online: readonly string[];
  /** The latest of the refusals that name the standalone sync's certificate. */
  readonly refusals: readonly Refusal[];
}

/** A refusal this long ago is over, ms. */
const RECENT_MS = 24 * 3_600_000;
/** Words by which the gateway refuses the standalone sync's certificate. */
export const OLD_COMPONENT = "component_type not authorized";

/** All five. */
export function migrationSteps(facts: MigrationFacts, nowMs: number): readonly MigrationStep[] {
  return [registered(facts), removed(facts, nowMs), recreated(facts), closed(), watched(facts)];
}

function registered({ of: { agents }, online }: MigrationFacts): MigrationStep {
  const others = agents.online - online.length;
  const more = others > 0 ? ` and ${counted(others, "other")}` : "";
  return {
    id: "registered",
    title: "An agent in the tenant's network is registered with the gateway",
    state: online.length > 0 ? "done" : "open",
    evidence:
      online.length > 0
        ? `Online: ${online.join(", ")}${more}.`
        : `${counted(agents.total, "agent")} known, none online.`,
    act: "Enrol an agent on a host that reaches the systems.",
    to: "/t/$tenant/agents",
  };
}

function removed({ refusals }: MigrationFacts, nowMs: number): MigrationStep {
  const seen = refusals.find(
    ({ message, last_at: at }) =>
      message.includes(OLD_COMPONENT) && nowMs - Date.parse(at) < RECENT_MS,
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

function recreated({ of }: MigrationFacts): MigrationStep {
  const { source_counts: sources, sources_without_agent: lost } = of;
  const isDone = sources.total > 0 && lost === 0;
  const all = counted(sources.total, "source");
  return {
    id: "recreated",
    title: "Sources are made anew, each with the agent that reaches it",
    state: isDone ? "done" : "open",
    evidence:
      lost > 0
        ? `${all}, ${numberWords(lost)} without an agent that may run.`
        : `${all}${isDone ? ", each with an agent" : ""}.`,
    act: "New source takes an old sync.json by paste; an existing source changes its agent under Settings.",
    to: sources.total === 0 ? "/t/$tenant/sources/new" : "/t/$tenant/sources",
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

function watched({ of }: MigrationFacts): MigrationStep {
  const { agents_as_offered: current, source_counts: sources } = of;
  return {
    id: "watched",
    title: "GetConfig fetches and StreamStatus pushes are seen",
    state: current > 0 && sources.ok > 0 ? "done" : "open",
    evidence: `${counted(current, "agent")} with the configuration that is offered; ${counted(sources.ok, "source")} whose last run went well.`,
    act: "The agent's log has a line GetConfig for every configuration, and StreamStatus for every window of records.",
    to: "/t/$tenant/agents",
  };
}
