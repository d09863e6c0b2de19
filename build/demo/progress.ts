import type { DemoTenant } from "./scene.ts";

/** Asks one tenant's API. */
export type Ask = <T>(path: string) => Promise<T>;

type Run = { readonly source: string; readonly outcome: string; readonly entries: number };
type Inbox = { readonly waiting: number; readonly parked: number; readonly unpublished: number };
type Watched = { readonly tenant: DemoTenant; readonly ask: Ask };
type Shown = { readonly lines: Map<string, string>; readonly print: (line: string) => void };

/** How often progress is looked at, ms. */
const LOOK_MS = 500;
/** How long the whole sync may take, ms; it takes half a minute. */
const SYNC_MAX_MS = 900_000;
/** Outcomes that a demo must not have. */
const FAILED = new Set(["failed", "timeout", "partial"]);

/** Shows how far the sync is until every source has a run that ended and nothing waits, or the signal aborts. Throws where a run failed. */
export async function watchSync(
  tenants: readonly Watched[],
  { print, signal }: { readonly print: (line: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  const untilMs = performance.now() + SYNC_MAX_MS;
  const shown = { lines: new Map<string, string>(), print };
  while (!signal.aborted) {
    let isDone = true;
    for (const watched of tenants) isDone = (await look(watched, shown)) && isDone;
    if (isDone) return;
    if (performance.now() > untilMs) throw new Error("the sync did not end in 15 minutes");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Shows what is new of one tenant; true once it is done. */
async function look({ tenant, ask }: Watched, shown: Shown): Promise<boolean> {
  const { runs } = await ask<{ runs: Run[] }>("/runs?limit=50");
  const inbox = await ask<Inbox>("/inbox");
  if (inbox.parked > 0) throw new Error(`${tenant.slug} has chunks that could not be worked`);
  let isWhole = true;
  for (const name of Object.keys(tenant.payload.sources)) {
    const run = runs.find(({ source }) => source === name);
    if (run !== undefined && FAILED.has(run.outcome)) {
      throw new Error(`the run of ${name} ended ${run.outcome}`);
    }
    isWhole = isWhole && run?.outcome === "success";
    show(shown, `${tenant.slug}/${name}`, describe(run));
  }
  const isDone = isWhole && inbox.waiting === 0 && inbox.unpublished === 0;
  if (isWhole) show(shown, `${tenant.slug}/inventory`, isDone ? "reconciled" : "reconciling…");
  return isDone;
}

function show({ lines, print }: Shown, name: string, line: string): void {
  if (lines.get(name) !== line) print(`  ${name}: ${line}`);
  lines.set(name, line);
}

function describe(run: Run | undefined): string {
  if (run === undefined) return "waiting for its agent";
  const devices = run.entries.toLocaleString("en");
  return run.outcome === "running"
    ? `${devices} devices in the core so far`
    : `${run.outcome}, ${devices} devices`;
}
