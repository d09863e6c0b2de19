/**
 * `npm run ui:shots -- --url http://127.0.0.1:8080 --data-dir DIR --out DIR`: photographs every page of a running demo's web page,
 * in both themes and at three widths. `--only TEXT` (also several): names that have it; `--width N`, `--theme light|dark`: that alone.
 * `--docs`: the pictures of the documentation alone, as a screen shows them, and nothing is added to the demo but a user.
 * The demo tells its data folder at the end of what it prints. Says where a page is wider than its window, and what its console says.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

import { messageOf } from "../../../src/lib/errors.ts";
import { netboxPayload, writePayload } from "../../demo/scene.ts";
import { coreCommands } from "../../process/core-commands.ts";
import { ensureUi } from "../ensure-ui.ts";
import { findKnown } from "./find-known.ts";
import { shotList } from "./shot-list.ts";
import type { Shot } from "./shot.ts";
import { smallPng } from "./small-png.ts";
import { BEGUN } from "./wizard-shots.ts";

/** Debian's. */
const CHROMIUM = "/usr/bin/chromium";
/** A laptop, a desk, a phone held upright. */
const WIDTHS = [1280, 1920, 390] as const;
const HEIGHTS: Readonly<Record<number, number>> = { 390: 844, 1280: 800, 1920: 1080 };
const THEMES = ["light", "dark"] as const;
/** How long something on a page may take, ms: far more than it does, for machines with too much to do. */
const PAGE_MAX_MS = 60_000;
/** What never settles is photographed after this, ms. */
const UNSETTLED_MS = 2_000;
const USER = "ana";
/** A tenant in which nothing is. */
const EMPTY = "empty";
/** The documentation's pictures by what they show. */
const DOCS: Readonly<Record<string, string>> = {
  overview: "overview",
  "devices-query": "devices",
  device: "device",
  "review-pair": "review",
};

const { values: flags } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8080" },
    "data-dir": { type: "string" },
    out: { type: "string" },
    only: { type: "string", multiple: true, default: [] },
    width: { type: "string" },
    theme: { type: "string" },
    docs: { type: "boolean", default: false },
  },
});

type Looks = { readonly width: number; readonly theme: "light" | "dark" };

try {
  await photograph();
} catch (thrown) {
  tell(`failed: ${messageOf(thrown)}`);
  process.exitCode = 1;
}

async function photograph(): Promise<void> {
  const { "data-dir": dataDir, out } = flags;
  if (dataDir === undefined || out === undefined) {
    throw new Error("--data-dir and --out are needed");
  }
  await mkdir(out, { recursive: true });
  await ensureUi();
  const command = coreCommands(dataDir);
  await letIn(command, flags.docs ? ["acme"] : ["acme", "globex", EMPTY]);
  if (!flags.docs) await dressUp(command);
  const { path } = (await command("user", "link", USER)) as { readonly path: string };
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    await photographAll(browser, path, out);
  } finally {
    await browser.close();
  }
}

type Command = ReturnType<typeof coreCommands>;

/** What was made once stays. */
function isMade(): undefined {
  return undefined;
}

/** Makes the user who looks. */
async function letIn(command: Command, tenants: readonly string[]): Promise<void> {
  if (tenants.includes(EMPTY)) await command("tenant", "create", EMPTY).catch(isMade);
  await command("user", "create", USER, "--platform-admin").catch(isMade);
  for (const tenant of tenants) {
    await command("member", "set", USER, "--tenant", tenant, "--role", "admin");
  }
}

/** What a demo does not have by itself: an agent that never came and its source, and one on its way through the wizard. Made once. */
async function dressUp(command: Command): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "serviceradar-shots-"));
  const of = ["--agent-id", "lab-agent", "--gateway-addr", "127.0.0.1:50052"];
  await command(
    "agent",
    "create",
    "--tenant",
    "acme",
    ...of,
    "--out",
    join(scratch, "agent"),
  ).catch(isMade);
  const lab = {
    type: "netbox",
    endpoint: "http://127.0.0.1:9",
    credentials: { api_token: "none" },
  };
  const payload = { poll_interval: "10m", sources: { netbox_lab: lab } };
  const file = await writePayload(scratch, { slug: "acme", agentId: "lab-agent", payload });
  await command("source", "apply", file, "--tenant", "acme", "--agent", "lab-agent").catch(isMade);
  await begin(command, scratch).catch(isMade);
  await rm(scratch, { recursive: true });
}

