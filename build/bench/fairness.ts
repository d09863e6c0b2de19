/**
 * How long a small tenant waits while a large one loads: from the acknowledgement of its chunk to its publication, beside the same on an
 * idle core. Inbox, pipeline threads and database are a core's own, with its defaults; the large tenant's inbox is full from the start.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";

import { startCrew } from "../../src/bin/pipeline-crew.ts";
import type { Pipeline } from "../../src/bin/pipeline-thread.ts";
import { QUEUE_LIMITS_DEFAULT } from "../../src/db/connections.ts";
import { startEmbedded } from "../../src/db/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import type { WorkFact } from "../../src/dire/work-fact.ts";
import { putChunk } from "../../src/inbox/inbox.ts";
import { silentLog } from "../../src/lib/log.ts";
import { advise } from "../../src/model/tuning.ts";
import { rounded, type BenchOptions, type Section } from "./section.ts";
import { devicesOf } from "./two-sources.ts";

const [SMALL, LARGE] = [1, 2];
/** Devices of the small tenant, all of which change with every chunk. */
const SMALL_DEVICES = 100;
/** Updates of the large tenant's chunks: about 3 MB. */
const CHUNK_UPDATES = 4_500;
const SAMPLES_IDLE = 30;
/** Under load it is measured for so long at most, ms; a shorter load ends it. */
const LOADED_MS = 60_000;
/** The first ones compile; they are not counted. */
const WARM_UP = 10;
/** Between two samples, ms: the small tenant is idle again. */
const PAUSE_MS = 250;
const LOOP_RESOLUTION_MS = 5;
const START_MS = Date.UTC(2026, 2, 2);
const LOG = silentLog();

/** The section. */
export const fairness: Section = {
  name: "fairness",
  run: async (options) => {
    const sizes: unknown[] = [];
    for (const devices of options.devices) sizes.push(await measure(devices, options));
    return sizes;
  },
};

interface Stand {
  readonly db: Db;
  readonly pipeline: Pipeline;
  /** Resolves with the small tenant's next publication. */
  readonly untilPublished: () => Promise<void>;
  readonly signal: AbortSignal;
}

