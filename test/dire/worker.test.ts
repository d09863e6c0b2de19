/** How the worker shares itself out: chunks to transactions, tenants to lanes, time among tenants. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { Db } from "../../src/db/pool.ts";
import type { Queryable } from "../../src/db/session.ts";
import type { WorkFact } from "../../src/dire/work-fact.ts";
import { Worker, type WorkerOptions } from "../../src/dire/worker.ts";
import { putChunk } from "../../src/inbox/inbox.ts";
import { claimTenant, type Claim } from "../../src/inbox/lease.ts";
import { systemClock, type Clock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { freshDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";

const log = silentLog();

async function withTenants(t: TestContext, count: number): Promise<Db> {
  const { db } = await freshDatabase(t, { max: 8 });
  for (let tenant = 1; tenant <= count; tenant += 1) {
    await db.query(
      "insert into sync.tenants (tenant, uid, slug, name) values ($1, gen_random_uuid(), $2, $2)",
      [tenant, `t${tenant}`],
    );
    await db.query("insert into sync.tenant_ingest (tenant) values ($1)", [tenant]);
  }
  return db;
}

type Stored = {
  readonly run?: string;
  readonly chunks?: number;
  readonly padding?: number;
  readonly endsRun?: boolean;
};

/** Puts chunks of one new device each into a tenant's inbox. */
async function store(db: Db, tenant: number, how: Stored = {}): Promise<void> {
  const { run: runId = "run-1", chunks = 1, padding = 0, endsRun = false } = how;
  const sources = [{ serviceId: "nb", type: "netbox", enabled: true }];
  for (let chunkIndex = 0; chunkIndex < chunks; chunkIndex += 1) {
    const serial = `S${tenant}-${runId}-${chunkIndex}`;
    const metadata = {
      sync_service_id: "nb",
      integration_id: serial,
      serial,
      x: "x".repeat(padding),
    };
    const device = { agent_id: "a", source: "netbox", partition: "p", metadata };
    await putChunk(db, tenant, {
      agentId: "a",
      runId,
      chunkIndex,
      sender: { agentId: "a", partition: "p", sources },
      message: Buffer.from(JSON.stringify([{ ...device, timestamp: "2026-03-02T00:00:00Z" }])),
      chunksMax: 1_000,
      endsRun: endsRun && chunkIndex === chunks - 1,
    });
  }
}

function run(
  t: TestContext,
  db: Db,
  how: Partial<WorkerOptions>,
): { worker: Worker; facts: WorkFact[] } {
  const facts: WorkFact[] = [];
  const worker = new Worker({
    db,
    clock: systemClock,
    log,
    chunksPerTx: 10,
    tenantsInFlight: 1,
    note: (fact) => void facts.push(fact),
    ...how,
  });
  const running = worker.run();
  t.after(async () => {
    worker.stop();
    await running;
  });
  return { worker, facts };
}

const chunksOf = (facts: readonly WorkFact[]): readonly number[] =>
  facts.flatMap((fact) => (fact.step === "ingested" ? [fact.chunks] : []));

test("QUEUE_MAX_CHUNKS: chunks that wait are as few transactions as it allows", async (t) => {
  const db = await withTenants(t, 1);
  for (const [chunksPerTx, transactions] of [
    [1, [1, 1, 1, 1, 1]],
    [2, [2, 2, 1]],
    [10, [5]],
  ] as const) {
    await store(db, 1, { run: `run-${chunksPerTx}`, chunks: 5 });
    const { worker, facts } = run(t, db, { chunksPerTx });
    await worker.whenIdle();
    worker.stop();
    assert.deepEqual(chunksOf(facts), transactions);
  }
});

test("MAX_INFLIGHT: as many tenants are worked at a time", async (t) => {
  const db = await withTenants(t, 4);
  for (const tenantsInFlight of [1, 3]) {
    for (const tenant of [1, 2, 3, 4]) await store(db, tenant, { run: `run-${tenantsInFlight}` });
    await using held = await db.checkOut();
    await held.query("begin; lock table sync.records in exclusive mode");
    const { worker } = run(t, db, { tenantsInFlight });
    await eventually(async () => assert.equal(await waitingForRecords(held), tenantsInFlight));
    const { rows } = await held.query<{ leased: number }>(
      "select count(*)::int as leased from sync.tenant_ingest where lease_until > now()",
    );
    assert.deepEqual(rows, [{ leased: tenantsInFlight }]);
    await held.query("commit");
    await worker.whenIdle();
    worker.stop();
  }
});

