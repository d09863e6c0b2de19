/** What a soak ends with: everything that was published and counted, against a tenant to whom nothing happened. */
import assert from "node:assert/strict";

import {
  inventory,
  until,
  type Installation,
  type RunSeen,
  type TestTenant,
} from "../e2e/installation.ts";

/** What was soaked, and what was left in peace. */
interface Soaked {
  readonly installation: Installation;
  readonly tenant: TestTenant;
  readonly calm: TestTenant;
  readonly sources: readonly string[];
}

/** Waits for a run of each source that nothing disturbs, and throws what differs. Gives a line a source of what there was. */
export async function compare(soaked: Soaked): Promise<readonly string[]> {
  const { tenant, calm, sources } = soaked;
  const undisturbed = await inventory(calm);
  assert.ok(undisturbed.length > 0);
  for (const source of sources) await undisturbedRun(soaked, source);
  await until("everything to be published", async () => {
    const { waiting, unpublished } = await tenant.ask<Inbox>("/inbox");
    return waiting === 0 && unpublished === 0 ? true : undefined;
  });
  assert.deepEqual(await inventory(tenant), undisturbed);
  assert.equal((await tenant.ask<Inbox>("/inbox")).parked, 0, "no chunk was set aside");
  const lines: string[] = [];
  for (const source of sources) lines.push(await countedOnce(soaked, source));
  return lines;
}

/** The first full run that begins and succeeds from now on brings what a calm one brings, and what is stored of it agrees. */
async function undisturbedRun(
  { installation, tenant, calm }: Soaked,
  source: string,
): Promise<void> {
  const [before] = await runsOf(tenant, source);
  const run = await until(`a full run of ${source} that succeeds`, async () =>
    (await runsOf(tenant, source)).find(
      (one) => isWhole(one) && one.run_no > (before?.run_no ?? 0),
    ),
  );
  const calmRun = (await runsOf(calm, source)).find(isWhole);
  assert.deepEqual([run.entries, run.rejected], [calmRun?.entries, 0], source);
  // Ends with 1, which throws, where anything is missing.
  await installation.stage.command("runs", "verify", String(run.run_no), "--tenant", tenant.slug);
}

const isWhole = ({ kind, outcome }: RunSeen): boolean => kind === "full" && outcome === "success";

/** Over all runs, also those that broke off, each record was created once and never changed. */
async function countedOnce({ tenant, calm }: Soaked, source: string): Promise<string> {
  const runs = await runsOf(tenant, source);
  const counts = countsOf(runs);
  assert.ok(counts.created > 0);
  assert.deepEqual(counts, countsOf(await runsOf(calm, source)), `${source}: each record once`);
  const ended = Map.groupBy(runs, ({ outcome, kind }) => `${kind} ${outcome}`);
  const told = [...ended].map(([name, list]) => `${name} ${list.length}`).join(", ");
  return `${source}: ${runs.length} runs (${told}), ${counts.created} records`;
}

function countsOf(runs: readonly RunSeen[]): {
  readonly created: number;
  readonly changed: number;
} {
  const sum = (of: (run: RunSeen) => number): number => runs.reduce((all, run) => all + of(run), 0);
  return { created: sum((run) => run.created), changed: sum((run) => run.changed) };
}

type Inbox = { readonly waiting: number; readonly unpublished: number; readonly parked: number };

/** Runs of a source, the newest first. */
export async function runsOf({ ask }: TestTenant, source: string): Promise<readonly RunSeen[]> {
  const runs: RunSeen[] = [];
  let after = "";
  do {
    const page = await ask<{ runs: readonly RunSeen[]; next?: string }>(
      `/runs?source=${source}&limit=500${after}`,
    );
    runs.push(...page.runs);
    after = page.next === undefined ? "" : `&after=${page.next}`;
  } while (after !== "");
  return runs;
}
