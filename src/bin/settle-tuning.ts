/** What a server is tuned to: what the environment says, and for the rest what the matrix says of this database. */
import { availableParallelism } from "node:os";

import type { TenantDbs } from "../db/pool.ts";
import { envInteger, type Environment } from "../lib/env.ts";
import type { Log } from "../lib/log.ts";
import {
  advise,
  POOL_SIZE_MIN,
  TUNED,
  type Advice,
  type Tuning,
  type Workload,
} from "../model/tuning.ts";

/** What is given by hand; undefined: decided by the matrix. */
export interface GivenTuning {
  readonly given: Readonly<Record<keyof Tuning, number | undefined>>;
  /** Cores on this database, which none of them can see by itself. */
  readonly replicas: number;
}

/** Bounds of a wait in the pool's queue, ms: an hour is no wait any more. */
const QUEUE_MS = { min: 1, max: 3_600_000, fallback: undefined };

/** Reads the settings. Throws ConfigError naming the one that is wrong. */
export function readTuning(env: Environment): GivenTuning {
  const own = { fallback: undefined };
  return {
    replicas: envInteger(env, "SYNC_CORE_REPLICAS", { min: 1, max: 1_000, fallback: 1 }),
    given: {
      POOL_SIZE: envInteger(env, "POOL_SIZE", { min: POOL_SIZE_MIN, max: 10_000, ...own }),
      DATABASE_QUEUE_TARGET_MS: envInteger(env, "DATABASE_QUEUE_TARGET_MS", QUEUE_MS),
      DATABASE_QUEUE_INTERVAL_MS: envInteger(env, "DATABASE_QUEUE_INTERVAL_MS", QUEUE_MS),
      SYNC_INGESTOR_COALESCE_MS: envInteger(env, "SYNC_INGESTOR_COALESCE_MS", {
        min: 0,
        max: 60_000,
        ...own,
      }),
      SYNC_INGESTOR_QUEUE_MAX_CHUNKS: envInteger(env, "SYNC_INGESTOR_QUEUE_MAX_CHUNKS", {
        min: 1,
        max: 1_000,
        ...own,
      }),
      SYNC_INGESTOR_MAX_INFLIGHT: envInteger(env, "SYNC_INGESTOR_MAX_INFLIGHT", {
        min: 1,
        max: 64,
        ...own,
      }),
      SYNC_INGESTOR_BATCH_CONCURRENCY: envInteger(env, "SYNC_INGESTOR_BATCH_CONCURRENCY", {
        min: 1,
        max: 16,
        ...own,
      }),
    },
  };
}

/** What is in force, and how it came to be. */
export interface SettledTuning {
  readonly tuning: Tuning;
  readonly isGiven: (name: keyof Tuning) => boolean;
  readonly why: readonly string[];
  /** Connections that the process may grow to: POOL_SIZE where that was given. */
  readonly poolMost: number;
}

/** Asks the database what it can give and holds, and writes what came out to the log. */
export async function settleTuning(
  db: TenantDbs,
  { given, replicas }: GivenTuning,
  log: Log,
): Promise<SettledTuning> {
  const workload = await workloadNow(db, replicas);
  const { tuning: advised, poolBudget, why } = advise(workload);
  const isGiven = (name: keyof Tuning): boolean => given[name] !== undefined;
  const tuning = Object.fromEntries(
    TUNED.map((name) => [name, given[name] ?? advised[name]]),
  ) as Tuning;
  const poolMost = given.POOL_SIZE ?? Math.max(tuning.POOL_SIZE, poolBudget);
  const told = TUNED.map((name) => [name, `${tuning[name]}${isGiven(name) ? "" : " (automatic)"}`]);
  log.info({ ...Object.fromEntries(told), ...workload, pool_most: poolMost }, "tuned");
  return { tuning, isGiven, why, poolMost };
}

/** Advice with what it was asked for. */
export type AdviceNow = Advice & { readonly workload: Workload };

/** What the matrix says of what there is now. */
export async function adviseNow(db: TenantDbs, replicas: number): Promise<AdviceNow> {
  const workload = await workloadNow(db, replicas);
  return { ...advise(workload), workload };
}

async function workloadNow(db: TenantDbs, replicas: number): Promise<Workload> {
  return { ...(await readWorkload(db)), replicas, cores: availableParallelism() };
}

/** The planner's own estimate of devices: counting a million rows would hold up a start. */
async function readWorkload(db: TenantDbs): Promise<{
  readonly maxConnections: number;
  readonly devices: number;
  readonly tenants: number;
}> {
  const { rows } = await db
    .across("tuning")
    .query<{ connections: number; devices: number; tenants: number }>(
      `select current_setting('max_connections')::int as connections,
            (select greatest(0, reltuples)::int8 from pg_class where oid = 'sync.devices'::regclass) as devices,
            (select count(*)::int from sync.tenants) as tenants`,
    );
  const [row] = rows;
  return {
    maxConnections: row?.connections ?? 0,
    devices: row?.devices ?? 0,
    tenants: Math.max(1, row?.tenants ?? 0),
  };
}