async function measure(devices: number, { tell, signal }: BenchOptions): Promise<unknown> {
  const dataDir = await mkdtemp(join(tmpdir(), "serviceradar-bench-"));
  try {
    await using server = await startEmbedded({ dataDir, explicitDataDir: false, log: LOG });
    const address = server.connection;
    await using db = openPool({ address, max: 4, applicationName: "bench", log: LOG });
    await prepare(db, devices);
    const waiters: (() => void)[] = [];
    const note = (fact: WorkFact): void => {
      if (fact.step !== "published" || fact.tenant !== "small") return;
      for (const resolve of waiters.splice(0)) resolve();
    };
    const { tuning } = advise({ maxConnections: 100, replicas: 1, devices, tenants: 2 });
    const inflight = tuning.SYNC_INGESTOR_MAX_INFLIGHT;
    const pipeline = startCrew({
      address,
      queue: QUEUE_LIMITS_DEFAULT,
      log: LOG,
      note,
      poolSize: inflight + 3,
      tenantsInFlight: inflight,
      batchConcurrency: tuning.SYNC_INGESTOR_BATCH_CONCURRENCY,
      chunksPerTx: tuning.SYNC_INGESTOR_QUEUE_MAX_CHUNKS,
      coalesceMs: tuning.SYNC_INGESTOR_COALESCE_MS,
    });
    try {
      const untilPublished = (): Promise<void> =>
        new Promise((resolve) => void waiters.push(resolve));
      return await compare({ db, pipeline, untilPublished, signal }, { devices, tell });
    } finally {
      await pipeline.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Both tenants, and the large one's whole load out of sight of the pipeline: parked. */
async function prepare(db: Db, devices: number): Promise<void> {
  await migrate(db, { log: LOG });
  for (const [tenant, slug] of [
    [SMALL, "small"],
    [LARGE, "large"],
  ]) {
    await db.query(
      "insert into sync.tenants (tenant, uid, slug, name) values ($1, gen_random_uuid(), $2, $2)",
      [tenant, slug],
    );
    await db.query("insert into sync.tenant_ingest (tenant) values ($1)", [tenant]);
  }
  for (let from = 0, index = 0; from < devices; from += CHUNK_UPDATES, index += 1) {
    const count = Math.min(CHUNK_UPDATES, devices - from);
    await store(db, LARGE, { run: "load", index, from, count, version: 0 });
  }
  await db.query("update sync.inbox set parked_reason = 'not yet'");
}

type Chunk = {
  readonly run: string;
  readonly index: number;
  readonly from: number;
  readonly count: number;
  readonly version: number;
};

async function store(db: Db, tenant: number, chunk: Chunk): Promise<void> {
  const { run, index, from, count, version } = chunk;
  const share = { type: "armis", from, until: from + count } as const;
  const updates = [...devicesOf(share, { devices: 1, isChanged: () => false })].map((device) => ({
    ip: device.ip,
    mac: device.mac,
    hostname: device.hostname,
    agent_id: "a",
    source: "armis",
    partition: "default",
    timestamp: new Date(START_MS + version * 60_000).toISOString(),
    metadata: { ...device.metadata, sync_service_id: "armis", os: `Ubuntu ${version}` },
  }));
  await putChunk(db.forTenant(tenant), tenant, {
    agentId: "a",
    runId: run,
    chunkIndex: index,
    sender: {
      agentId: "a",
      partition: "default",
      sources: [{ serviceId: "armis", type: "armis", enabled: true }],
    },
    message: Buffer.from(JSON.stringify(updates)),
    chunksMax: 1_000_000,
    endsRun: tenant === SMALL,
  });
}

async function compare(
  stand: Stand,
  { devices, tell }: { readonly devices: number; readonly tell: (line: string) => void },
): Promise<unknown> {
  const times: number[] = [];
  for (let version = 1; version <= WARM_UP + SAMPLES_IDLE; version += 1) {
    times.push(await sample(stand, version));
  }
  const idle = summary(times.slice(WARM_UP));
  tell(`fairness: idle, ${idle.p50_ms} ms; now beside ${devices} devices`);
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  delay.enable();
  await stand.db.query("update sync.inbox set parked_reason = null");
  stand.pipeline.wake();
  const loaded: number[] = [];
  const untilMs = performance.now() + LOADED_MS;
  while (performance.now() < untilMs) {
    const ms = await sample(stand, WARM_UP + SAMPLES_IDLE + loaded.length + 1);
    if (!(await isLoading(stand.db))) break;
    loaded.push(ms);
  }
  delay.disable();
  const under = summary(loaded);
  tell(`fairness: under load, ${under.p50_ms} ms`);
  return {
    devices_of_the_large_tenant: devices,
    devices_of_the_small_tenant: SMALL_DEVICES,
    idle,
    loaded: under,
    // At most 3 is the aim.
    loaded_to_idle: rounded(under.p50_ms / idle.p50_ms),
    main_thread_delay_p99_ms: rounded(Math.max(0, delay.percentile(99) / 1e6 - LOOP_RESOLUTION_MS)),
  };
}

/** Milliseconds from a chunk's acknowledgement to its publication. */
async function sample(
  { db, pipeline, untilPublished, signal }: Stand,
  version: number,
): Promise<number> {
  await setTimeout(PAUSE_MS, undefined, { signal });
  const published = untilPublished();
  await store(db, SMALL, {
    run: `run-${version}`,
    index: 0,
    from: 0,
    count: SMALL_DEVICES,
    version,
  });
  const acknowledgedMs = performance.now();
  pipeline.wake();
  await Promise.race([published, pipeline.ended]);
  return performance.now() - acknowledgedMs;
}

async function isLoading(db: Db): Promise<boolean> {
  const { rows } = await db.query<{ left: boolean }>(
    `select exists (select from sync.inbox where tenant = $1)
         or exists (select from sync.dirty where tenant = $1) as left`,
    [LARGE],
  );
  return rows[0]?.left === true;
}

type Summary = { readonly samples: number; readonly p50_ms: number; readonly p95_ms: number };

function summary(times: readonly number[]): Summary {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): number => rounded(sorted[Math.floor(part * sorted.length)] ?? NaN);
  return { samples: sorted.length, p50_ms: at(0.5), p95_ms: at(0.95) };
}
