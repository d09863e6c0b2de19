/** How agents are written for people. Pure. */
import type { z } from "@hono/zod-openapi";

import type { agentSchema } from "../api/contract.ts";
import { formatBytes } from "../lib/bytes.ts";
import type { ShownList } from "./core-list.ts";
import type { Query } from "./core-pages.ts";
import type { TenantSession } from "./core-session.ts";
import { pairLines, plain, sectionLines, tableLines } from "./table.ts";
import { agoText, countText, timeText } from "./wording.ts";

type Agent = z.infer<typeof agentSchema>;

const STATES: Readonly<Record<Agent["state"], string>> = {
  online: "online",
  silent: "silent",
  stopped: "stopped",
  never_seen: "never seen",
  revoked: "revoked",
};

/** The list of a tenant's agents. */
export function agentList(session: TenantSession, filter: Query): ShownList<"agents", Agent> {
  const isWhole = Object.values(filter).every((value) => value === undefined);
  const nowMs = session.context.clock.now();
  return {
    path: ["tenants", session.slug, "agents"],
    name: "agents",
    filter,
    none: isWhole
      ? `Tenant ${session.slug} has no agents; make one with: ${session.commandLine("agent create --agent-id AGENT")}`
      : "No agent is so.",
    columns: [
      { title: "AGENT", text: (agent) => agent.agent_id },
      { title: "PARTITION", text: (agent) => agent.partition },
      { title: "STATE", text: (agent) => STATES[agent.state] },
      { title: "LAST SEEN", text: (agent) => agoText(agent.last_seen_at, nowMs) },
      { title: "CONFIGURATION", text: configText },
      { title: "HOST", text: (agent) => agent.hostname },
      { title: "VERSION", text: (agent) => agent.version },
      {
        title: "CERTIFICATE ENDS",
        text: (agent) => agoText(agent.certificate_not_after, nowMs),
      },
    ],
  };
}

/** Versions are hashes; whether the agent runs what it was offered is what counts. */
function configText({
  config_offered: offered,
  config_running: running,
}: Agent): string | undefined {
  if (offered === undefined) return undefined;
  return offered === running ? "current" : "not yet confirmed";
}

/** An agent that was started while its core was away works with what it had, and says how old that is. */
function keptText(status: unknown, nowMs: number): string | undefined {
  const { config_from: from, config_confirmed: confirmed } = (status ?? {}) as {
    readonly config_from?: unknown;
    readonly config_confirmed?: unknown;
  };
  if (from !== "disk" || typeof confirmed !== "string") return undefined;
  return `it works with what it had, confirmed ${agoText(confirmed, nowMs) ?? "never"}`;
}

/** What the agent's process has in use, as it said last. */
function memoryText(status: unknown): string | undefined {
  const { rss_bytes: rss } = (status ?? {}) as { readonly rss_bytes?: unknown };
  return typeof rss === "number" ? formatBytes(rss) : undefined;
}

/** Everything of one agent. */
export function agentLines(agent: Agent, nowMs: number): readonly string[] {
  const seen = agent.last_seen_at;
  return [
    `Agent ${agent.agent_id}`,
    ...pairLines([
      ["  state", STATES[agent.state]],
      ["  partition", agent.partition],
      ["  host", agent.hostname],
      ["  version", agent.version],
      ["  last seen", seen && `${timeText(seen)} (${agoText(seen, nowMs)})`],
      ["  gateway", agent.gateway_id],
      ["  certificate ends", timeText(agent.certificate_not_after)],
      ["  certificate of", agent.certificate_issuer],
      ["  created", timeText(agent.created_at)],
      ["  revoked", timeText(agent.revoked_at)],
      ["  configuration", configText(agent)],
      ["  kept on its disk", keptText(agent.status, nowMs)],
      ["  offered", agent.config_offered],
      ["  running", agent.config_running],
      ["  running since", timeText(agent.config_running_at)],
      ["  memory", memoryText(agent.status)],
    ]),
    ...statusLines(agent.status, nowMs),
  ];
}

/** One source in an agent's newest status, as far as it is what our agents send. */
type ReportedSource = {
  readonly name?: string;
  readonly state?: string;
  readonly next_due?: string;
  readonly run?: { readonly devices?: number; readonly total?: number };
  readonly waiting?: { readonly reason?: string; readonly for_sec?: number };
  readonly error?: { readonly message?: string };
  readonly last_run?: {
    readonly kind?: string;
    readonly outcome?: string;
    readonly ended?: string;
    readonly devices?: number;
  };
};

/** How far the run in flight was at the newest heartbeat, and what it waited for: "1,200 of 10,000, rate limited 12 s". */
function nowText({ run, waiting }: ReportedSource): string | undefined {
  if (run === undefined) return undefined;
  const of = run.total === undefined ? "" : ` of ${countText(run.total)}`;
  const why = waiting?.reason?.replaceAll("_", " ");
  const wait = why === undefined ? "" : `, ${why} ${waiting?.for_sec ?? 0} s`;
  return `${countText(run.devices ?? 0)}${of}${wait}`;
}

/** "success (delta)": a delta says nothing of what is absent. */
function lastText({ last_run: last }: ReportedSource): string | undefined {
  return last?.kind === "delta" ? `${last.outcome ?? ""} (delta)` : last?.outcome;
}

/** What the agent says of its sources; the status of an agent that is none of ours is shown as it came. */
function statusLines(status: unknown, nowMs: number): readonly string[] {
  if (status === undefined || status === null) return [];
  const { sources } = status as { readonly sources?: unknown };
  if (!Array.isArray(sources)) {
    return sectionLines(
      "Newest status",
      JSON.stringify(status, undefined, 2).split("\n").map(plain),
    );
  }
  const table = tableLines(
    [
      { title: "SOURCE", text: (source) => source.name },
      { title: "STATE", text: (source) => source.state },
      { title: "NOW", text: nowText },
      { title: "LAST RUN", text: lastText },
      { title: "ENDED", text: (source) => agoText(source.last_run?.ended, nowMs) },
      {
        title: "DEVICES",
        text: ({ last_run: last }) =>
          last?.devices === undefined ? undefined : countText(last.devices),
        isNumber: true,
      },
      { title: "NEXT", text: (source) => agoText(source.next_due, nowMs) },
      { title: "ERROR", text: (source) => source.error?.message },
    ],
    sources as readonly ReportedSource[],
  );
  return sectionLines("What it says of its sources", table);
}
