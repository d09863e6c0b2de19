/** What the web page weighs, and how soon a browser shows the first device, beside how soon it shows an empty page of the same core. */
import { existsSync } from "node:fs";

import { chromium, type BrowserContext } from "playwright-core";

import { ensureUi } from "../ui/ensure-ui.ts";
import { measureScroll } from "./api-scroll.ts";
import { TENANT, type Rig } from "./ingest-rig.ts";
import { rounded, type BenchOptions } from "./section.ts";

/** Debian's. */
const CHROMIUM = "/usr/bin/chromium";
/** Loads of each page, alternating, so that a busy machine is busy for both; the middle one is told. */
const LOADS = 7;
const PATIENCE_MS = 120_000;
const USER = "bench";

/** Measures both; without a browser it says so. */
export async function measureBrowser(rig: Rig, tell: BenchOptions["tell"]): Promise<object> {
  if (!existsSync(CHROMIUM)) return { browser: `${CHROMIUM} is missing` };
  await ensureUi();
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const known = await rig.db.query("select from sync.users where username = $1", [USER]);
    if (known.rows.length === 0) await rig.command("user", "create", USER);
    await rig.command("member", "set", USER, "--tenant", TENANT, "--role", "viewer");
    const { path } = (await rig.command("user", "link", USER)) as { readonly path: string };
    const context = await browser.newContext({ baseURL: `http://${rig.http}` });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    await page.goto(path, { waitUntil: "domcontentloaded" });
    await page.waitForURL(`**/t/${TENANT}**`);
    await page.close();
    const weight = await weightOf(context);
    const rows = await firstRows(context);
    tell(`api: the page: ${JSON.stringify({ ...weight, ...rows })}`);
    const scrolled = await measureScroll(context);
    tell(`api: scrolled: ${JSON.stringify(scrolled)}`);
    return { page_weight: weight, first_row: rows, scrolled };
  } finally {
    await browser.close();
  }
}

/** Bytes as they travel, of everything that a first load of the list of devices needs before a row is seen. */
async function weightOf(context: BrowserContext): Promise<Readonly<Record<string, number>>> {
  const page = await context.newPage();
  const sizes: Promise<readonly [string, number]>[] = [];
  page.on("requestfinished", (request) => {
    const kind = request.url().includes("/api/") ? "api" : request.resourceType();
    sizes.push(request.sizes().then(({ responseBodySize }) => [kind, responseBodySize] as const));
  });
  // Chromium takes no brotli over plain HTTP from another host than this, so it is gzip that is measured: what most proxies leave.
  await page.setExtraHTTPHeaders({ "accept-encoding": "gzip" });
  await page.goto(`/t/${TENANT}/devices`);
  await page.locator("tbody a.name").first().waitFor();
  const weight: Record<string, number> = {};
  for (const [kind, bytes] of await Promise.all(sizes)) weight[kind] = (weight[kind] ?? 0) + bytes;
  await page.close();
  const files = Object.entries(weight).filter(([kind]) => kind !== "api");
  return { gzip_bytes: files.reduce((sum, [, bytes]) => sum + bytes, 0), ...weight };
}

async function firstRows(context: BrowserContext): Promise<Readonly<Record<string, number>>> {
  const took = { empty: [] as number[], cold: [] as number[], warm: [] as number[] };
  for (let nth = 0; nth < LOADS; nth += 1) {
    took.empty.push(await shownMs(context, { path: "/docs/style.css", selector: "body" }));
    const devices = { path: `/t/${TENANT}/devices`, selector: "tbody a.name" };
    took.cold.push(await shownMs(context, { ...devices, isCold: true }));
    took.warm.push(await shownMs(context, devices));
  }
  const middle = (all: readonly number[]): number =>
    rounded(all.toSorted((a, b) => a - b)[Math.floor(LOADS / 2)] ?? Number.NaN);
  const empty = middle(took.empty);
  return {
    empty_page_ms: empty,
    first_row_cold_ms: middle(took.cold),
    first_row_warm_ms: middle(took.warm),
    cold_to_empty: rounded(middle(took.cold) / empty),
    warm_to_empty: rounded(middle(took.warm) / empty),
  };
}

type Shown = { readonly path: string; readonly selector: string; readonly isCold?: boolean };

/** From asking for a page until the selector stands in it; `isCold`: nothing is in the browser's cache. */
async function shownMs(
  context: BrowserContext,
  { path, selector, isCold = false }: Shown,
): Promise<number> {
  const page = await context.newPage();
  if (isCold) {
    const session = await context.newCDPSession(page);
    await session.send("Network.clearBrowserCache");
  }
  const began = performance.now();
  await page.goto(path, { waitUntil: "commit" });
  await page.locator(selector).first().waitFor();
  const ms = performance.now() - began;
  await page.close();
  return ms;
}
