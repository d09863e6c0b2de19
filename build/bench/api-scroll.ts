/** The list of devices in a browser, scrolled through faster than anybody reads: what is kept, what stalls, what is seen before its rows are there. */
import type { BrowserContext, CDPSession, Page } from "playwright-core";

import { TENANT } from "./ingest-rig.ts";
import { rounded } from "./section.ts";

/** Pages of the API that are passed downwards; and half as many up again, most of which were forgotten. */
const PAGES = 200;
/** Rows of a page of the API, as the page asks for them. */
const PAGE_ROWS = 100;
/** Pixels a frame: at 60 frames a second some 1,000 rows, a wheel turned as hard as one can. */
const STEP_PX = 600;
/** Without room to go on for that long the list has ended, ms. */
const STALLED_MAX_MS = 5_000;
/** How long a turn may take, ms: on a busy machine most of it waits for answers. */
const TURN_MAX_MS = 300_000;
const MB = 1024 ** 2;

/** What one turn through the list showed. */
interface Turn {
  readonly rows: number;
  readonly seconds: number;
  readonly frames: number;
  /** Share of the frames in which a row was seen whose device was not there yet. */
  readonly frames_with_blank_rows: number;
  /** Share of the frames in which there was no room to go on: the next rows were not even known. */
  readonly frames_stalled: number;
  readonly longest_frame_ms: number;
  readonly p95_frame_ms: number;
  readonly longest_task_ms: number;
  readonly table_rows_max: number;
}

/** Scrolls, jumps, and goes to both ends. */
export async function measureScroll(context: BrowserContext): Promise<object> {
  const page = await context.newPage();
  await page.goto(`/t/${TENANT}/devices?sort=hostname:asc`);
  await firstRow(page);
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable");
  const heap = [await heapMb(session)];
  const half = await turn(page, { rows: (PAGES / 2) * PAGE_ROWS, isDown: true });
  heap.push(await heapMb(session));
  const down = await turn(page, { rows: (PAGES / 2) * PAGE_ROWS, isDown: true });
  heap.push(await heapMb(session));
  const up = await turn(page, { rows: (PAGES / 2) * PAGE_ROWS, isDown: false });
  const ends = await measureEnds(page);
  const fromEnd = await turn(page, { rows: 10 * PAGE_ROWS, isDown: false });
  const jump_ms = await measureJump(page);
  const above = await turn(page, { rows: 10 * PAGE_ROWS, isDown: false });
  await page.close();
  return {
    down: half,
    further_down: down,
    up,
    up_from_the_end: fromEnd,
    above_a_jump: above,
    heap_mb: heap,
    ...ends,
    jump_ms,
  };
}

async function firstRow(page: Page): Promise<void> {
  await page.locator("tbody a.name").first().waitFor();
}

/** What the tab's scripts hold, after everything that is not held was let go. */
async function heapMb(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  return rounded((metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? Number.NaN) / MB);
}

type Way = { readonly rows: number; readonly isDown: boolean };

async function turn(page: Page, way: Way): Promise<Turn> {
  const { ms, frames, blank, stalled, tasks, most, rows } = await inBrowser<Scrolled>(
    page,
    SCROLL,
    {
      ...way,
      stepPx: STEP_PX,
      maxMs: TURN_MAX_MS,
      stalledMaxMs: STALLED_MAX_MS,
    },
  );
  const sorted = frames.toSorted((a, b) => a - b);
  return {
    rows: Math.round(rows),
    seconds: rounded(ms / 1_000),
    frames: frames.length,
    frames_with_blank_rows: rounded(blank / frames.length),
    frames_stalled: rounded(stalled / frames.length),
    longest_frame_ms: rounded(sorted.at(-1) ?? Number.NaN),
    p95_frame_ms: rounded(sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN),
    longest_task_ms: rounded(Math.max(0, ...tasks)),
    table_rows_max: most,
  };
}

