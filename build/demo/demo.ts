/**
 * `npm run demo`: a core with its embedded database, two agents of two tenants, recorded and generated sources, a full sync.
 * `--once` ends by itself; else it serves until Ctrl-C. Everything lies in a folder that goes with it.
 */
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { apiOf, coreCommands } from "../process/core-commands.ts";
import { freePort } from "../process/free-port.ts";
import { Program } from "../process/program.ts";
import { watchSync, type Ask } from "./progress.ts";
import {
  armisArguments,
  startNetboxes,
  tenantsOf,
  writePayload,
  type DemoTenant,
} from "./scene.ts";
import { printSummary } from "./summary.ts";

const { values: flags } = parseArgs({
  options: {
    once: { type: "boolean", default: false },
    devices: { type: "string", default: "10000" },
  },
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const stopping = new AbortController();
process.on("SIGINT", () => stopping.abort()).on("SIGTERM", () => stopping.abort());

const dir = await mkdtemp(join(tmpdir(), "serviceradar-demo-"));
// As root the database runs as another user, who must be able to pass through; nothing in here is open to others itself.
await chmod(dir, 0o711);
try {
  await demo();
} catch (thrown) {
  if (!stopping.signal.aborted) {
    print(`The demo failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    print(`Its logs are in ${join(dir, "logs")}`);
    process.exitCode = 1;
  }
} finally {
  if (process.exitCode !== 1) await rm(dir, { recursive: true, force: true });
}

async function demo(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const start = (name: string, ...args: string[]): Program =>
    stack.use(new Program(name, { args, logFile: join(dir, "logs", `${name}.log`) }));
  await mkdir(join(dir, "logs"));
  print("Starting the core with its embedded PostgreSQL…");
  const grpc = `127.0.0.1:${await freePort(50_052)}`;
  const http = `127.0.0.1:${await freePort(8_080)}`;
  const dataDir = join(dir, "core");
  const core = start(
    "core",
    "src/bin/core.ts",
    "serve",
    "--data-dir",
    dataDir,
    "--first-tenant",
    "acme",
    "--grpc-listen",
    grpc,
    "--http-listen",
    http,
  );
  await core.line("serviceradar-core is up");
  print("Starting the sources: two recorded NetBoxes and an Armis…");
  const netboxes = stack.use(await startNetboxes());
  const armis = start("armis", ...armisArguments(Number(flags.devices)));
  const { url } = JSON.parse(await armis.line('"url"')) as { url: string };
  const command = coreCommands(dataDir);
  const tenants = await setUp(tenantsOf({ ...netboxes, armis: url }), {
    command,
    grpc,
    base: `http://${http}/api/v1`,
  });
  print("Starting one agent a tenant; each gets its sources over mTLS and pulls them…");
  const startedMs = Date.now();
  const agents = tenants.map(({ tenant }) =>
    start(
      tenant.agentId,
      "src/bin/agent.ts",
      "run",
      "--config",
      join(dir, tenant.agentId, "agent.json"),
    ),
  );
  await Promise.race([watchSync(tenants, print), ended([core, armis, ...agents]), stopped()]);
  if (stopping.signal.aborted) return;
  print("");
  await printSummary({ tenants, seconds: (Date.now() - startedMs) / 1_000, agents }, print);
  if (flags.once) return;
  print("");
  print(
    `The API is at http://${http}/api/v1 (described at http://${http}/openapi.json). For example:`,
  );
  for (const { tenant, token } of tenants) {
    print(
      `  curl -H "Authorization: Bearer ${token}" "http://${http}/api/v1/tenants/${tenant.slug}/devices?limit=5"`,
    );
  }
  print(`  npm run -s core -- devices list --tenant acme --data-dir ${dataDir}`);
  print("Ctrl-C stops everything.");
  await Promise.race([stopped(), ended([core, armis, ...agents])]);
}

type SetUp = { readonly tenant: DemoTenant; readonly token: string; readonly ask: Ask };
type Core = {
  readonly command: ReturnType<typeof coreCommands>;
  readonly grpc: string;
  readonly base: string;
};

/** Makes tenants, agents, sources and tokens with the commands that an operator has. */
async function setUp(
  tenants: readonly DemoTenant[],
  { command, grpc, base }: Core,
): Promise<SetUp[]> {
  const done: SetUp[] = [];
  for (const tenant of tenants) {
    const { slug, agentId } = tenant;
    if (slug !== "acme") await command("tenant", "create", slug);
    await command(
      "agent",
      "create",
      "--tenant",
      slug,
      "--agent-id",
      agentId,
      "--gateway-addr",
      grpc,
      "--out",
      join(dir, agentId),
    );
    await command(
      "source",
      "apply",
      await writePayload(dir, tenant),
      "--tenant",
      slug,
      "--agent",
      agentId,
    );
    const { token } = (await command(
      "token",
      "create",
      "demo",
      "--tenant",
      slug,
      "--role",
      "admin",
    )) as { token: string };
    done.push({ tenant, token, ask: apiOf(base, { tenant: slug, token }) });
  }
  return done;
}

/** Rejects when a program ends that should not. */
async function ended(programs: readonly Program[]): Promise<never> {
  for (;;) {
    const gone = programs.find((program) => program.hasEnded);
    if (gone !== undefined) throw new Error(`${gone.name} ended:\n${await gone.lastWords()}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    if (stopping.signal.aborted) resolve();
    stopping.signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
