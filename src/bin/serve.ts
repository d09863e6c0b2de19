import { hostname } from "node:os";

import { createApi } from "../api/app.ts";
import { serveEnrolment } from "../api/enrolment.ts";
import { createMetricsApp } from "../api/metrics-routes.ts";
import { Metrics } from "../api/metrics.ts";
import { serveHttp, type RunningHttp } from "../api/serve-http.ts";
import { nextSteps } from "../cli/core-first-start.ts";
import { openPlatform, type Platform, type PlatformSettings } from "../cli/platform.ts";
import { createTenant, listTenants } from "../control/tenants.ts";
import { bringDerivation } from "../dire/bring-derivation.ts";
import { openGateway, type RunningGateway } from "../gateway/gateway.ts";
import { systemClock } from "../lib/clock.ts";
import { envInteger, type Environment } from "../lib/env.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import type { Log } from "../lib/log.ts";
import { parseTenantSlug } from "../model/tenant.ts";
import { messageLimits } from "../wire/limits.ts";
import { startPipeline, type Pipeline } from "./pipeline-thread.ts";

/** Parts of the core that one process may run. */
export const ROLES = ["gateway", "ingest", "api"] as const;

/** One of ROLES. */
export type Role = (typeof ROLES)[number];

/** How `serve` was asked to run. */
export interface ServeSettings extends PlatformSettings {
  readonly roles: readonly Role[];
  /** "host:port" of gRPC. */
  readonly grpcListen: string;
  /** "host:port" of HTTP. */
  readonly httpListen: string;
  /** Where agents enrol; absent: nowhere. */
  readonly enrollListen?: string | undefined;
  /** Where metrics are, without a password; absent: nowhere. */
  readonly metricsListen?: string | undefined;
  /** Names and addresses that agents dial, for the gateway's certificate. */
  readonly gatewayNames: readonly string[];
  /** Slug of the tenant that a first start makes. */
  readonly firstTenant: string;
  /** Folder of operators' own enrichment rules; undefined: the default one, which need not be there. */
  readonly rulesDir: string | undefined;
  /** Complete full runs that may miss a record before its values yield. */
  readonly fieldExpiryRuns: number;
  readonly socketPath: string;
}

/** Unworked chunks of a tenant before its agents are held back: about 0.5 GB of JSON, 50 MB as stored. */
const INBOX_CHUNKS_DEFAULT = 200;
/** How long open calls may take to end when the core stops, ms: one window of an agent on a slow link. */
const STOP_GRACE_MS = 10_000;

/** Runs the core until the signal aborts. Gives the exit code. */
export async function serve(
  settings: ServeSettings,
  io: {
    readonly env: Environment;
    readonly log: Log;
    readonly signal: AbortSignal;
    readonly print: (line: string) => void;
  },
): Promise<number> {
  const { env, log, signal } = io;
  const limits = messageLimits(env);
  const tuning = readTuning(env);
  const isIngesting = settings.roles.includes("ingest");
  const pools = poolSizes(settings, { isIngesting, tenantsInFlight: tuning.tenantsInFlight });
  const own = { ...settings, poolSize: pools.own };
  await using platform = await openPlatform(own, { log, clock: systemClock });
  await ensureTenant(platform, settings.firstTenant);
  if (isIngesting) await bringDerivation(platform.db, { ...settings, clock: systemClock, log });
  const parts: Part[] = [];
  try {
    const { address } = platform;
    const metrics: Metrics = new Metrics({
      db: platform.db,
      clock: systemClock,
      log,
      pools: () => ({
        main: platform.db.load(),
        ...(pipeline === undefined ? {} : { ingest: pipeline.load() }),
      }),
    });
    const note = metrics.noteWork;
    const pipeline = isIngesting
      ? startPipeline({ address, poolSize: pools.pipeline, log, note, ...tuning })
      : undefined;
    if (pipeline !== undefined) parts.push({ name: "ingest", ...pipeline });
    if (settings.roles.includes("gateway")) {
      const intake = { platform, settings, pipeline, limits, tuning, log, metrics };
      parts.push(await startGateway(intake));
    }
    parts.push(...(await startHttp(platform, settings, { log, metrics })));
    if (settings.enrollListen !== undefined) {
      parts.push(await startEnrolment(platform, settings, log));
    }
    await announce(platform, settings, { parts, env, print: io.print });
    return await untilStopped({ signal, platform, parts, log });
  } finally {
    for (const part of parts.toReversed()) await part.stop();
  }
}

