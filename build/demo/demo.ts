/**
 * `npm run demo`: a core with its embedded database, two agents of two tenants, recorded and generated sources, a full sync.
 * `--once` ends by itself; else it serves until Ctrl-C. `--devices N`: at most so many of each source. Everything lies in a folder that goes with it.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";

import { messageOf } from "../../src/lib/errors.ts";
import { PLANT_DAYS } from "../../test/fakes/troubled-plant.ts";
import { apiOf } from "../process/core-commands.ts";
import type { Program } from "../process/program.ts";
import { openStage, type Stage } from "../process/stage.ts";
import { ensureUi } from "../ui/ensure-ui.ts";
import { passPlantDays } from "./plant-days.ts";
import { watchSync } from "./progress.ts";
import {
  armisArguments,
  netboxArguments,
  plantArguments,
  plantPayload,
  tenantsOf,
  writePayload,
  type DemoTenant,
} from "./scene.ts";
import { countRecords, printSummary } from "./summary.ts";

/** How often it is looked whether everything still runs, ms. */
const LOOK_MS = 500;
/** Who opens the page. */
const USER = "demo";
const USAGE = "usage: npm run demo -- [--once] [--devices N]";

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const stopping = new AbortController();
const stop = (): void => stopping.abort();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);

try {
  await demo(readFlags());
  if (stopping.signal.aborted) print("Everything is stopped and removed.");
} catch (thrown) {
  print(`The demo failed: ${messageOf(thrown)}`);
  process.exitCode = 1;
}

type Flags = { readonly isOnce: boolean; readonly devices: number };

function readFlags(): Flags {
  const { values } = parseArgs({
    options: {
      once: { type: "boolean", default: false },
      devices: { type: "string", default: "10000" },
    },
  });
  const devices = Number(values.devices);
  if (Number.isSafeInteger(devices) && devices > 0) return { isOnce: values.once, devices };
  throw new Error(`--devices ${values.devices} is not a whole number above 0. ${USAGE}`);
}

async function demo(flags: Flags): Promise<void> {
  if (await ensureUi()) print("Built the web page.");
  print("Starting the core with its embedded PostgreSQL…");
  await using stage = await openStage({
    name: "demo",
    firstTenant: "acme",
    grpcPort: 50_052,
    httpPort: 8_080,
  });
  try {
    await play(stage, flags);
  } catch (thrown) {
    // What is asked while everything stops fails, and means nothing.
    if (stopping.signal.aborted) return;
    stage.keep();
    print(`What the programs said is in ${join(stage.dir, "logs")}`);
    throw thrown;
  }
}

async function play(stage: Stage, { isOnce, devices }: Flags): Promise<void> {
  stopping.signal.throwIfAborted();
  print("Starting the sources: two recorded NetBoxes, an Armis, and the Armis of a plant…");
  const sources = {
    newer: stage.start("netbox-4.6", ...netboxArguments("4.6.8", devices)),
    older: stage.start("netbox-4.5", ...netboxArguments("4.5.10", devices)),
    armis: stage.start("armis", ...armisArguments(devices)),
    plant: stage.start("armis-plant", ...plantArguments(devices)),
  };
  const urls = {
    newer: await urlOf(sources.newer),
    older: await urlOf(sources.older),
    armis: await urlOf(sources.armis),
  };
  const plantUrl = await urlOf(sources.plant);
  const tenants: SetUp[] = [];
  for (const tenant of tenantsOf(urls)) tenants.push(await setUp(stage, tenant));
  print("Starting one agent a tenant; each gets its sources over mTLS and pulls them…");
  const startedMs = performance.now();
  const agents = tenants.map(({ tenant }) =>
    stage.start(tenant.agentId, "src/bin/agent.ts", "run", "--config", agentFile(stage, tenant)),
  );
  const running = ended([stage.core, ...Object.values(sources), ...agents]);
  const { signal } = stopping;
  await Promise.race([watchSync(tenants, { print, signal }), running, stopped()]);
  if (stopping.signal.aborted) return;
  const seconds = (performance.now() - startedMs) / 1_000;
  const records = await countRecords(tenants);
  print(`Running the plant, which gets much wrong, ${PLANT_DAYS} times, one run for each day…`);
  await Promise.race([bringPlant(stage, tenants, plantUrl), running, stopped()]);
  if (stopping.signal.aborted) return;
  print("");
  await printSummary({ tenants, records, seconds, agents }, print);
  if (isOnce) return;
  await printWhatNext(stage, tenants);
  await Promise.race([stopped(), running]);
}

