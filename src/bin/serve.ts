import { hostname } from "node:os";

import { createApi } from "../api/app.ts";
import type { ApiContext, TuningInForce } from "../api/context.ts";
import { serveEnrolment } from "../api/enrolment.ts";
import { createMetricsApp } from "../api/metrics-routes.ts";
import { Metrics } from "../api/metrics.ts";
import { serveHttp, type RunningHttp } from "../api/serve-http.ts";
import { Snapshots } from "../api/snapshots.ts";
import { uiFiles } from "../api/ui-files.ts";
import { dialledGateway, nextSteps } from "../cli/core-first-start.ts";
import type { GatewayCertificateFiles } from "../cli/core-serve-gateway.ts";
import type { WebSettings } from "../cli/core-serve-web.ts";
import { openPlatform, type Platform, type PlatformSettings } from "../cli/platform.ts";
import { keepGatewayAnchors } from "../control/gateway-anchors.ts";
import { createTenant, listTenants } from "../control/tenants.ts";
import type { QueueLimits } from "../db/checkout-queue.ts";
import type { PoolLoad } from "../db/connections.ts";
import type { Embedded } from "../db/embedded.ts";
import type { TenantDbs } from "../db/pool.ts";
import { bringDerivation } from "../dire/bring-derivation.ts";
import { openGateway, type RunningGateway } from "../gateway/gateway.ts";
import { systemClock } from "../lib/clock.ts";
import type { Environment } from "../lib/env.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import type { Log } from "../lib/log.ts";
import { certificateFromFiles, readAnchors } from "../lib/server-certificate.ts";
import { parseTenantSlug } from "../model/tenant.ts";
import type { Tuning } from "../model/tuning.ts";
import type { messageLimits } from "../wire/limits.ts";
import { watchDatabase } from "./database-watch.ts";
import { openLists } from "./lists.ts";
import { LIGHT_CONNECTIONS, startCrew } from "./pipeline-crew.ts";
import type { Pipeline, PipelineOptions } from "./pipeline-thread.ts";
import { readServeEnvironment } from "./serve-environment.ts";
import { schemeOf, setupLines, webContext, webTls } from "./serve-web.ts";
import { settleTuning, type SettledTuning } from "./settle-tuning.ts";

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
  readonly web: WebSettings;
  /** Where agents enrol; absent: nowhere. */
  readonly enrollListen?: string | undefined;
  /** Where metrics are, without a password; absent: nowhere. */
  readonly metricsListen?: string | undefined;
  /** Names and addresses that agents dial, for the gateway's certificate. */
  readonly gatewayNames: readonly string[];
  /** The gateway's certificate of an existing PKI; absent: the core makes its own. */
  readonly gatewayCertificate?: GatewayCertificateFiles | undefined;
  /** Slug of the tenant that a first start makes. */
  readonly firstTenant: string;
  /** Folder of operators' own enrichment rules; undefined: the default one, which need not be there. */
  readonly rulesDir: string | undefined;
  /** Complete full runs that may miss a record before its values yield. */
  readonly fieldExpiryRuns: number;
  readonly socketPath: string;
  /** A streaming replica of `databaseUrl`, for lists. */
  readonly readDatabaseUrl?: string | undefined;
}

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
    /** What `beginEmbedded` began; absent: it is begun here. */
    readonly embedded?: Promise<Embedded | undefined>;
  },
): Promise<number> {
  const { env, log, signal, embedded } = io;
  const { limits, given, chunksMax } = readServeEnvironment(env);
  const isIngesting = settings.roles.includes("ingest");
  await using platform = await openPlatform(settings, { log, clock: systemClock, embedded });
  const settled = await settleTuning(platform.db, given, log);
  const sizes = poolSizes(settled, isIngesting);
  platform.retune({ queue: sizes.queue, least: sizes.own, most: sizes.ownMost });
  await using replica = await openLists(platform, { ...settings, poolSize: sizes.own }, log);
  await ensureTenant(platform, settings.firstTenant);
  if (isIngesting) await bringDerivation(platform.db, { ...settings, clock: systemClock, log });
  const parts: Part[] = [];
  try {
    const pools = (): Readonly<Record<string, PoolLoad>> => loads(platform.db, pipeline);
    const metrics: Metrics = new Metrics({ db: platform.db, clock: systemClock, log, pools });
    const ingest = { ...sizes, address: platform.address, log, note: metrics.noteWork };
    let pipeline: Pipeline | undefined;
    if (settings.roles.includes("gateway")) {
      const intake = { platform, settings, isIngesting, limits, chunksMax, log, metrics };
      parts.push(await startGateway({ ...intake, pipeline: () => pipeline }));
    }
    const watch = watchDatabase({
      db: platform.db,
      clock: systemClock,
      log,
      replicas: given.replicas,
      isHere: settings.databaseUrl === undefined,
    });
    parts.push({ name: "watch", stop: watch.stop });
    const tuning = (): TuningInForce => ({
      ...settled,
      pools: pools(),
      database: watch.load(),
      now: watch.advice(),
    });
    const { lists } = replica;
    if (settings.enrollListen !== undefined) {
      parts.push(await startEnrolment(platform, settings, log));
    }
    const serving = { ...platform, lists, tuning, ...reachedAt(parts, settings) };
    parts.push(...(await startHttp(serving, settings, { log, metrics })));
    // Last, since its threads load for as long as all that is above starts. Until then chunks wait in the inbox.
    if (isIngesting) {
      pipeline = startIngest(settled.tuning, ingest);
      parts.unshift({ name: "ingest", ...pipeline });
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

/** Where agents reach what of this process is for them. */
function reachedAt(
  parts: readonly Part[],
  { gatewayNames }: ServeSettings,
): Pick<ApiContext, "gatewayAddress" | "enrolmentUrl"> {
  const dialled = (wanted: string): string | undefined => {
    const address = parts.find(({ name }) => name === wanted)?.address;
    return address === undefined ? undefined : dialledGateway(address, gatewayNames);
  };
  const enrolment = dialled("enrolment");
  return {
    gatewayAddress: dialled("gateway"),
    enrolmentUrl: enrolment === undefined ? undefined : `https://${enrolment}`,
  };
}

async function ensureTenant({ db, authorities }: Platform, first: string): Promise<void> {
  if ((await listTenants(db)).length > 0) return;
  const slug = parseTenantSlug(first);
  if (!slug.ok) throw new ConfigError("--first-tenant", slug.error);
  // Two replicas that start at once may both come here; the second finds the tenant made.
  await createTenant(db, { slug: slug.value, name: slug.value, actor: "first start", authorities });
}

function startIngest(
  tuning: Tuning,
  { pipeline, queue, ...rest }: PoolSizes & Pick<PipelineOptions, "address" | "log" | "note">,
): Pipeline {
  return startCrew({
    ...rest,
    queue,
    poolSize: pipeline,
    chunksPerTx: tuning.SYNC_INGESTOR_QUEUE_MAX_CHUNKS,
    coalesceMs: tuning.SYNC_INGESTOR_COALESCE_MS,
    tenantsInFlight: tuning.SYNC_INGESTOR_MAX_INFLIGHT,
    batchConcurrency: tuning.SYNC_INGESTOR_BATCH_CONCURRENCY,
  });
}

/** Connections of the pipeline beside those of tenants in flight: the keeper's, a look for work, and the light thread's. */
const PIPELINE_BESIDES = 2 + LIGHT_CONNECTIONS;

type PoolSizes = {
  readonly queue: QueueLimits;
  readonly pipeline: number;
  readonly own: number;
  readonly ownMost: number;
};

/** POOL_SIZE is what the process may open: the pipeline has what it can use, half at most, and all else is for the others. */
function poolSizes({ tuning, poolMost }: SettledTuning, isIngesting: boolean): PoolSizes {
  const { POOL_SIZE: size, SYNC_INGESTOR_MAX_INFLIGHT: inflight } = tuning;
  const wanted = Math.min(inflight + PIPELINE_BESIDES, Math.floor(size / 2));
  const pipeline = isIngesting ? wanted : 0;
  const queue = {
    targetMs: tuning.DATABASE_QUEUE_TARGET_MS,
    intervalMs: tuning.DATABASE_QUEUE_INTERVAL_MS,
  };
  return { queue, pipeline, own: size - pipeline, ownMost: poolMost - pipeline };
}

function loads(db: TenantDbs, pipeline: Pipeline | undefined): Readonly<Record<string, PoolLoad>> {
  return { main: db.load(), ...(pipeline === undefined ? {} : { ingest: pipeline.load() }) };
}

type GatewayParts = {
  readonly platform: Platform;
  readonly settings: ServeSettings;
  readonly isIngesting: boolean;
  /** Undefined until it runs. */
  readonly pipeline: () => Pipeline | undefined;
  readonly limits: ReturnType<typeof messageLimits>;
  readonly chunksMax: number;
  readonly log: Log;
  readonly metrics: Metrics;
};

async function startGateway({
  platform,
  settings,
  isIngesting,
  pipeline,
  limits,
  chunksMax,
  log,
  metrics,
}: GatewayParts): Promise<Part> {
  const { db, sealer, authorities } = platform;
  const snapshots = new Snapshots({ db, clock: systemClock, log });
  const stopping = new AbortController();
  const takeRepeated: Pipeline["takeRepeated"] = async (...chunk) =>
    (await pipeline()?.takeRepeated(...chunk)) ?? false;
  const context = {
    db,
    sealer,
    clock: systemClock,
    log,
    gatewayId: hostname(),
    chunksMax,
    note: metrics.noteIntake,
    takeRepeated: isIngesting ? takeRepeated : undefined,
    snapshots,
    onStored: () => pipeline()?.wake(),
  };
  const files = settings.gatewayCertificate;
  const gateway: RunningGateway = await openGateway({
    context,
    authorities,
    limits,
    listen: settings.grpcListen,
    names: [hostname(), ...settings.gatewayNames],
    certificate: files === undefined ? undefined : await certificateFromFiles(files),
  });
  await keepGatewayAnchors(db, files === undefined ? undefined : await readAnchors(files.ca));
  const watching = snapshots.watch(stopping.signal);
  const host = settings.grpcListen.replace(/:\d+$/, "");
  return {
    name: "gateway",
    address: `${host}:${gateway.port}`,
    stop: async () => {
      stopping.abort();
      await gateway.stop(STOP_GRACE_MS);
      await watching;
    },
  };
}

/** The API's listeners where it is wanted, and the watchers' port where one is named, of any role. */
async function startHttp(
  platform: Platform & Pick<ApiContext, "lists" | "tuning" | "gatewayAddress" | "enrolmentUrl">,
  { roles, httpListen, socketPath, metricsListen, web, gatewayNames }: ServeSettings,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): Promise<Part[]> {
  let address: string | undefined;
  const pageUrl = (): string | undefined => web.publicUrl ?? originAt(web, address);
  const context = { ...platform, ...webContext(web), pageUrl, clock: systemClock, log };
  const parts: Part[] = [];
  const add = (name: string, http: RunningHttp): void =>
    void parts.push({ name, address: http.address, stop: () => http.stop() });
  if (roles.includes("api")) {
    const app = createApi(context, { metrics, ui: uiFiles() });
    const tls = await webTls(platform, web, gatewayNames);
    const api = await serveHttp({ app, listen: httpListen, tls, proxies: web.proxies, log });
    address = api.address;
    add("api", api);
    add("local", await serveHttp({ app, socketPath }));
  }
  if (metricsListen !== undefined) {
    const app = createMetricsApp(context, metrics);
    const setting = "--metrics-listen";
    add("metrics", await serveHttp({ app, listen: metricsListen, setting }));
  }
  return parts;
}

/** Where a browser on this host finds the page; behind a proxy only `--public-url` tells. */
function originAt(web: ServeSettings["web"], address: string | undefined): string | undefined {
  return address && `${schemeOf(web)}://${dialledGateway(address, [])}`;
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
  const origin = settings.web.publicUrl ?? `${schemeOf(settings.web)}://${api}`;
  if (api !== undefined) print(`  API (HTTP)            ${origin}/api/v1`);
  if (api !== undefined) {
    print(`  web page              ${origin}/`);
    for (const line of await setupLines(db, origin)) print(line);
  }
  const watched = address("metrics");
  if (watched !== undefined) print(`  metrics (HTTP)        http://${watched}/metrics`);
  const slugs = tenants.map(({ slug }) => slug);
  print(`  tenants               ${slugs.join(", ")}`);
  if (rows[0]?.any === true) return;
  const where = settings.isDataDirExplicit ? settings.dataDir : undefined;
  const { gatewayNames } = settings;
  const start = { tenants: slugs, gateway, gatewayNames, dataDir: where, env };
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
