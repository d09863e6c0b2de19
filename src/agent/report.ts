/** What an agent tells of itself to those on its own host: `status`, /readyz, diagnostics. No secret is in it. Pure. */
import { isoTime } from "../lib/clock.ts";
import { deliveryOf, type Delivery } from "./delivery.ts";
import type { SessionPhase } from "./session-state.ts";
import type { SourceStatus } from "./source-status.ts";
import { fullEntry } from "./status.ts";

/** What is known at one moment. */
export interface AgentFacts {
  readonly nowMs: number;
  readonly startedMs: number;
  readonly agentId: string;
  readonly partition: string;
  readonly version: string;
  readonly session: {
    readonly phase: SessionPhase;
    readonly gateway: string;
    readonly gatewayId?: string | undefined;
    /** Why the newest Hello or GetConfig failed, while there is no session. */
    readonly problem?: string | undefined;
    /** When a gateway last acknowledged a heartbeat; absent: not since the start. */
    readonly heartbeatMs?: number | undefined;
  };
  readonly config: {
    /** "": none yet. */
    readonly version: string;
    readonly isFromDisk: boolean;
    readonly confirmedMs?: number | undefined;
    /** Why the newest answer was not applied. */
    readonly keptBecause?: string | undefined;
    readonly rejected: readonly { readonly name: string; readonly reason: string }[];
  };
  /** Absent where the agent has no certificate files. */
  readonly certificateEndMs?: number | undefined;
  readonly memory: { readonly rssBytes: number; readonly maxBytes: number };
  readonly sources: readonly SourceStatus[];
}

/** The facts as JSON. */
export interface AgentReport {
  readonly agent_id: string;
  readonly partition: string;
  readonly version: string;
  readonly started: string;
  readonly uptime_sec: number;
  readonly is_ready: boolean;
  readonly delivery: Delivery;
  readonly session: {
    readonly phase: SessionPhase;
    readonly gateway: string;
    readonly gateway_id?: string;
    readonly problem?: string;
    readonly heartbeat?: string;
  };
  readonly config: {
    readonly version: string;
    readonly from: "gateway" | "disk" | "nowhere";
    readonly confirmed?: string;
    readonly kept_because?: string;
  };
  readonly certificate_until?: string;
  readonly memory: { readonly rss_bytes: number; readonly max_bytes: number };
  readonly sources: readonly Readonly<Record<string, unknown>>[];
  readonly unusable_sources: readonly { readonly name: string; readonly reason: string }[];
}

/** Writes the facts down. */
export function reportOf(facts: AgentFacts): AgentReport {
  const { nowMs, startedMs, session, config, memory, certificateEndMs } = facts;
  const { gatewayId, problem, heartbeatMs } = session;
  const { confirmedMs, keptBecause } = config;
  return {
    agent_id: facts.agentId,
    partition: facts.partition,
    version: facts.version,
    started: isoTime(startedMs),
    uptime_sec: Math.floor((nowMs - startedMs) / 1_000),
    is_ready: isReady(facts),
    delivery: deliveryOf(facts),
    session: {
      phase: session.phase,
      gateway: session.gateway,
      ...(gatewayId === undefined ? {} : { gateway_id: gatewayId }),
      ...(problem === undefined ? {} : { problem }),
      ...(heartbeatMs === undefined ? {} : { heartbeat: isoTime(heartbeatMs) }),
    },
    config: {
      version: config.version,
      from: config.version === "" ? "nowhere" : config.isFromDisk ? "disk" : "gateway",
      ...(confirmedMs === undefined ? {} : { confirmed: isoTime(confirmedMs) }),
      ...(keptBecause === undefined ? {} : { kept_because: keptBecause }),
    },
    ...(certificateEndMs === undefined ? {} : { certificate_until: isoTime(certificateEndMs) }),
    memory: { rss_bytes: memory.rssBytes, max_bytes: memory.maxBytes },
    sources: facts.sources.map((source) => fullEntry(source, nowMs)),
    unusable_sources: config.rejected,
  };
}

/** Whether the agent does what it is for: it is in touch with a gateway and knows its sources. */
export function isReady({ session, config }: Pick<AgentFacts, "session" | "config">): boolean {
  return session.phase === "running" && config.version !== "";
}
