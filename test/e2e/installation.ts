/** A whole installation, each program a process of its own, made with the commands that an operator has. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";

import { apiOf } from "../../build/process/core-commands.ts";
import type { Program } from "../../build/process/program.ts";
import { openStage, type Stage } from "../../build/process/stage.ts";

type Ask = ReturnType<typeof apiOf>;

/** A tenant with one agent and a token. */
export interface TestTenant {
  readonly slug: string;
  readonly agentFile: string;
  readonly token: string;
  readonly ask: Ask;
}

/** A run as the API tells it. */
export interface RunSeen {
  readonly run_no: number;
  readonly source: string;
  readonly kind: string;
  readonly outcome: string;
  readonly entries: number;
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly rejected: number;
}

/** What a fake says of itself. */
interface RunningFake {
  readonly url: string;
  /** Devices of an Armis that are a recorded NetBox's too. */
  readonly recorded?: number;
}

/** Everything that runs; it is stopped and removed with the test. */
export interface Installation {
  readonly stage: Stage;
  /** Makes a tenant with an agent of its own, whose agent.json has these settings more. */
  readonly tenant: (slug: string, settings?: object) => Promise<TestTenant>;
  /** Gives the tenant's agent these sources, in the document's form. */
  readonly sources: (
    tenant: TestTenant,
    sources: Readonly<Record<string, object>>,
    pollInterval?: string,
  ) => Promise<void>;
  readonly startAgent: (tenant: TestTenant) => Program;
  /** Starts a fake system. */
  readonly fake: (name: string, ...args: readonly string[]) => Promise<RunningFake>;
}

const FIRST_TENANT = "acme";
/** How often another process is looked at, ms. */
const LOOK_MS = 100;
/** How long anything may take, ms: some seconds on an idle machine. */
const PATIENCE_MS = 300_000;

/** How long a test of several processes may take, ms: half a minute on an idle machine. */
export const E2E_MAX_MS = 600_000;

/** Opens an installation; its core has these flags more. */
export async function openInstallation(
  t: Pick<TestContext, "after">,
  ...coreFlags: readonly string[]
): Promise<Installation> {
  const where = { name: "e2e", firstTenant: FIRST_TENANT, grpcPort: 0, httpPort: 0 };
  const stage = await openStage({ ...where, coreFlags });
  t.after(() => stage[Symbol.asyncDispose]());
  return {
    stage,
    tenant: (slug, settings = {}) => makeTenant(stage, slug, settings),
    sources: async ({ slug }, sources, pollInterval = "24h") => {
      const file = join(stage.dir, `${slug}-sources.json`);
      const payload = { poll_interval: pollInterval, sources };
      await writeFile(file, JSON.stringify(payload), { mode: 0o600 });
      await stage.command("source", "apply", file, "--tenant", slug, "--agent", agentOf(slug));
    },
    startAgent: ({ slug, agentFile }) =>
      stage.start(agentOf(slug), "src/bin/agent.ts", "run", "--config", agentFile),
    fake: async (name, ...args) => {
      const line = await stage.start(name, ...args).line('"url"');
      return JSON.parse(line) as RunningFake;
    },
  };
}

function agentOf(slug: string): string {
  return `${slug}-agent`;
}

async function makeTenant(stage: Stage, slug: string, settings: object): Promise<TestTenant> {
  const { command, dir, grpc, http } = stage;
  const tenant = ["--tenant", slug];
  if (slug !== FIRST_TENANT) await command("tenant", "create", slug);
  const out = join(dir, agentOf(slug));
  const agent = ["--agent-id", agentOf(slug), "--gateway-addr", grpc, "--out", out];
  await command("agent", "create", ...tenant, ...agent);
  const agentFile = join(out, "agent.json");
  const made = JSON.parse(await readFile(agentFile, "utf8")) as object;
  await writeFile(agentFile, JSON.stringify({ ...made, ...settings }));
  const { token } = (await command("token", "create", "e2e", ...tenant)) as { token: string };
  return { slug, agentFile, token, ask: apiOf(`http://${http}/api/v1`, { tenant: slug, token }) };
}

/** Asks another process until it says what is wanted; it cannot be waited for in another way. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined>,
): Promise<NonNullable<T>> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== null) return found;
    if (performance.now() > untilMs) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** The tenant's runs of a source, the latest first, once so many have ended and all that came is published. */
export async function settled(
  { ask }: TestTenant,
  source: string,
  runs: number,
): Promise<readonly RunSeen[]> {
  return await until(`${runs} runs of ${source}`, async () => {
    const list = await ask<{ runs: readonly RunSeen[] }>(`/runs?source=${source}&limit=50`);
    const ended = list.runs.filter(({ outcome }) => outcome !== "running");
    const inbox = await ask<{ waiting: number; unpublished: number }>("/inbox");
    const isDone = ended.length >= runs && inbox.waiting === 0 && inbox.unpublished === 0;
    return isDone ? list.runs : undefined;
  });
}

/** What of a device must not depend on how its updates came. */
export interface DeviceSeen {
  readonly id: string;
  readonly hostname?: string;
  readonly ip?: string;
  readonly mac?: string;
  readonly serial?: string;
  readonly records: number;
  readonly sources: readonly string[];
}

/** Every device that sources speak of, by id; the agent's own host is none. */
export async function inventory({ ask }: TestTenant): Promise<readonly DeviceSeen[]> {
  const devices: DeviceSeen[] = [];
  let after = "";
  do {
    const page = await ask<{ devices: readonly DeviceSeen[]; next?: string }>(
      `/devices?limit=500${after}`,
    );
    devices.push(...page.devices);
    after = page.next === undefined ? "" : `&after=${encodeURIComponent(page.next)}`;
  } while (after !== "");
  return devices
    .filter(({ sources }) => !sources.includes("agents"))
    .map(({ id, hostname, ip, mac, serial, records, sources }) => {
      const seen = { id, hostname, ip, mac, serial, records, sources: sources.toSorted() };
      return JSON.parse(JSON.stringify(seen)) as DeviceSeen;
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
