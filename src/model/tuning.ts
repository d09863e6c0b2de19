/**
 * The tuning matrix of sync-runtime.md as a function: how many connections a core may open, and what ingestion is set to, by how much
 * there is. `serviceradar-core tune` prints it; a server whose settings are not given takes them from it.
 */
import { grouped } from "../lib/grouped.ts";

/** Names of the settings, as the environment has them. */
export const TUNED = [
  "POOL_SIZE",
  "DATABASE_QUEUE_TARGET_MS",
  "DATABASE_QUEUE_INTERVAL_MS",
  "SYNC_INGESTOR_COALESCE_MS",
  "SYNC_INGESTOR_QUEUE_MAX_CHUNKS",
  "SYNC_INGESTOR_MAX_INFLIGHT",
  "SYNC_INGESTOR_BATCH_CONCURRENCY",
] as const;

/** One of TUNED. */
type TunedName = (typeof TUNED)[number];

/** A value of each. */
export type Tuning = Readonly<Record<TunedName, number>>;

/** What there is. */
export interface Workload {
  /** PostgreSQL's max_connections. */
  readonly maxConnections: number;
  /** Cores on that database. */
  readonly replicas: number;
  readonly devices: number;
  readonly tenants: number;
  /** Processors of this host; absent: not asked for. */
  readonly cores?: number | undefined;
}

type Range = readonly [number, number];

/** A row of the matrix. */
export interface MatrixRow {
  readonly name: "small" | "medium" | "large";
  /** As the document says it. */
  readonly workload: string;
  /** Where it begins and ends. */
  readonly devices: Range;
  readonly tenants: Range;
  /** Least and most. */
  readonly ranges: Readonly<Record<TunedName, Range>>;
}

/** The document's "Ingestion knobs by workload size". */
export const MATRIX: readonly [MatrixRow, MatrixRow, MatrixRow] = [
  {
    name: "small",
    workload: "single tenant, <= 50k devices",
    devices: [0, 50_000],
    // The document names one tenant, and then five: in between, so few devices are no more than the small row's work.
    tenants: [0, 4],
    ranges: ranges([40, 40], [2_000, 2_000], [250, 250], [10, 10], [2, 2], [2, 2]),
  },
  {
    name: "medium",
    workload: "5-10 tenants, <= 500k devices",
    devices: [50_000, 500_000],
    tenants: [5, 10],
    ranges: ranges([60, 80], [3_000, 3_000], [250, 500], [10, 20], [3, 4], [2, 4]),
  },
  {
    name: "large",
    workload: "10-20 tenants, >= 1M devices",
    // The document names no end; beyond twice its beginning more of anything would not help one core.
    devices: [1_000_000, 2_000_000],
    tenants: [10, 20],
    ranges: ranges([80, 120], [5_000, 5_000], [500, 500], [20, 40], [4, 6], [3, 6]),
  },
];

function ranges(
  pool: Range,
  queue: Range,
  ...[coalesce, chunks, inflight, concurrency]: readonly [Range, Range, Range, Range]
): MatrixRow["ranges"] {
  return {
    POOL_SIZE: pool,
    DATABASE_QUEUE_TARGET_MS: queue,
    DATABASE_QUEUE_INTERVAL_MS: queue,
    SYNC_INGESTOR_COALESCE_MS: coalesce,
    SYNC_INGESTOR_QUEUE_MAX_CHUNKS: chunks,
    SYNC_INGESTOR_MAX_INFLIGHT: inflight,
    SYNC_INGESTOR_BATCH_CONCURRENCY: concurrency,
  };
}

/** Percent of max_connections that all cores share; the rest is for others' tooling, migrations and people. */
const SHARE_PERCENT = 60;
/** Below it a core cannot work: one connection each for ingestion, its look-outs, the gateway and the API. */
export const POOL_SIZE_MIN = 4;

/** floor(max_connections * 0.6 / replicas), in whole numbers so that no rounding creeps in. May be 0. */
export function poolBudget({
  maxConnections,
  replicas,
}: Pick<Workload, "maxConnections" | "replicas">): number {
  return Math.floor((maxConnections * SHARE_PERCENT) / (100 * replicas));
}

/** What is advised, and why. */
export interface Advice {
  readonly row: MatrixRow;
  /** Connections that each core may open. */
  readonly poolBudget: number;
  readonly tuning: Tuning;
  /** Sentences, the most important first. */
  readonly why: readonly string[];
}