async function waitingForRecords(session: Queryable): Promise<number> {
  const { rows } = await session.query<{ many: number }>(
    `select count(distinct pid)::int as many from pg_locks
      where relation = 'sync.records'::regclass and not granted`,
  );
  return rows[0]?.many ?? 0;
}

test("COALESCE_MS: a chunk waits for others, unless they are enough, end a run, or it has waited", async (t) => {
  const db = await withTenants(t, 1);
  const isClaimed = async (claim: Claim): Promise<boolean> => {
    const lease = await claimTenant(db, "x", claim);
    await db.query("update sync.tenant_ingest set lease_until = '-infinity'");
    return lease !== undefined;
  };
  await store(db, 1, { chunks: 2 });
  assert.equal(await isClaimed({ limit: 10, waitMs: 60_000 }), false);
  assert.equal(await isClaimed({ limit: 10, waitMs: 0 }), true);
  assert.equal(await isClaimed({ limit: 2, waitMs: 60_000 }), true);
  await db.query("update sync.inbox set received_at = received_at - interval '59 s'");
  assert.equal(await isClaimed({ limit: 10, waitMs: 60_000 }), false);
  await db.query("update sync.inbox set received_at = received_at - interval '1 s'");
  assert.equal(await isClaimed({ limit: 10, waitMs: 60_000 }), true);
  await db.query("update sync.inbox set received_at = now() + interval '1 hour'");
  await db.query("update sync.inbox set ends_run = true where chunk_index = 1");
  assert.equal(await isClaimed({ limit: 10, waitMs: 60_000 }), true);
});

test("COALESCE_MS: chunks that come within it are one transaction", async (t) => {
  const db = await withTenants(t, 1);
  const { worker, facts } = run(t, db, { coalesceMs: 600_000 });
  await store(db, 1, { chunks: 3, endsRun: true });
  worker.wake();
  await eventually(() => assert.ok(facts.some(({ step }) => step === "published")));
  assert.deepEqual(chunksOf(facts), [3]);
});

/** A clock on which every look takes longer than a slice. */
function hastyClock(): Clock {
  let ms = Date.now();
  return { now: () => (ms += 10_000), sleep: (...args) => systemClock.sleep(...args) };
}

test("tenants that have much take turns", async (t) => {
  const db = await withTenants(t, 2);
  await store(db, 1, { chunks: 3 });
  await store(db, 2, { chunks: 3 });
  const { worker, facts } = run(t, db, { chunksPerTx: 1, clock: hastyClock() });
  await worker.whenIdle();
  const turns = facts.flatMap((fact) => (fact.step === "ingested" ? [fact.tenant] : []));
  const [first = "", second = ""] = turns;
  assert.notEqual(first, second);
  assert.deepEqual(turns, [first, second, first, second, first, second]);
});

test("a long load is published as it goes, also by turns", async (t) => {
  const db = await withTenants(t, 1);
  await store(db, 1, { chunks: 20 });
  const { worker, facts } = run(t, db, { chunksPerTx: 1, clock: hastyClock() });
  await worker.whenIdle();
  const steps = facts.map(({ step }) => step);
  assert.ok(steps.indexOf("published") < 10, steps.join(" "));
  assert.equal(steps.filter((step) => step === "ingested").length, 20);
});

test("a tenant that cannot be published still has its chunks taken in", async (t) => {
  const db = await withTenants(t, 1);
  await db.query(
    `create function sync.refuse() returns trigger language plpgsql as $$ begin raise exception 'no device'; end $$;
     create trigger refuse before insert on sync.devices for each row execute function sync.refuse()`,
  );
  await store(db, 1);
  const taken: number[] = [];
  const both = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<void>();
  run(t, db, {
    clock: hastyClock(),
    note: (fact) => {
      if (fact.step === "failed") failed.resolve();
      if (fact.step === "ingested" && taken.push(fact.chunks) === 2) both.resolve();
    },
  });
  await failed.promise;
  await store(db, 1, { run: "run-2" });
  await both.promise;
  assert.deepEqual(taken, [1, 1]);
});

test("a light worker takes who has little, publishes it at once, and leaves the others alone", async (t) => {
  const db = await withTenants(t, 2);
  await store(db, 1, { chunks: 2, padding: 600_000 });
  await store(db, 2, { chunks: 2 });
  const { worker, facts } = run(t, db, { chunksPerTx: 1, isLight: true });
  await worker.whenIdle();
  assert.deepEqual(
    facts.map((fact) => [fact.step, "tenant" in fact ? fact.tenant : ""]),
    [
      ["ingested", "t2"],
      ["published", "t2"],
      ["ingested", "t2"],
      ["published", "t2"],
    ],
  );
});