/** Something that runs and can be stopped. */
interface Part {
  readonly name: string;
  readonly address?: string;
  readonly ended?: Promise<void>;
  stop(): Promise<void>;
}

interface Tuning {
  readonly chunksPerTx: number;
  readonly tenantsInFlight: number;
  readonly chunksMax: number;
}

function readTuning(env: Environment): Tuning {
  return {
    chunksPerTx: envInteger(env, "SYNC_INGESTOR_QUEUE_MAX_CHUNKS", {
      min: 1,
      max: 1_000,
      fallback: 10,
    }),
    tenantsInFlight: envInteger(env, "SYNC_INGESTOR_MAX_INFLIGHT", {
      min: 1,
      max: 64,
      fallback: 2,
    }),
    chunksMax: envInteger(env, "SYNC_INBOX_MAX_CHUNKS", {
      min: 1,
      max: 100_000,
      fallback: INBOX_CHUNKS_DEFAULT,
    }),
  };
}

async function ensureTenant({ db, authorities }: Platform, first: string): Promise<void> {
  if ((await listTenants(db)).length > 0) return;
  const slug = parseTenantSlug(first);
  if (!slug.ok) throw new ConfigError("--first-tenant", slug.error);
  // Two replicas that start at once may both come here; the second finds the tenant made.
  await createTenant(db, { slug: slug.value, name: slug.value, actor: "first start", authorities });
}

/** Connections of the pipeline beside one for each tenant in flight: the keeper's and a look for work. */
const PIPELINE_BESIDES = 2;

/** POOL_SIZE is what the process may open: the pipeline has what it can use, half at most, and all else is for the others. */
function poolSizes(
  { poolSize }: Pick<ServeSettings, "poolSize">,
  { isIngesting, tenantsInFlight }: { isIngesting: boolean; tenantsInFlight: number },
): { readonly own: number; readonly pipeline: number } {
  if (!isIngesting) return { own: poolSize, pipeline: 0 };
  const pipeline = Math.min(tenantsInFlight + PIPELINE_BESIDES, Math.floor(poolSize / 2));
  return { own: poolSize - pipeline, pipeline };
}

type GatewayParts = {
  readonly platform: Platform;
  readonly settings: ServeSettings;
  readonly pipeline: Pipeline | undefined;
  readonly limits: ReturnType<typeof messageLimits>;
  readonly tuning: Tuning;
  readonly log: Log;
  readonly metrics: Metrics;
};

async function startGateway({
  platform,
  settings,
  pipeline,
  limits,
  tuning,
  log,
  metrics,
}: GatewayParts): Promise<Part> {
  const { db, sealer, authorities } = platform;
  const context = {
    db,
    sealer,
    clock: systemClock,
    log,
    gatewayId: hostname(),
    chunksMax: tuning.chunksMax,
    note: metrics.noteIntake,
    onStored: () => pipeline?.wake(),
  };
  const gateway: RunningGateway = await openGateway({
    context,
    authorities,
    limits,
    listen: settings.grpcListen,
    names: [hostname(), ...settings.gatewayNames],
  });
  const host = settings.grpcListen.replace(/:\d+$/, "");
  return {
    name: "gateway",
    address: `${host}:${gateway.port}`,
    stop: () => gateway.stop(STOP_GRACE_MS),
  };
}