/** The row for a workload, at the place within its ranges that the workload has within the row. */
export function advise(workload: Workload): Advice {
  const row = rowOf(workload);
  const place = placeIn(row, workload);
  const wanted = Object.fromEntries(
    TUNED.map((name) => [name, within(row.ranges[name], place)]),
  ) as Tuning;
  const budget = poolBudget(workload);
  const poolSize = Math.max(POOL_SIZE_MIN, Math.min(wanted.POOL_SIZE, budget));
  const inflight = Math.min(wanted.SYNC_INGESTOR_MAX_INFLIGHT, inflightMax(workload.cores));
  const tuning = { ...wanted, POOL_SIZE: poolSize, SYNC_INGESTOR_MAX_INFLIGHT: inflight };
  return {
    row,
    poolBudget: budget,
    tuning: fitted(tuning),
    why: [
      rowSentence(row, workload),
      poolSentence({ ...workload, budget, wanted: wanted.POOL_SIZE }),
      ...coreSentence(wanted.SYNC_INGESTOR_MAX_INFLIGHT, workload.cores),
      ...fitSentence(tuning),
    ],
  };
}

/** The first row that holds both; devices between two rows, or more than all have, belong to the larger one. */
function rowOf({ devices, tenants }: Workload): MatrixRow {
  const holds = (row: MatrixRow): boolean => devices <= row.devices[1] && tenants <= row.tenants[1];
  return MATRIX.find(holds) ?? MATRIX[2];
}

/** 0 at the row's beginning, 1 at its end, by whichever of devices and tenants is further on. */
function placeIn(row: MatrixRow, { devices, tenants }: Workload): number {
  const share = (value: number, [from, to]: Range): number => (value - from) / (to - from);
  return Math.min(1, Math.max(0, share(devices, row.devices), share(tenants, row.tenants)));
}

function within([least, most]: Range, place: number): number {
  return Math.round(least + (most - least) * place);
}

/** Tenants in flight take turns on the processors: twice as many as those, so that one works while others wait for the database. */
function inflightMax(cores: number | undefined): number {
  return cores === undefined ? Infinity : Math.max(2, 2 * cores);
}

/** What ingestion may hold: half of the pool, so that gateway and API always have the other. */
function ingestMax({ POOL_SIZE: poolSize }: Tuning): number {
  return Math.max(1, Math.floor(poolSize / 2));
}

/** By the document's own order: concurrency goes down first. */
function fitted(tuning: Tuning): Tuning {
  const most = ingestMax(tuning);
  const inflight = Math.min(tuning.SYNC_INGESTOR_MAX_INFLIGHT, most);
  const concurrency = Math.max(1, Math.floor(most / inflight));
  return {
    ...tuning,
    SYNC_INGESTOR_MAX_INFLIGHT: inflight,
    SYNC_INGESTOR_BATCH_CONCURRENCY: Math.min(tuning.SYNC_INGESTOR_BATCH_CONCURRENCY, concurrency),
  };
}

function rowSentence({ name, workload }: MatrixRow, { devices, tenants }: Workload): string {
  const many = tenants === 1 ? "1 tenant" : `${tenants} tenants`;
  return `${grouped(devices)} devices of ${many}: the row "${name}" (${workload}).`;
}

function poolSentence({
  maxConnections,
  replicas,
  budget,
  wanted,
}: Workload & { readonly budget: number; readonly wanted: number }): string {
  const formula = `floor(${maxConnections} * 0.6 / ${replicas}) = ${budget}`;
  if (budget < POOL_SIZE_MIN) {
    return `${formula} connections a core are too few, ${POOL_SIZE_MIN} are the least: run fewer cores or raise max_connections.`;
  }
  if (budget < wanted) {
    return `${formula} connections a core, fewer than the row's ${wanted}: the formula wins, since it keeps 40% for others.`;
  }
  return `${formula} connections a core would be possible; the row needs ${wanted}.`;
}

function coreSentence(wanted: number, cores: number | undefined): readonly string[] {
  const most = inflightMax(cores);
  if (wanted <= most) return [];
  return [`${cores} processors here: ${most} tenants in flight instead of ${wanted}.`];
}

function fitSentence(tuning: Tuning): readonly string[] {
  const { SYNC_INGESTOR_MAX_INFLIGHT: inflight, SYNC_INGESTOR_BATCH_CONCURRENCY: concurrency } =
    fitted(tuning);
  const isSame =
    inflight === tuning.SYNC_INGESTOR_MAX_INFLIGHT &&
    concurrency === tuning.SYNC_INGESTOR_BATCH_CONCURRENCY;
  if (isSame) return [];
  return [
    `Half of ${tuning.POOL_SIZE} connections stay free for gateway and API: ${inflight} tenants in flight, ${concurrency} chunks of each under way.`,
  ];
}
