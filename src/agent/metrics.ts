/** An agent's facts in Prometheus' text format. Names that the core's operators know: srs_source_*, srs_cert_*. */
import { Counter, Gauge, Registry } from "prom-client";

import { isReady, type AgentFacts } from "./report.ts";
import { withProgress, type SourceState, type SourceStatus } from "./source-status.ts";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [Labels, number];

const STATES: readonly SourceState[] = ["idle", "running", "backoff", "failed"];

/** The answer to a scrape, and its content type. Made anew each time: the facts are counted elsewhere. */
export async function metricsText(
  facts: AgentFacts,
): Promise<{ readonly text: string; readonly contentType: string }> {
  const registry = new Registry();
  addAgent(registry, facts);
  addSources(registry, facts.sources);
  return { text: await registry.metrics(), contentType: registry.contentType };
}

function addAgent(registry: Registry, facts: AgentFacts): void {
  const { nowMs, startedMs, config, memory, certificateEndMs } = facts;
  const gauge = gaugesOf(registry);
  const about = { agent_id: facts.agentId, partition: facts.partition, version: facts.version };
  gauge("srs_agent_info", "The agent, as its labels say", [[about, 1]]);
  gauge("srs_agent_ready", "1: in touch with a gateway, and configured", [
    [{}, isReady(facts) ? 1 : 0],
  ]);
  gauge("srs_agent_uptime_seconds", "Since the start", [[{}, (nowMs - startedMs) / 1_000]]);
  gauge("srs_agent_memory_bytes", "Resident memory", [[{}, memory.rssBytes]]);
  gauge("srs_agent_memory_max_bytes", "max_memory of agent.json", [[{}, memory.maxBytes]]);
  gauge("srs_agent_config_from_disk", "1: kept from an earlier start, and not confirmed since", [
    [{}, config.isFromDisk ? 1 : 0],
  ]);
  if (config.confirmedMs !== undefined) {
    gauge("srs_agent_config_age_seconds", "Since a gateway last confirmed the configuration", [
      [{}, Math.max(0, nowMs - config.confirmedMs) / 1_000],
    ]);
  }
  if (certificateEndMs !== undefined) {
    gauge("srs_cert_expiry_seconds", "Until the agent's certificate ends", [
      [{}, (certificateEndMs - nowMs) / 1_000],
    ]);
  }
}

function addSources(registry: Registry, sources: readonly SourceStatus[]): void {
  const gauge = gaugesOf(registry);
  const of = (value: (source: SourceStatus) => number | undefined): readonly Sample[] =>
    sources.flatMap((source): readonly Sample[] => {
      const found = value(source);
      return found === undefined ? [] : [[{ source: source.name, type: source.type }, found]];
    });
  gauge(
    "srs_source_state",
    "1 for the state that a source is in",
    sources.flatMap(({ name, type, state }) =>
      STATES.map((one): Sample => [{ source: name, type, state: one }, one === state ? 1 : 0]),
    ),
  );
  gauge(
    "srs_source_run_duration_seconds",
    "How long the last run took",
    of(({ lastRun }) => lastRun && (lastRun.endedMs - lastRun.startedMs) / 1_000),
  );
  gauge(
    "srs_source_last_success_timestamp_seconds",
    "End of the last run that was complete",
    of(({ totals: { lastSuccessMs } }) => lastSuccessMs && lastSuccessMs / 1_000),
  );
  gauge(
    "srs_source_next_due_timestamp_seconds",
    "When the source is pulled next",
    of(({ nextDueMs }) => nextDueMs && nextDueMs / 1_000),
  );
  gauge(
    "srs_chunk_inflight",
    "Chunks on their way, which no gateway has acknowledged yet",
    of(({ run }) => run?.inFlightChunks ?? 0),
  );
  gauge(
    "srs_source_held_bytes",
    "Device updates in memory",
    of(({ run }) => run?.heldBytes ?? 0),
  );
  addCounters(registry, sources);
}

function addCounters(registry: Registry, sources: readonly SourceStatus[]): void {
  const count = (name: string, help: string, samples: readonly Sample[]): void => {
    const labelNames = [...new Set(samples.flatMap(([labels]) => Object.keys(labels)))];
    const counter = new Counter({ name, help, labelNames, registers: [registry] });
    for (const [labels, value] of samples) counter.inc(labels, value);
  };
  const all = sources.map(({ name, type, run, totals }) => ({
    labels: { source: name, type },
    moved: withProgress(totals, run),
    byOutcome: Object.entries(totals.byOutcome),
  }));
  count(
    "srs_source_runs_total",
    "Runs that have ended, by outcome",
    all.flatMap(({ labels, byOutcome }) =>
      byOutcome.map(([outcome, runs]): Sample => [{ ...labels, outcome }, runs]),
    ),
  );
  count(
    "srs_source_devices_total",
    "Devices: read from the source, sent to the gateway, rejected",
    all.flatMap(({ labels, moved }): readonly Sample[] => [
      [{ ...labels, op: "read" }, moved.devices],
      [{ ...labels, op: "sent" }, moved.sentDevices],
      [{ ...labels, op: "rejected" }, moved.rejected],
    ]),
  );
  count(
    "srs_source_pages_total",
    "Pages read",
    all.map(({ labels, moved }) => [labels, moved.pages]),
  );
  count(
    "srs_source_api_requests_total",
    "Requests to the source's API, by the HTTP status of the answer; none: there was no answer",
    all.flatMap(({ labels, moved }) =>
      Object.entries(moved.answers).map(([code, n]): Sample => [{ ...labels, code }, n]),
    ),
  );
  count(
    "srs_source_rate_limited_seconds_total",
    "How long the source wanted to be left alone",
    all.map(({ labels, moved }) => [labels, moved.rateLimitedMs / 1_000]),
  );
  count(
    "srs_source_chunks_total",
    "Chunks that the gateway has",
    all.map(({ labels, moved }) => [labels, moved.sentChunks]),
  );
}

function gaugesOf(
  registry: Registry,
): (name: string, help: string, samples: readonly Sample[]) => void {
  return (name, help, samples) => {
    const labelNames = [...new Set(samples.flatMap(([labels]) => Object.keys(labels)))];
    const gauge = new Gauge({ name, help, labelNames, registers: [registry] });
    for (const [labels, value] of samples) gauge.set(labels, value);
  };
}
