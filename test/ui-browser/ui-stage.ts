import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

import { passPlantDays } from "../../build/demo/plant-days.ts";
import {
  armisArguments,
  netboxArguments,
  plantArguments,
  plantPayload,
  tenantsOf,
  writePayload,
} from "../../build/demo/scene.ts";
import { apiOf, coreCommands } from "../../build/process/core-commands.ts";
import type { Program } from "../../build/process/program.ts";
import { openStage, type Stage } from "../../build/process/stage.ts";
import { ensureUi } from "../../build/ui/ensure-ui.ts";
import { eventually } from "../support/eventually.ts";
import { loaded } from "./page-acts.ts";

/** Debian's. */
const CHROMIUM = "/usr/bin/chromium";
/** How long something on a page may take, ms: far more than it does, for machines with too much to do. */
const PAGE_MAX_MS = 60_000;
/** Devices of each source. */
const DEVICES = 200;
/** How long all days of the plant may take, ms: they take a quarter of a minute where nothing else runs. */
const PLANT_MAX_MS = 300_000;
const TENANT = "acme";
const USER = "ana";
/** A phone held upright. */
export const PHONE = { width: 390, height: 844 };

/** Why browser tests are skipped; false where they run. */
export const WITHOUT_CHROMIUM: string | false = existsSync(CHROMIUM)
  ? false
  : `${CHROMIUM} is missing`;

/** A core with an agent, sources and a user, and a browser that is logged in. */
export interface UiStage extends AsyncDisposable {
  readonly url: string;
  readonly context: BrowserContext;
  readonly browser: Browser;
  /** A NetBox that no source is made of yet, and what it takes. */
  readonly other: { readonly endpoint: string; readonly token: string };
  /** The core and whatever else runs. */
  readonly stage: Stage;
  /** Opens a browser of another user, who has a role in the tenant. */
  readonly openAs: (user: string, role: string) => Promise<Page>;
  /** Asks the API as an administrator of the tenant. */
  readonly ask: ReturnType<typeof apiOf>;
  /** The agent that has the tenant's sources. */
  readonly agentId: string;
  /** What is told on consoles of pages, and was not expected. */
  readonly said: readonly string[];
  /** Opens a page that notes what its console says. */
  readonly open: (path: string) => Promise<Page>;
}