/** Stores the source that the wizard goes on with, at the address of a NetBox that answers. */
async function begin(command: Command, scratch: string): Promise<void> {
  const { sources } = (await command("source", "list", "--tenant", "acme")) as Sources;
  const endpoint = sources.find(({ name }) => name === "netbox_dc1")?.endpoint ?? "";
  const file = await writePayload(scratch, {
    slug: "acme",
    agentId: "acme-agent",
    payload: netboxPayload(BEGUN, endpoint),
  });
  const of = ["--tenant", "acme", "--agent", "acme-agent", "--disabled"];
  await command("source", "apply", file, ...of);
}

type Sources = {
  readonly sources: readonly { readonly name: string; readonly endpoint: string }[];
};

async function photographAll(browser: Browser, loginPath: string, out: string): Promise<void> {
  const first = await browser.newContext({ baseURL: flags.url });
  const page = await first.newPage();
  await page.goto(loginPath, { waitUntil: "domcontentloaded" });
  await page.waitForURL("**/t/acme**", { waitUntil: "commit" });
  const known = { ...(await findKnown(page)), empty: EMPTY };
  const session = await first.storageState();
  await first.close();
  const shots = shotList(known).filter(isWanted);
  for (const looks of looksWanted()) {
    const inside = await open(browser, looks, session);
    const outside = await open(browser, looks, undefined);
    for (const shot of shots) await take(shot.isOutside ? outside : inside, shot, { looks, out });
    await inside.close();
    await outside.close();
    tell(`${looks.width} ${looks.theme}: ${shots.length} pictures`);
  }
}

function isWanted({ name }: Shot): boolean {
  if (flags.docs) return DOCS[name] !== undefined;
  return flags.only.length === 0 || flags.only.some((part) => name.includes(part));
}

function looksWanted(): readonly Looks[] {
  if (flags.docs) return [{ width: 1280, theme: "light" }];
  return WIDTHS.flatMap((width) => THEMES.map((theme) => ({ width, theme }))).filter(
    ({ width, theme }) =>
      (flags.width ?? `${width}`) === `${width}` && (flags.theme ?? theme) === theme,
  );
}

type Session = Awaited<ReturnType<BrowserContext["storageState"]>>;

async function open(
  browser: Browser,
  { width, theme }: Looks,
  session: Session | undefined,
): Promise<BrowserContext> {
  const context = await browser.newContext({
    ...(flags.url === undefined ? {} : { baseURL: flags.url }),
    viewport: { width, height: HEIGHTS[width] ?? 800 },
    colorScheme: theme,
    reducedMotion: "reduce",
    ...(session === undefined ? {} : { storageState: session }),
  });
  context.setDefaultTimeout(PAGE_MAX_MS);
  return context;
}

type Taking = { readonly looks: Looks; readonly out: string };

async function take(context: BrowserContext, shot: Shot, { looks, out }: Taking): Promise<void> {
  const page = await context.newPage();
  const name = DOCS[flags.docs ? shot.name : ""] ?? `${shot.name}.${looks.width}.${looks.theme}`;
  page.on("pageerror", (error) => tell(`${name}: ${error.message}`));
  try {
    await shot.before?.(page);
    await page.goto(shot.path, { waitUntil: "domcontentloaded" });
    await (shot.isUnsettled ? page.waitForTimeout(UNSETTLED_MS) : settled(page));
    await shot.act?.(page);
    await look(page, { name, out });
  } catch (thrown) {
    tell(`${name}: ${messageOf(thrown).split("\n")[0]}`);
    await page.screenshot({ path: join(out, `${name}.png`) }).catch(() => undefined);
  }
  await page.close();
}

async function look(
  page: Page,
  { name, out }: { readonly name: string; readonly out: string },
): Promise<void> {
  const wider = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  if (wider > 0) tell(`${name}: ${wider} px wider than its window`);
  const file = join(out, `${name}.png`);
  if (!flags.docs) await page.screenshot({ path: file, fullPage: true });
  else await writeFile(file, smallPng(await page.screenshot()));
}

/** Its heading and everything under it have come. */
async function settled(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await page.waitForLoadState("load");
  const untilMs = performance.now() + PAGE_MAX_MS;
  while ((await page.locator(".skeleton").count()) > 0 && performance.now() < untilMs) {
    await page.waitForTimeout(100);
  }
  await page.waitForTimeout(300);
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