/** The API's listeners where it is wanted, and the watchers' port where one is named, of any role. */
async function startHttp(
  platform: Platform,
  { roles, httpListen, socketPath, metricsListen }: ServeSettings,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): Promise<Part[]> {
  const context = { ...platform, clock: systemClock, log };
  const parts: Part[] = [];
  const add = (name: string, http: RunningHttp): void =>
    void parts.push({ name, address: http.address, stop: () => http.stop() });
  if (roles.includes("api")) {
    const app = createApi(context, metrics);
    add("api", await serveHttp({ app, listen: httpListen }));
    add("local", await serveHttp({ app, socketPath }));
  }
  if (metricsListen !== undefined) {
    const app = createMetricsApp(context, metrics);
    const setting = "--metrics-listen";
    add("metrics", await serveHttp({ app, listen: metricsListen, setting }));
  }
  return parts;
}

async function startEnrolment(
  { db, authorities }: Platform,
  { enrollListen = "", gatewayNames }: ServeSettings,
  log: Log,
): Promise<Part> {
  const context = { db, authorities, clock: systemClock };
  const names = [hostname(), ...gatewayNames];
  const listener = await serveEnrolment({ context, log, listen: enrollListen, names });
  return { name: "enrolment", address: listener.address, stop: () => listener.stop() };
}

type Announcing = {
  readonly parts: readonly Part[];
  readonly env: Environment;
  readonly print: (line: string) => void;
};

async function announce(
  platform: Platform,
  settings: ServeSettings,
  { parts, env, print }: Announcing,
): Promise<void> {
  const { db, dataDir } = platform;
  const tenants = await listTenants(db);
  const { rows } = await db
    .across("start")
    .query<{ any: boolean }>("select exists (select from sync.agents) as any");
  const address = (name: string): string | undefined =>
    parts.find((part) => part.name === name)?.address;
  print(
    `serviceradar-core is up. Data: ${settings.databaseUrl === undefined ? dataDir : "the given database"}`,
  );
  const [gateway, api] = [address("gateway"), address("api")];
  if (gateway !== undefined) print(`  gateway (gRPC, mTLS)  ${gateway}`);
  const enrolment = address("enrolment");
  if (enrolment !== undefined) print(`  enrolment (HTTPS)     https://${enrolment}`);
  if (api !== undefined) print(`  API (HTTP)            http://${api}/api/v1`);
  const watched = address("metrics");
  if (watched !== undefined) print(`  metrics (HTTP)        http://${watched}/metrics`);
  const slugs = tenants.map(({ slug }) => slug);
  print(`  tenants               ${slugs.join(", ")}`);
  if (rows[0]?.any === true) return;
  const where = settings.isDataDirExplicit ? settings.dataDir : undefined;
  const start = { tenants: slugs, gateway, dataDir: where, env };
  for (const line of nextSteps(start)) print(line);
}

type Running = {
  readonly signal: AbortSignal;
  readonly platform: Platform;
  readonly parts: readonly Part[];
  readonly log: Log;
};

async function untilStopped({ signal, platform, parts, log }: Running): Promise<number> {
  const stopped = new Promise<number>((resolve) =>
    signal.addEventListener("abort", () => resolve(EXIT.ok), { once: true }),
  );
  const crashed = platform.crashed.then((error) => {
    log.fatal({ error: messageOf(error) }, "the database has gone");
    return EXIT.failed;
  });
  const ended = parts.flatMap(({ name, ended: end }) =>
    end === undefined
      ? []
      : [
          end.then(
            () => EXIT.ok,
            (thrown: unknown) => died(name, { thrown, log }),
          ),
        ],
  );
  const code = signal.aborted ? EXIT.ok : await Promise.race([stopped, crashed, ...ended]);
  log.info("stopping: calls and chunks under way are being ended");
  return code;
}

/** A part that ends by itself is a bug, or out of memory: whoever restarts the process gets all of it anew. */
function died(part: string, { thrown, log }: { thrown: unknown; log: Log }): number {
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  log.fatal({ part, error: messageOf(thrown), stack }, "a part of the core has died");
  return EXIT.failed;
}