/** Every fake says where it is in its first line. */
async function urlOf(fake: Program): Promise<string> {
  return (JSON.parse(await fake.line('"url"')) as { readonly url: string }).url;
}

type SetUp = {
  readonly tenant: DemoTenant;
  readonly token: string;
  readonly ask: ReturnType<typeof apiOf>;
};

function agentFile({ dir }: Stage, { agentId }: DemoTenant): string {
  return join(dir, agentId, "agent.json");
}

/** Makes a tenant, its agent, sources and token with the commands that an operator has. */
async function setUp({ command, dir, grpc, http }: Stage, tenant: DemoTenant): Promise<SetUp> {
  stopping.signal.throwIfAborted();
  const { slug, agentId } = tenant;
  const mine = ["--tenant", slug];
  if (slug !== "acme") await command("tenant", "create", slug);
  const agent = ["--agent-id", agentId, "--gateway-addr", grpc, "--out", join(dir, agentId)];
  await command("agent", "create", ...mine, ...agent);
  await command("source", "apply", await writePayload(dir, tenant), ...mine, "--agent", agentId);
  const made = await command("token", "create", "demo", ...mine, "--role", "admin");
  const { token } = made as { token: string };
  return { tenant, token, ask: apiOf(`http://${http}/api/v1`, { tenant: slug, token }) };
}

/** Gives the first tenant the plant's source, and lets its days go by. */
async function bringPlant(
  { command }: Stage,
  [first]: readonly SetUp[],
  url: string,
): Promise<void> {
  if (first === undefined) return;
  const { slug, agentId } = first.tenant;
  // A day of the plant is a run; what three runs miss goes without the hours that it would else be waited for.
  await command("retention", "set", "--absent-hours", "0", "--tenant", slug);
  await first.ask(`/sources?agent_id=${agentId}`, plantPayload(url));
  await passPlantDays(first.ask, stopping.signal);
}

async function printWhatNext(stage: Stage, tenants: readonly SetUp[]): Promise<void> {
  const { http, dataDir } = stage;
  print("");
  print("The web page, by a link that works once:");
  print(`  http://${http}${await loginPath(stage, tenants)}`);
  print(`The API is at http://${http}/api/v1 (described at http://${http}/openapi.json). Try:`);
  for (const { tenant, token } of tenants) {
    const url = `http://${http}/api/v1/tenants/${tenant.slug}/devices?limit=5`;
    print(`  curl -H "Authorization: Bearer ${token}" "${url}"`);
  }
  print(`  npm run -s core -- devices list --tenant acme --data-dir ${dataDir}`);
  print("Ctrl-C stops everything.");
}

/** Makes a user who may do everything, and gives the path of his one-time link. */
async function loginPath({ command }: Stage, tenants: readonly SetUp[]): Promise<string> {
  await command("user", "create", USER, "--platform-admin");
  for (const { tenant } of tenants) {
    await command("member", "set", USER, "--tenant", tenant.slug, "--role", "admin");
  }
  return ((await command("user", "link", USER)) as { readonly path: string }).path;
}

/** Rejects when a program ends that should not. */
async function ended(programs: readonly Program[]): Promise<never> {
  for (;;) {
    const gone = programs.find((program) => program.hasEnded);
    if (gone !== undefined) throw new Error(`${gone.name} ended:\n${await gone.lastWords()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref());
  }
}

function stopped(): Promise<void> {
  const { signal } = stopping;
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
