/**
 * What the core tells Prometheus: every metric with its labels and what it says. docs/metrics.md is this list, in words for
 * operators. A metric of tenants has the label `tenant`, its slug.
 */

/** What is told of a metric. */
interface Metric {
  readonly help: string;
  readonly labels: readonly string[];
}

/** Counted where it happens, since the start of this process. */
export const COUNTERS = {
  srs_chunks_total: {
    help: "Chunks acknowledged: stored now, or known from before",
    labels: ["tenant", "outcome"],
  },
  srs_chunk_bytes_total: { help: "Their messages, bytes", labels: ["tenant"] },
  srs_refusals_total: {
    help: "What the gateway refused, by gRPC status or reason",
    labels: ["code"],
  },
  srs_updates_total: {
    help: "Entries worked, by what they did to their record",
    labels: ["tenant", "outcome"],
  },
  srs_runs_total: { help: "Runs that ended, by outcome", labels: ["tenant", "outcome"] },
  srs_chunks_parked_total: {
    help: "Chunks parked because they cannot be worked",
    labels: ["tenant"],
  },
  srs_reconcile_decisions_total: {
    help: "Devices decided again, by the identifier that their id rests on, or why they were merged, and what became of them",
    labels: ["tenant", "rule", "outcome"],
  },
  srs_work_failures_total: { help: "Steps of the worker that failed, by error", labels: ["code"] },
  srs_pool_queue_timeouts_total: {
    help: "Requests that found no free connection in time",
    labels: ["pool"],
  },
  process_cpu_seconds_total: { help: "Processor time that this process has used", labels: [] },
} as const satisfies Readonly<Record<string, Metric>>;

/** Seconds a step took. */
export const HISTOGRAMS = {
  srs_ingest_duration_seconds: { help: "Taking chunks in, by transaction", labels: [] },
  srs_reconcile_duration_seconds: { help: "Publishing what changed, by transaction", labels: [] },
} as const satisfies Readonly<Record<string, Metric>>;

/** How things stand at the moment, or a few seconds ago. */
export const GAUGES = {
  srs_inbox_chunks: { help: "Chunks that wait to be worked", labels: ["tenant"] },
  srs_inbox_bytes: { help: "Their messages, bytes", labels: ["tenant"] },
  srs_ingest_lag_seconds: { help: "How long the oldest of them has waited", labels: ["tenant"] },
  srs_inbox_parked: { help: "Chunks parked, for an operator", labels: ["tenant"] },
  srs_unpublished_batches: {
    help: "Batches whose devices are not published yet",
    labels: ["tenant"],
  },
  srs_lease_held: { help: "1: some replica works the tenant", labels: ["tenant"] },
  srs_publications_held: {
    help: "Publications that the storm brake holds, for an operator",
    labels: ["tenant"],
  },
  srs_retractions_held: {
    help: "Retractions that the guard holds, for an operator",
    labels: ["tenant"],
  },
  srs_merge_conflicts_open: {
    help: "Pairs of records in quarantine: nearly one device",
    labels: ["tenant"],
  },
  srs_identity_flapping: {
    help: "Records and values that went between devices 3 times in 30 days, and since yesterday",
    labels: ["tenant", "kind"],
  },
  srs_source_poll_interval_seconds: {
    help: "How often an enabled source is to be pulled",
    labels: ["tenant", "source"],
  },
  srs_source_last_run_timestamp_seconds: {
    help: "End of its last run",
    labels: ["tenant", "source", "outcome"],
  },
  srs_source_last_success_timestamp_seconds: {
    help: "End of its last run that was a success",
    labels: ["tenant", "source"],
  },
  srs_source_run_duration_seconds: {
    help: "How long its last run took",
    labels: ["tenant", "source"],
  },
  srs_source_devices: {
    help: "Entries of its last run, by what they did",
    labels: ["tenant", "source", "op"],
  },
  srs_cert_expiry_seconds: {
    help: "Until an agent's certificate ends",
    labels: ["tenant", "agent"],
  },
  srs_agent_last_seen_timestamp_seconds: {
    help: "When an agent was last heard of",
    labels: ["tenant", "agent"],
  },
  srs_database_up: { help: "1: the database answered this scrape", labels: [] },
  srs_pool_size: { help: "Database connections that this process may open", labels: ["pool"] },
  srs_pool_connections: {
    help: "Those that are open, by what they do",
    labels: ["pool", "state"],
  },
  srs_pool_waiting: { help: "Requests that wait for a connection", labels: ["pool"] },
  srs_pool_delay_seconds: {
    help: "The least that a request waited in the last DATABASE_QUEUE_INTERVAL_MS",
    labels: ["pool"],
  },
  srs_event_loop_lag_seconds: {
    help: "How late this process' API and gateway get their turn, since the last scrape",
    labels: ["quantile"],
  },
  process_resident_memory_bytes: { help: "Resident memory of this process", labels: [] },
  srs_build_info: { help: "1: this release and its schema", labels: ["version", "schema"] },
} as const satisfies Readonly<Record<string, Metric>>;

/** Name of a metric. */
export type CounterName = keyof typeof COUNTERS;
/** Name of a metric. */
export type HistogramName = keyof typeof HISTOGRAMS;
/** Name of a metric. */
export type GaugeName = keyof typeof GAUGES;

/** One value of a metric. */
export interface Sample<Name extends string> {
  readonly name: Name;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * A scrape as one tenant may see it: the values that bear its label, and nothing that speaks of others or of the process. Names and
 * values of labels are Prometheus' text format, where a quote within a value is escaped.
 */
export function ofTenant(text: string, slug: string): string {
  const own = text.split("\n").filter((line) => {
    const named = /^(?:# \w+ )?(\w+)/.exec(line)?.[1] ?? "";
    if (!(LABELS_OF.get(named)?.includes("tenant") ?? false)) return false;
    return line.startsWith("#") || line.includes(`tenant="${slug}"`);
  });
  return `${own.join("\n")}\n`;
}

const LABELS_OF: ReadonlyMap<string, readonly string[]> = new Map(
  [COUNTERS, GAUGES].flatMap((kind) =>
    Object.entries<Metric>(kind).map(([name, { labels }]) => [name, labels] as const),
  ),
);