type Scrolled = {
  readonly ms: number;
  readonly frames: readonly number[];
  readonly blank: number;
  readonly stalled: number;
  readonly tasks: readonly number[];
  readonly most: number;
  readonly rows: number;
};

/** Runs in the browser, of which this program knows no types: each frame goes a step further, wherever the list has room. */
const SCROLL = `async ({ rows, isDown, stepPx, maxMs, stalledMaxMs }) => {
  const scroller = document.querySelector(".table-scroll");
  const rowPx = document.querySelector("tbody tr:not(.gap)").getBoundingClientRect().height;
  const tasks = [];
  const observer = new PerformanceObserver((list) => {
    tasks.push(...list.getEntries().map(({ duration }) => duration));
  });
  observer.observe({ type: "longtask" });
  const { top, bottom } = scroller.getBoundingClientRect();
  const isSeen = (one) => {
    const box = one.getBoundingClientRect();
    return box.bottom > top && box.top < bottom;
  };
  const frames = [];
  let [blank, stalled, most, passedPx] = [0, 0, 0, 0];
  const began = performance.now();
  let [last, went] = [began, began];
  while (passedPx < rows * rowPx && last - began < maxMs) {
    const before = scroller.scrollTop;
    scroller.scrollTop += isDown ? stepPx : -stepPx;
    const wentPx = Math.abs(scroller.scrollTop - before);
    if (wentPx === 0) stalled += 1;
    else went = last;
    if (last - went > stalledMaxMs) break;
    passedPx += wentPx;
    const now = await new Promise((resolve) => requestAnimationFrame(resolve));
    frames.push(now - last);
    last = now;
    const drawn = [...document.querySelectorAll("tbody tr:not(.gap)")];
    most = Math.max(most, drawn.length);
    if (drawn.some((one) => one.querySelector(".skeleton") !== null && isSeen(one))) blank += 1;
  }
  observer.disconnect();
  return { ms: performance.now() - began, frames, blank, stalled, tasks, most, rows: passedPx / rowPx };
}`;

/** As JavaScript takes it: what is given to a function that stands as text. */
async function inBrowser<Answer>(page: Page, code: string, given: object): Promise<Answer> {
  return await page.evaluate<Answer>(`(${code})(${JSON.stringify(given)})`);
}

/** Whether the list stands at its end, not that of what was read, and its rows are there. */
const IS_AT = {
  Home: `document.querySelector(".table-scroll").scrollTop === 0 && document.querySelector("tbody .skeleton") === null`,
  End: `location.search.includes("end=true") && document.querySelector("tbody a.name") !== null
    && document.querySelector("tbody .skeleton") === null && document.querySelector(".table-scroll").scrollTop
      + document.querySelector(".table-scroll").clientHeight > document.querySelector(".table-scroll").scrollHeight - 2`,
} as const;

/** From a key until rows are seen where it leads. */
async function measureEnds(page: Page): Promise<Readonly<Record<string, number>>> {
  await page.locator(".table-scroll").focus();
  const took = async (key: keyof typeof IS_AT): Promise<number> => {
    const began = performance.now();
    await page.keyboard.press(key);
    // Evaluated and not waited for by the browser's side: the page's policy forbids it to make functions of text.
    await page.evaluate(
      `(async () => { while (!(${IS_AT[key]})) await new Promise(requestAnimationFrame); })()`,
    );
    return rounded(performance.now() - began);
  };
  return { home_ms: await took("Home"), end_ms: await took("End") };
}

/** From "Go to" until the first row there is seen. */
async function measureJump(page: Page): Promise<number> {
  await page.getByLabel("Device to begin at").fill("host-5");
  const began = performance.now();
  await page.getByRole("button", { name: "Go to" }).click();
  await page
    .locator("tbody a.name", { hasText: /^host-5/ })
    .first()
    .waitFor();
  return rounded(performance.now() - began);
}
