/** What a load is measured on: a database that the bench can ask, a core as a process of its own, and a real agent in this one. */
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { GatewayLink } from "../../src/agent/gateway-link.ts";
import { hostFacts } from "../../src/agent/host.ts";
import { loadAgentConfig } from "../../src/agent/load-agent-config.ts";
import type { RunContext } from "../../src/agent/sync-run.ts";
import { WINDOW_CHUNKS_DEFAULT } from "../../src/agent/window.ts";
import type { DatabaseAddress } from "../../src/db/connection.ts";
import { startEmbedded } from "../../src/db/embedded.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { GatewayClient } from "../../src/wire/client.ts";
import { CHUNK_BYTES_MAX, MESSAGE_LIMITS_DEFAULT } from "../../src/wire/limits.ts";
import { coreCommands } from "../process/core-commands.ts";
import { freePort } from "../process/free-port.ts";
import { Program } from "../process/program.ts";
import { SHARES } from "./two-sources.ts";

/** The tenant that everything is loaded into. */
export const TENANT = "bench";
const AGENT = "bench-agent";
const LOG = silentLog();
/** Connections of the bench's own: one that looks, one that measures. */
const POOL_SIZE = 2;

/** The whole of it. */
export interface Rig extends AsyncDisposable {
  readonly db: Db;
  /** A database beside the core's, which is made now and has neither schema nor rows. */
  readonly openBeside: (name: string) => Promise<Db>;
  /** A folder that the database's server may write in. */
  readonly exportDir: string;
  /** "host:port" of the API of the core that was started last. */
  readonly http: string;
  /** The core's commands, as an operator types them. */
  readonly command: ReturnType<typeof coreCommands>;
  /** sync_service_id by type of source. */
  readonly serviceIds: ReadonlyMap<string, string>;
  /** Starts the core; it is stopped with the rig if it is not before. `env` beside this process's own. */
  readonly startCore: (roles: string, env?: Readonly<Record<string, string>>) => Promise<Program>;
  /** Connects the agent to the core that was started last. */
  readonly connect: () => RunContext;
  /** Leaves the folder, for who looks for the reason of a failure. */
  readonly keep: () => string;
}

/**
 * Opens it: database, tenant, agent and sources are there, no core runs. With `keptDir` everything stands there, and stays when the rig
 * is gone: a later rig of the same folder finds it again.
 */