/** Opens it: everything is up, the sources have run, and one is logged in by a link. */
export async function openUiStage(): Promise<UiStage> {
  await ensureUi();
  await using stack = new AsyncDisposableStack();
  const stage = stack.use(
    await openStage({ name: "ui", firstTenant: TENANT, grpcPort: 0, httpPort: 0 }),
  );
  const { other, agentId } = await fillTenant(stage);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  stack.defer(() => browser.close());
  const url = `http://${stage.http}`;
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 1280, height: 800 },
  });
  context.setDefaultTimeout(PAGE_MAX_MS);
  const said: string[] = [];
  const open = async (path: string): Promise<Page> => {
    const page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") said.push(message.text());
    });
    page.on("pageerror", (error) => said.push(error.message));
    await page.goto(path, { waitUntil: "domcontentloaded" });
    return page;
  };
  const openAs = async (user: string, role: string): Promise<Page> => {
    const login = await loginUrl(stage, { user, role });
    const own = await browser.newContext({ baseURL: url, viewport: PHONE });
    own.setDefaultTimeout(PAGE_MAX_MS);
    const page = await own.newPage();
    await page.goto(login, { waitUntil: "domcontentloaded" });
    await loaded(page, "Overview");
    return page;
  };
  const page = await open(await loginUrl(stage, { user: USER, role: "admin", isPlatform: true }));
  await page.waitForURL(`**/t/${TENANT}**`);
  await page.close();
  const made = await stage.command(
    "token",
    "create",
    "tests",
    "--tenant",
    TENANT,
    "--role",
    "admin",
  );
  const { token } = made as { readonly token: string };
  const ask = apiOf(`${url}/api/v1`, { tenant: TENANT, token });
  const all = stack.move();
  return {
    url,
    context,
    browser,
    other,
    stage,
    ask,
    agentId,
    said,
    open,
    openAs,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function fillTenant(stage: Stage): Promise<Pick<UiStage, "other" | "agentId">> {
  const { command, dir, grpc } = stage;
  const start = async (name: string, args: readonly string[]): Promise<string> =>
    await urlOf(stage.start(name, ...args));
  const newer = await start("netbox", netboxArguments("4.6.8", DEVICES));
  const older = await start("netbox-other", netboxArguments("4.5.10", DEVICES));
  const armis = await start("armis", armisArguments(DEVICES));
  const [tenant, another] = tenantsOf({ newer, older, armis });
  if (tenant === undefined || another === undefined) throw new Error("the scene has two tenants");
  const { slug, agentId } = tenant;
  const out = join(dir, agentId);
  const agent = ["--agent-id", agentId, "--gateway-addr", grpc, "--out", out];
  await command("agent", "create", "--tenant", slug, ...agent);
  const payload = await writePayload(dir, tenant);
  await command("source", "apply", payload, "--tenant", slug, "--agent", agentId);
  stage.start(agentId, "src/bin/agent.ts", "run", "--config", join(out, "agent.json"));
  const { netbox_hq: unused } = another.payload.sources as Readonly<
    Record<string, { readonly credentials: { readonly api_token: string } }>
  >;
  const other = { endpoint: older, token: unused?.credentials.api_token ?? "" };
  return { other, agentId };
}

/** Every fake says where it is in its first line. */
async function urlOf(fake: Program): Promise<string> {
  return (JSON.parse(await fake.line('"url"')) as { readonly url: string }).url;
}

type Person = { readonly user: string; readonly role: string; readonly isPlatform?: boolean };

async function loginUrl(
  { command }: Stage,
  { user, role, isPlatform = false }: Person,
): Promise<string> {
  await command("user", "create", user, ...(isPlatform ? ["--platform-admin"] : []));
  await command("member", "set", user, "--tenant", TENANT, "--role", role);
  return ((await command("user", "link", user)) as { readonly url: string }).url;
}

/** Makes and starts another agent, with a source of its own that nobody answers at. */
export async function startLonelyAgent(
  { command, dir, grpc, start }: Stage,
  { agentId, source }: { readonly agentId: string; readonly source: string },
): Promise<Program> {
  const out = join(dir, agentId);
  const agent = ["--agent-id", agentId, "--gateway-addr", grpc, "--out", out];
  await command("agent", "create", "--tenant", TENANT, ...agent);
  const nobody = {
    type: "netbox",
    endpoint: "http://127.0.0.1:9",
    credentials: { api_token: "0123456789abcdef0123456789abcdef01234567" },
  };
  const payload = { poll_interval: "10m", sources: { [source]: nobody } };
  const file = await writePayload(dir, { slug: source, agentId, payload });
  await command("source", "apply", file, "--tenant", TENANT, "--agent", agentId);
  const config = join(out, "agent.json");
  const settings = JSON.parse(await readFile(config, "utf8")) as object;
  // It says sooner how its source is than the half minute that an agent takes.
  await writeFile(config, JSON.stringify({ ...settings, push_interval: "5s" }));
  return start(agentId, "src/bin/agent.ts", "run", "--config", config);
}

/** Longer than a certificate of an agent is good for, days. */
const LONG_AGO_DAYS = 400;

/**
 * Gives an agent a certificate whose year is over. The command that issues it, which works on the data itself while the core is stopped,
 * believes that it is more than a year ago.
 */
export async function expireCertificate(
  { dir, dataDir, grpc }: Stage,
  agentId: string,
): Promise<void> {
  const early = `const now = Date.now; Date.now = () => now() - ${LONG_AGO_DAYS * 86_400_000};`;
  const module = `data:text/javascript,${encodeURIComponent(early)}`;
  const longAgo = coreCommands(dataDir, { NODE_OPTIONS: `--import ${module}` });
  const agent = ["--agent-id", agentId, "--gateway-addr", grpc, "--out", join(dir, agentId)];
  await longAgo("agent", "create", "--tenant", TENANT, ...agent, "--renew", "--force");
}

/** What the agent reads from the beginning. */
const FIRST_SOURCES = ["armis_prod", "netbox_dc1"];
/** How long that may take at the first, ms: seconds where nothing else runs. */
const FIRST_RUNS_MAX_MS = 120_000;

/** Waits until each of the tenant's first sources was read once and all of it is published. */
export async function firstRunsDone({ ask }: UiStage): Promise<void> {
  type Runs = { readonly runs: readonly { readonly source: string; readonly outcome: string }[] };
  type Inbox = { readonly waiting: number; readonly unpublished: number };
  await eventually(async () => {
    const { runs } = await ask<Runs>("/runs?limit=50");
    const done = runs.filter(({ outcome }) => outcome === "success");
    const sources = new Set(done.map(({ source }) => source));
    assert.ok(FIRST_SOURCES.every((name) => sources.has(name)));
    const { waiting, unpublished } = await ask<Inbox>("/inbox");
    assert.deepEqual([waiting, unpublished], [0, 0]);
  }, FIRST_RUNS_MAX_MS);
}

/** Gives the tenant a plant that gets much wrong, and lets its days go by: a case of every kind then waits for a person. */
export async function bringPlant(stage: UiStage): Promise<void> {
  const { command, start } = stage.stage;
  await firstRunsDone(stage);
  // What three runs miss goes without the hours that it would else be waited for.
  await command("retention", "set", "--absent-hours", "0", "--tenant", TENANT);
  const plant = await urlOf(start("armis-plant", ...plantArguments(DEVICES)));
  await stage.ask(`/sources?agent_id=${stage.agentId}`, plantPayload(plant));
  await passPlantDays(stage.ask, AbortSignal.timeout(PLANT_MAX_MS));
}
