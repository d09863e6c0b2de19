/** A tenant's life, in which everything happens that the core and its operators do, over a line that may break at any statement. */
import assert from "node:assert/strict";

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
import { layLine, type Fate, type Judge, type LineOptions } from "./database-line.ts";
import { newTenant, type WireUpdate } from "./dire.ts";
import { wholeState } from "./fingerprint.ts";
import { InstantClock } from "./instant-clock.ts";
import { chunksOf, netboxDevice } from "./runs.ts";

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
    try {
      while ((await Promise.race([isWorked(own, worker), dead])) === false);
    } finally {
      worker.stop();
      await running;
    }
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
export type Lived = { readonly breaks: number; readonly state: readonly string[] };

/** A database to live in, and what a break leaves to do before the life goes on. */
export type Place = {
  /** The test's own way to it. */
  readonly db: Db;
  readonly url: string;
  readonly mend?: () => Promise<void>;
};

/** Lives the life over a line that a judge may break; `diesAtOnce`: with the line its process dies, and another goes on. */
export async function live(
  { db: own, url, mend }: Place,
  { diesAtOnce = false, ...how }: LineOptions,
): Promise<Lived> {
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
      if (line.breaks() > 0) await mend?.();
    }
  }
  return { breaks, state: await wholeState(own, tenant) };
}

/**
 * Breaks before and after every commit, of each way that a transaction goes; a statement by itself is one too. `ofWrites`: of those alone
 * that may write.
 */
export function everyCommit({ andStatement = false, ofWrites = false } = {}): Judge {
  const seen = new Set<string>();
  const isFirst = (path: string): boolean => !seen.has(path) && seen.add(path).size > 0;
  return commits({
    within: (sql) => andStatement && isFirst(sql),
    at: (path) => {
      if (ofWrites && !WRITES.test(path)) return "passes";
      if (isFirst(`before ${path}`)) return "lost";
      return isFirst(`after ${path}`) ? "unanswered" : "passes";
    },
  });
}

const WRITES = /\b(insert|update|delete|copy|create|alter)\b/i;

/** Breaks once, of those that may write: before the first commit for 0, after it for 1, before the second one for 2. */
export function nthCommit(nth: number): Judge {
  let place = 0;
  return commits({
    within: () => false,
    at: (path) => {
      if (!WRITES.test(path)) return "passes";
      place += 2;
      if (place - 2 === nth) return "lost";
      return place - 1 === nth ? "unanswered" : "passes";
    },
  });
}

type Commits = {
  /** Whether a line breaks before a statement within a transaction. */
  readonly within: (sql: string) => boolean;
  /** What becomes of what ends a transaction, by all that was said in it. */
  readonly at: (path: string) => Fate;
};

function commits({ within, at }: Commits): Judge {
  return () => {
    let before = "";
    return (sql) => {
      const path = `${before};${sql}`;
      const ends = sql === "commit" || !path.startsWith(";begin");
      before = ends ? "" : path;
      if (!ends) return within(sql) ? "lost" : "passes";
      return at(path);
    };
  };
}

/** The lines that the others have not, or have less often. */
export function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