export async function openRig(databaseUrl: string | undefined, keptDir?: string): Promise<Rig> {
  const dir = keptDir ?? (await mkdtemp(join(tmpdir(), "serviceradar-bench-")));
  const exportDir = join(dir, "export");
  await mkdir(exportDir, { recursive: true });
  // As root the database runs as another user, who must be able to pass through, and to write its files.
  await chmod(dir, 0o711);
  await chmod(exportDir, 0o777);
  await mkdir(join(dir, "logs"), { recursive: true });
  await using stack = new AsyncDisposableStack();
  let isKept = keptDir !== undefined;
  stack.defer(async () => {
    if (!isKept) await rm(dir, { recursive: true, force: true });
  });
  const address =
    databaseUrl === undefined ? await embedded(join(dir, "database"), stack) : { url: databaseUrl };
  const pools = stack.use(new AsyncDisposableStack());
  const open = (other: DatabaseAddress): Db =>
    pools.use(openPool({ address: other, max: POOL_SIZE, applicationName: "bench", log: LOG }));
  const db = open(address);
  const env = { DATABASE_URL: urlOf(address) };
  const dataDir = join(dir, "core");
  await mkdir(dataDir, { recursive: true });
  const command = coreCommands(dataDir, env);
  const { agentFile, serviceIds } = await setUp({ dir, db, command });
  const grpc = `127.0.0.1:${await freePort(0)}`;
  const http = `127.0.0.1:${await freePort(0)}`;
  const addresses = ["--data-dir", dataDir, "--grpc-listen", grpc, "--http-listen", http];
  const agent = await readAgent(agentFile, grpc);
  const programs = stack.use(new AsyncDisposableStack());
  const clients = stack.use(new DisposableStack());
  let starts = 0;
  const all = stack.move();
  return {
    db,
    exportDir,
    http,
    command,
    serviceIds,
    openBeside: async (name) => {
      await db.query(`create database ${name}`);
      return open(besides(address, name));
    },
    startCore: async (roles, own = {}) => {
      const name = `core-${++starts}`;
      const program = programs.use(
        new Program(name, {
          args: ["src/bin/core.ts", "serve", ...addresses, "--roles", roles],
          logFile: join(dir, "logs", `${name}.log`),
          preload: ["./build/bench/loop-delay.ts"],
          env: { ...env, ...own },
        }),
      );
      await program.line("serviceradar-core is up");
      return program;
    },
    connect: () => {
      const { link, context } = agent.connect();
      clients.defer(() => link.close());
      return context;
    },
    keep: () => {
      isKept = true;
      return dir;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function embedded(dataDir: string, stack: AsyncDisposableStack): Promise<DatabaseAddress> {
  const server = await startEmbedded({ dataDir, explicitDataDir: true, log: LOG });
  stack.use(server);
  return server.connection;
}

/** The embedded server as an operator's own: the core under measurement must not be its parent, or it could not be restarted. */
function urlOf(address: DatabaseAddress): string {
  if ("url" in address) return address.url;
  const { user, password, database, host } = address;
  return `postgresql://${user}:${password.reveal()}@/${database}?host=${encodeURIComponent(host)}`;
}

function besides(address: DatabaseAddress, database: string): DatabaseAddress {
  if (!("url" in address)) return { ...address, database };
  const url = new URL(address.url.replace("@/", "@socket/"));
  url.pathname = `/${database}`;
  return { url: url.href.replace("@socket/", "@/") };
}

type SettingUp = {
  readonly dir: string;
  readonly db: Db;
  readonly command: ReturnType<typeof coreCommands>;
};

async function setUp({ dir, db, command }: SettingUp): Promise<{
  readonly agentFile: string;
  readonly serviceIds: ReadonlyMap<string, string>;
}> {
  const bundle = join(dir, AGENT);
  const payload = join(dir, "sources.json");
  const source = (type: string): unknown => ({
    type,
    endpoint: "https://source.example.net",
    credentials: { secret_key: "bench", api_token: "bench" },
  });
  const sources = Object.fromEntries(SHARES.map(({ type }) => [`${type}_bench`, source(type)]));
  if (!existsSync(payload)) {
    await command("tenant", "create", TENANT);
    const agent = ["--tenant", TENANT, "--agent-id", AGENT, "--gateway-addr", "127.0.0.1:1"];
    await command("agent", "create", ...agent, "--out", bundle);
    await writeFile(payload, JSON.stringify({ sources }), { mode: 0o600 });
    await command("source", "apply", payload, "--tenant", TENANT, "--agent", AGENT);
  }
  const { rows } = await db.query<{ type: string; id: string }>(
    "select type, service_id::text as id from sync.sources",
  );
  return {
    agentFile: join(bundle, "agent.json"),
    serviceIds: new Map(rows.map(({ type, id }) => [type, id])),
  };
}

async function readAgent(
  file: string,
  grpc: string,
): Promise<{
  readonly connect: () => { readonly link: GatewayLink; readonly context: RunContext };
}> {
  const { config, credentials } = await loadAgentConfig(file);
  return {
    connect: () => {
      const link = new GatewayLink();
      const gateway = new GatewayClient({
        address: grpc,
        tls: credentials.current,
        limits: MESSAGE_LIMITS_DEFAULT,
        clock: systemClock,
      });
      link.establish({ gateway, gatewayId: "bench" });
      const context = {
        identity: { agentId: AGENT, partition: config.partition, host: hostFacts({}) },
        link,
        clock: systemClock,
        log: LOG,
        windowChunks: WINDOW_CHUNKS_DEFAULT,
        chunkBytesMax: CHUNK_BYTES_MAX,
        receiveBytesMax: MESSAGE_LIMITS_DEFAULT.receiveBytesMax,
        graceMs: 10_000,
      };
      return { link, context };
    },
  };
}
