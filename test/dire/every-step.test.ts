/**
 * A process that dies, and a line that breaks, at every statement of a tenant's life in turn: before the server has it, and after
 * it was done but nobody heard so. Whatever breaks, every table ends as in the life that nothing disturbed.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { audit } from "../../src/control/audit.ts";
import { deleteSource } from "../../src/control/sources.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import type { Tx } from "../../src/db/tx.ts";
import { adoptRecords } from "../../src/dire/adopt.ts";
import { Keeper } from "../../src/dire/keeper.ts";
import { redoRun } from "../../src/dire/redo-run.ts";
import { retireSource } from "../../src/dire/retire-source.ts";
import { undoRun } from "../../src/dire/undo-run.ts";
import { Worker } from "../../src/dire/worker.ts";
import { putChunk } from "../../src/inbox/inbox.ts";
import { writeRetention } from "../../src/inbox/retention-store.ts";
import { silentLog } from "../../src/lib/log.ts";
import { layLine, type Fate, type Judge, type LineOptions } from "../support/database-line.ts";
import { freshDatabase } from "../support/database.ts";
import { newTenant, type WireUpdate } from "../support/dire.ts";
import { wholeState } from "../support/fingerprint.ts";
import { InstantClock } from "../support/instant-clock.ts";
import { chunksOf, netboxDevice } from "../support/runs.ts";

const log = silentLog();
const clock = new InstantClock();
const SOURCE = "5f0c3bb0-0000-4000-8000-000000000001";
const OTHER = "5f0c3bb0-0000-4000-8000-000000000002";
const REMADE = "5f0c3bb0-0000-4000-8000-000000000003";
const HOUR_MS = 3_600_000;

/** A process of the core with a line of its own to the database; `own` is the test's. */
type Replica = {
  readonly db: Db;
  readonly own: Db;
  readonly tenant: number;
  readonly gone: Promise<void>;
};
/** What a process does, again and again until it was answered: an agent sends its chunk, a replica works, an operator types. */
type Act = (replica: Replica) => Promise<unknown>;
/** A step of the life: an act, or what the test itself writes before one. */
type Step = { readonly act: Act; readonly before?: string };

/** Works all that waits, as a replica does; the transaction of one that died may hold the tenant for a moment longer. */
const work: Step = {
  act: async ({ db, own, gone }) => {
    const worker = new Worker({ db, clock, log, chunksPerTx: 2, tenantsInFlight: 1 });
    const running = worker.run();
    const dead = gone.then(() => "dead" as const);
    while ((await Promise.race([isWorked(own, worker), dead])) === false);
    worker.stop();
    await running;
  },
};

async function isWorked(own: Db, worker: Worker): Promise<boolean> {
  await worker.whenIdle();
  const { rows } = await own.query(
    `select from sync.inbox union all select from sync.dirty union all
     select from sync.retractions where state = 'due' limit 1`,
  );
  return rows.length === 0;
}

/** A run comes in chunk by chunk, and is worked. */
function run(hour: number, updates: readonly WireUpdate[], serviceId = SOURCE): readonly Step[] {
  const startedMs = Date.UTC(2026, 0, 1) + hour * HOUR_MS;
  const told = { runId: `run-${hour}`, startedMs, chunkSize: 2, source: { serviceId }, updates };
  const puts = chunksOf(told).map((chunk): Step => ({
    act: ({ db, tenant }) => putChunk(db, tenant, { ...chunk, chunksMax: 100 }),
  }));
  return [...puts, work];
}

const [a, b, c, d] = ["1", "2", "3", "4"].map((id) => netboxDevice(id, { ip: `10.0.0.${id}` }));
assert.ok(a && b && c && d);
const twin = { ...a, metadata: { netbox_device_id: "71", integration_id: "71", serial: "SN-771" } };

// Not audited here: one that is typed again because nobody answered is audited again.
const adopt: Act = async ({ db, tenant }) =>
  await adoptRecords(db, tenant, {
    from: OTHER,
    to: { name: REMADE, sourceType: "netbox" },
    batch: 100,
  });
const undo: Act = async ({ db, tenant }) =>
  await undoRun(db, tenant, { runNo: 5, actor: "ops", alongside: audited(tenant, "run.undo") });
const redo: Act = async ({ db, tenant }) =>
  await redoRun(db, tenant, { runNo: 5, alongside: audited(tenant, "run.redo") });
const retireAll: Act = async ({ db, tenant }) =>
  await deleteSource(db, tenant, {
    nameOrId: REMADE,
    actor: "ops",
    alongside: async (open) => void (await retireSource(open, tenant, REMADE)),
  });

function audited(tenant: number, action: string): (open: Tx) => Promise<void> {
  return async (open) => await audit(open, { tenant, actor: "ops", action, subject: "it" });
}

