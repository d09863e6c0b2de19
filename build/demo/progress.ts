import type { DemoTenant } from "./scene.ts";

/** Asks one tenant's API. */
export type Ask = <T>(path: string) => Promise<T>;

type Run = { readonly source: string; readonly outcome: string; readonly entries: number };
type Inbox = { readonly waiting: number; readonly unpublished: number };

/** How often progress is looked at, ms. */
const LOOK_MS = 500;
/** How long the whole sync may take, ms; it takes a few seconds. */
const SYNC_MAX_MS = 300_000;

/** Shows how far the sync is until every source has a run that ended and nothing waits. Throws where a run failed. */
export async function watchSync(
  tenants: readonly Watched[],
  print: (line: string) => void,
): Promise<void> {
  const untilMs = Date.now() + SYNC_MAX_MS;
  const shown = new Map<string, string>();
  for (;;) {
    let isDone = true;
    for (const watched of tenants) isDone = (await look(watched, { shown, print })) && isDone;
    if (isDone) return;
    if (Date.now() > untilMs) throw new Error("the sync did not end in five minutes");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

type Watched = { readonly tenant: DemoTenant; readonly ask: Ask };

/** Shows what is new of one tenant; true once it is done. */
async function look(
  { tenant, ask }: Watched,
  { shown, print }: { readonly shown: Map<string, string>; readonly print: (line: string) => void },
): Promise<boolean> {
  const { runs } = await ask<{ runs: Run[] }>("/runs?limit=50");
  const inbox = await ask<Inbox>("/inbox");
  const latest = Object.keys(tenant.payload.sources).map((name) => ({
    name: `${tenant.slug}/${name}`,
    run: runs.find(({ source }) => source === name),
  }));
  for (const { name, run } of latest) {
    const line = describe(run);
    if (shown.get(name) !== line) print(`  ${name}: ${line}`);
    shown.set(name, line);
    if (run !== undefined && FAILED.has(run.outcome)) {
      throw new Error(`the run of ${name} ended ${run.outcome}`);
    }
  }
  return (
    latest.every(({ run }) => run?.outcome === "success") &&
    inbox.waiting === 0 &&
    inbox.unpublished === 0
  );
}

const FAILED = new Set(["failed", "timeout", "partial"]);

function describe(run: Run | undefined): string {
  if (run === undefined) return "waiting for its agent";
  const devices = run.entries.toLocaleString("en");
  return run.outcome === "running"
    ? `${devices} devices in the core so far`
    : `${run.outcome}, ${devices} devices`;
}
