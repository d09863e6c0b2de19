/** What a heartbeat says. Pure. */
import { isoTime } from "../lib/clock.ts";
import { STOPPING } from "../model/goodbye.ts";
import { STATUS_MESSAGE_BYTES_MAX } from "../wire/limits.ts";
import type { Draft, GatewayStatusRequest } from "../wire/messages.ts";
import { serviceStatus, statusHeader, type AgentIdentity } from "./identity.ts";
import { devicesPerSecond, type SourceState, type SourceStatus } from "./source-status.ts";

/** What is known at the moment of a heartbeat. */
export interface Heartbeat {
  readonly nowMs: number;
  readonly startedMs: number;
  readonly gatewayId: string;
  readonly configVersion: string;
  /** It is the last one: the agent stops in order. */
  readonly isStopping?: boolean;
  /** Set where the configuration comes from the disk: when a gateway last confirmed it. */
  readonly configConfirmedMs?: number | undefined;
  /** Sources of the configuration that cannot be used, with the reason. */
  readonly rejected: readonly { readonly name: string; readonly reason: string }[];
  readonly sources: readonly SourceStatus[];
  /** Memory that the process has in use, bytes; absent where it is not known. */
  readonly rssBytes?: number | undefined;
}

/** The PushStatus request: the agent itself, as the original sends it, and how its sources are. */
export function heartbeatRequest(
  identity: AgentIdentity,
  beat: Heartbeat,
): Draft<GatewayStatusRequest> {
  const { gatewayId, nowMs } = beat;
  const service = (name: string, text: string): ReturnType<typeof serviceStatus> =>
    serviceStatus(identity, {
      name,
      type: name,
      source: "status",
      message: Buffer.from(text),
      gatewayId,
    });
  return {
    ...statusHeader(identity, gatewayId),
    // Nanoseconds, as the original agent has them in this call; JavaScript keeps them to about 256 ns.
    timestamp: nowMs * 1_000_000,
    services: [service("agent", agentStatus(identity, beat)), service("sync", syncStatus(beat))],
  };
}

function agentStatus(
  { host }: AgentIdentity,
  { nowMs, startedMs, configVersion, isStopping }: Heartbeat,
): string {
  return JSON.stringify({
    status: isStopping === true ? STOPPING : "running",
    version: host.version,
    started: isoTime(startedMs),
    uptime_sec: Math.floor((nowMs - startedMs) / 1_000),
    config_version: configVersion,
  });
}

/** Those who need somebody first, then those at work. */
const STATE_ORDER: readonly SourceState[] = ["failed", "backoff", "running", "idle"];
/** Longest text of a source's error, and of its name, in a heartbeat, in characters. */
const ERROR_CHARS_MAX = 160;
const NAME_CHARS_MAX = 64;

type Entry = Readonly<Record<string, unknown>>;

/**
 * The state of all sources as JSON of at most 4,096 bytes, where gateways cut. What does not fit goes in this order: details of
 * healthy sources, then whole sources, healthiest first; `sources_total` and `by_state` count all of them in any case.
 */
export function syncStatus(beat: Heartbeat): string {
  const sources = beat.sources.toSorted((a, b) => rank(a) - rank(b));
  const rejected = beat.rejected.map(({ name, reason }): Entry => ({
    ...named(name),
    state: "failed",
    ...error("config", reason),
  }));
  const full = [...rejected, ...sources.map((source) => fullEntry(source, beat.nowMs))];
  const short = [...rejected, ...sources.map((source) => shortEntry(source, beat.nowMs))];
  for (const entries of [full, short]) {
    const text = written(beat, entries);
    if (fits(text)) return text;
  }
  return written(beat, short.slice(0, mostThatFit(beat, short)));
}

function written(
  { sources, rejected, configVersion, configConfirmedMs, rssBytes, isStopping }: Heartbeat,
  entries: readonly Entry[],
): string {
  const byState: Record<string, number> = {};
  for (const { state } of sources) byState[state] = (byState[state] ?? 0) + 1;
  if (rejected.length > 0) byState["failed"] = (byState["failed"] ?? 0) + rejected.length;
  return JSON.stringify({
    ...(isStopping === true ? { state: STOPPING } : {}),
    config_version: configVersion.slice(0, NAME_CHARS_MAX * 2),
    ...(configConfirmedMs === undefined
      ? {}
      : { config_from: "disk", config_confirmed: isoTime(configConfirmedMs) }),
    ...(rssBytes === undefined ? {} : { rss_bytes: rssBytes }),
    sources_total: sources.length + rejected.length,
    by_state: byState,
    sources: entries,
  });
}

function fits(text: string): boolean {
  return Buffer.byteLength(text) <= STATUS_MESSAGE_BYTES_MAX;
}

function mostThatFit(beat: Heartbeat, entries: readonly Entry[]): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(written(beat, entries.slice(0, middle)))) low = middle;
    else high = middle - 1;
  }
  return low;
}

function rank({ state }: SourceStatus): number {
  return STATE_ORDER.indexOf(state);
}

function named(name: string): Entry {
  return { name: name.slice(0, NAME_CHARS_MAX) };
}

function error(kind: string, message: string): Entry {
  return {
    error: { kind: kind.slice(0, NAME_CHARS_MAX), message: message.slice(0, ERROR_CHARS_MAX) },
  };
}

function shortEntry(source: SourceStatus, nowMs: number): Entry {
  const { serviceId, state, lastRun } = source;
  return {
    ...named(source.name),
    ...(serviceId === undefined ? {} : { sync_service_id: serviceId.slice(0, NAME_CHARS_MAX) }),
    state,
    ...waitingOf(source, nowMs),
    ...(lastRun?.error === undefined ? {} : error(lastRun.error.kind, lastRun.error.message)),
  };
}

function waitingOf({ run }: SourceStatus, nowMs: number): Entry {
  const wait = run?.gatewayWait ?? run?.sourceWait;
  if (wait === undefined) return {};
  const forSec = Math.max(0, Math.ceil((wait.untilMs - nowMs) / 1_000));
  return { waiting: { reason: wait.reason, for_sec: forSec } };
}

/** One source as heartbeat and local status tell it. */
export function fullEntry(source: SourceStatus, nowMs: number): Entry {
  const { type, run, lastRun, nextDueMs, runs, skipped } = source;
  return {
    ...shortEntry(source, nowMs),
    type: type.slice(0, NAME_CHARS_MAX),
    runs,
    skipped,
    ...(nextDueMs === undefined ? {} : { next_due: isoTime(nextDueMs) }),
    ...(run === undefined
      ? {}
      : {
          run: {
            run_id: run.runId,
            kind: run.kind,
            started: isoTime(run.startedMs),
            pages: run.pages,
            devices: run.devices,
            sent: run.sentDevices,
            rejected: run.rejected,
            total: run.sourceTotal,
            devices_per_sec: devicesPerSecond(run, nowMs),
          },
        }),
    ...(lastRun === undefined
      ? {}
      : {
          last_run: {
            run_id: lastRun.runId,
            kind: lastRun.kind,
            outcome: lastRun.outcome,
            started: isoTime(lastRun.startedMs),
            ended: isoTime(lastRun.endedMs),
            pages: lastRun.pages,
            devices: lastRun.devices,
            rejected: lastRun.rejected,
          },
        }),
  };
}