/** Every way that a device goes: it comes, is joined with another, changes, goes, is removed, comes back, moves, is undone. */
const LIFE: readonly Step[] = [
  {
    before: `insert into sync.sources (tenant, source_no, service_id, name, type, endpoint, agent_id, partition, created_at, updated_at)
             select tenant, 1, '${REMADE}', 'remade', 'netbox', 'https://n.example', 'agent-1', 'default', '2026-01-01', '2026-01-01' from sync.tenants`,
    act: ({ db, tenant }) => writeRetention(db, tenant, { absent_runs: 1, absent_hours: 0 }),
  },
  ...run(1, [a, b, c, d]),
  ...run(2, [twin, netboxDevice("72")], OTHER),
  ...run(3, [a, { ...b, hostname: "renamed", ip: "10.0.0.22" }, c]),
  {
    before: `update sync.devices set deleted_at = now() - interval '31 days' where deleted_at is not null`,
    act: ({ db }) => new Keeper({ db, clock, log }).look(),
  },
  ...run(4, [a, b, c, d]),
  { act: adopt },
  work,
  ...run(5, [twin, netboxDevice("72"), netboxDevice("73")], REMADE),
  { act: undo },
  work,
  { act: redo },
  work,
  { act: retireAll },
  work,
];

/** How often a life was disturbed, and what was left of it. */
type Lived = { readonly breaks: number; readonly state: readonly string[] };

/** Lives the life over a line that a judge may break; `diesAtOnce`: with the line its process dies, and another goes on. */
async function live(t: TestContext, { diesAtOnce = false, ...how }: LineOptions): Promise<Lived> {
  const { db: own, url } = await freshDatabase(t);
  const { tenant } = await newTenant(own);
  let breaks = 0;
  for (const { act, before } of LIFE) {
    if (before !== undefined) await own.query(before);
    for (let isDone = false; !isDone;) {
      // As if the time of a dead process' lease were over, and a day gone since the last clean-up.
      await own.query(
        "update sync.tenant_ingest set lease_until = '-infinity', cleaned_at = '-infinity'",
      );
      await using line = await layLine(url, { diesAtOnce, ...how });
      await using db = openPool({ address: line, max: 2, applicationName: "replica", log });
      const isAnswered = await act({ db, own, tenant, gone: line.gone }).then(
        () => true,
        (thrown: unknown) => {
          if (line.breaks() === 0) throw thrown;
          return false;
        },
      );
      // A worker outlives what breaks under it; the keeper does too, but takes up its work in a day alone.
      isDone = isAnswered && (line.breaks() === 0 || (!diesAtOnce && act === work.act));
      breaks += line.breaks();
    }
  }
  return { breaks, state: await wholeState(own, tenant) };
}

/** Breaks before and after every commit, of each way that a transaction goes; a statement by itself is one too. */
function everyCommit({ andStatement = false } = {}): Judge {
  const seen = new Set<string>();
  const isFirst = (path: string): boolean => !seen.has(path) && seen.add(path).size > 0;
  return () => {
    let before = "";
    return (sql): Fate => {
      const path = `${before};${sql}`;
      const ends = sql === "commit" || !path.startsWith(";begin");
      before = ends ? "" : path;
      if (!ends) return andStatement && isFirst(sql) ? "lost" : "passes";
      if (isFirst(`before ${path}`)) return "lost";
      return isFirst(`after ${path}`) ? "unanswered" : "passes";
    };
  };
}

/** What lies between two statements of a transaction is one and the same to a database, so each is broken once, wherever it stands. */
const everyStatement = (): Judge => everyCommit({ andStatement: true });

/** The lines that the others have not, or have less often. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

let undisturbed: Lived | undefined;

/** Lives a disturbed life, and tells how often it was; every table is as after the undisturbed one. */
async function livesAlike(t: TestContext, how: LineOptions): Promise<number> {
  undisturbed ??= await live(t, {});
  assert.equal(undisturbed.breaks, 0);
  const { breaks, state } = await live(t, how);
  assert.deepEqual(without(state, undisturbed.state), without(undisturbed.state, state));
  return breaks;
}

test("a process that is killed at any statement costs nothing", async (t) => {
  const deaths = await livesAlike(t, { judge: everyStatement(), diesAtOnce: true });
  assert.ok(deaths > 100, `${deaths} deaths`);
});

test("a line to the database that breaks before or after any commit costs nothing", async (t) => {
  const breaks = await livesAlike(t, { judge: everyCommit() });
  assert.ok(breaks > 60, `${breaks} breaks`);
});

test("a database that is slow costs nothing but time", async (t) => {
  await livesAlike(t, { delayMs: 2 });
});
