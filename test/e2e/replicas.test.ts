/** Several processes on one database, of which one is killed and one is stopped: every chunk is worked once, in its tenant's order. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

import { migrate } from "../../src/db/migrate.ts";
import { MIGRATIONS } from "../../src/db/migrations.gen.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { tx } from "../../src/db/tx.ts";
import type { WorkFact } from "../../src/dire/work-fact.ts";
import { putChunk } from "../../src/inbox/inbox.ts";
import { silentLog } from "../../src/lib/log.ts";
import { freshDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { lacksPgbouncer, throughPgbouncer } from "../support/pgbouncer.ts";
import { E2E_MAX_MS } from "./installation.ts";

const PROGRAM = fileURLToPath(new URL("../support/replica-process.ts", import.meta.url));
const log = silentLog();
const TENANTS = [1, 2, 3, 4];
const CHUNKS = 8;
/** Devices of a chunk; each chunk renames those of the one before. */
const DEVICES = 3;

/** Tenants with chunks that wait, and a table that notes which chunk was worked when. */
async function prepare(db: Db): Promise<void> {
  await db.query(
    `insert into sync.tenants (tenant, uid, slug, name)
     select t, gen_random_uuid(), 't' || t, 'T' from unnest($1::int[]) t`,
    [TENANTS],
  );
  await db.query("insert into sync.tenant_ingest (tenant) select unnest($1::int[])", [TENANTS]);
  await db.query(
    `create table worked (nth bigserial, tenant int, inbox_no bigint);
     grant insert on worked to pg_database_owner; grant usage on sequence worked_nth_seq to pg_database_owner;
     create function note_worked() returns trigger language plpgsql as $$ begin
       insert into public.worked (tenant, inbox_no) values (old.tenant, old.inbox_no);
       return null;
     end $$;
     create trigger note_worked after delete on sync.inbox for each row execute function note_worked()`,
  );
  for (const tenant of TENANTS) {
    for (let chunkIndex = 0; chunkIndex < CHUNKS; chunkIndex += 1) {
      await put(db, tenant, chunkIndex);
    }
  }
}

async function put(db: Db, tenant: number, chunkIndex: number): Promise<void> {
  const entries = Array.from({ length: DEVICES }, (_, i) => ({
    source: "netbox",
    hostname: `device-${i}-named-${chunkIndex}`,
    ip: `10.0.0.${i + 1}`,
    timestamp: `2026-01-0${chunkIndex + 1}T00:00:00Z`,
    agent_id: "a",
    metadata: { integration_id: String(i), netbox_device_id: String(i), sync_service_id: "netbox" },
  }));
  await putChunk(db.forTenant(tenant), tenant, {
    agentId: "a",
    runId: `run-${chunkIndex}`,
    chunkIndex: 0,
    sender: {
      agentId: "a",
      partition: "default",
      sources: [{ serviceId: "netbox", type: "netbox", enabled: true }],
    },
    message: Buffer.from(JSON.stringify(entries)),
    chunksMax: 1_000,
  });
}

/** A process that works, what it said, and a wait for what it says. */
class Replica {
  readonly #child;
  readonly #ended: Promise<unknown>;
  readonly #said: WorkFact[] = [];

  constructor(t: TestContext, url: string, ...stop: readonly string[]) {
    const args = [PROGRAM, url, ...stop];
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#ended = once(this.#child, "close");
    createInterface({ input: this.#child.stdout }).on("line", (line) =>
      this.#said.push(JSON.parse(line) as WorkFact),
    );
    t.after(() => this.end());
  }

  async says(claim: (fact: WorkFact) => boolean): Promise<WorkFact> {
    return await eventually(() => {
      const fact = this.#said.find(claim);
      assert.ok(fact !== undefined, `said: ${JSON.stringify(this.#said)}`);
      return fact;
    });
  }

  kill(signal: "SIGKILL" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  /** Lets it end after the step under way. */
  async end(): Promise<void> {
    this.#child.kill("SIGCONT");
    this.#child.stdin.end();
    await this.#ended;
  }
}

const isIngested = (fact: WorkFact): boolean => fact.step === "ingested";

function tenantOf(fact: WorkFact): number {
  assert.ok(fact.step === "ingested");
  return Number(fact.tenant.slice(1));
}

async function waiting(db: Db, tenants: readonly number[]): Promise<number> {
  const { rows } = await db.query<{ chunks: number }>(
    "select count(*)::int as chunks from sync.inbox where tenant = any($1::int[])",
    [tenants],
  );
  return rows[0]?.chunks ?? 0;
}

/** Tenants whose leases have not run out. */
async function held(db: Db): Promise<readonly number[]> {
  const { rows } = await db.query<{ tenant: number }>(
    "select tenant from sync.tenant_ingest where lease_until > now()",
  );
  return rows.map(({ tenant }) => tenant);
}

/** What becomes of the chunks while one process is stopped and another killed, in the middle of their tenants. */
async function disturbed(t: TestContext, db: Db, url: string): Promise<void> {
  const stopped = new Replica(t, url, "stop");
  const slept = tenantOf(await stopped.says(isIngested));
  const killed = new Replica(t, url);
  const first = tenantOf(await killed.says(isIngested));
  assert.notEqual(first, slept, "a tenant whose lease is held was taken by another");
  killed.kill("SIGKILL");
  await killed.end();
  const theirs = await held(db);
  assert.ok(theirs.includes(slept));

  const others = TENANTS.filter((tenant) => !theirs.includes(tenant));
  const steady = [new Replica(t, url), new Replica(t, url)];
  await eventually(async () => assert.equal(await waiting(db, others), 0));
  assert.ok((await waiting(db, [slept])) > 0, "a held lease keeps its tenant");

  // Half a minute goes by.
  await db.query(
    "update sync.tenant_ingest set lease_until = now() - interval '1 second' where tenant = any($1::int[])",
    [theirs],
  );
  await eventually(async () => assert.equal(await waiting(db, TENANTS), 0));
  stopped.kill("SIGCONT");
  assert.deepEqual(await stopped.says(({ step }) => step === "failed"), {
    step: "failed",
    code: "lease_lost",
  });
  await eventually(async () => {
    assert.equal((await db.query("select from sync.dirty")).count, 0);
  });
  for (const replica of [stopped, ...steady]) await replica.end();
}

/** Every chunk once, in order; every tenant as if one process had worked it. */
async function assertWhole(db: Db): Promise<void> {
  const { rows: worked } = await db.query<{ tenant: number; inbox_no: number }>(
    "select tenant, inbox_no from worked order by nth",
  );
  for (const tenant of TENANTS) {
    const order = worked.filter((row) => row.tenant === tenant).map((row) => row.inbox_no);
    assert.equal(new Set(order).size, CHUNKS);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
  }
  assert.equal(worked.length, TENANTS.length * CHUNKS);
  const { rows: devices } = await db.query<{ tenant: number; names: readonly string[] }>(
    `select tenant, array_agg(hostname order by hostname) as names from sync.devices
      where deleted_at is null group by tenant order by tenant`,
  );
  const names = Array.from({ length: DEVICES }, (_, i) => `device-${i}-named-${CHUNKS - 1}`);
  assert.deepEqual(
    devices,
    TENANTS.map((tenant) => ({ tenant, names })),
  );
  const { rows: runs } = await db.query<{ entries: number; runs: number }>(
    "select sum(entries)::int as entries, count(*)::int as runs from sync.runs where run_id like 'run-%'",
  );
  const total = TENANTS.length * CHUNKS;
  assert.deepEqual(runs, [{ entries: total * DEVICES, runs: total }]);
}

test(
  "of several processes one is killed and one stopped: each chunk is worked once, in order, and who wakes is fenced",
  { timeout: E2E_MAX_MS },
  async (t) => {
    const { db, url } = await freshDatabase(t);
    await prepare(db);
    await disturbed(t, db, url);
    await assertWhole(db);
  },
);

test(
  "the same through pgbouncer in transaction mode, where the schema is made and tenants stay apart as well",
  { timeout: E2E_MAX_MS },
  async (t) => {
    const why = lacksPgbouncer();
    if (why !== undefined) return t.skip(why);
    const { db, url } = await freshDatabase(t, { migrated: false });
    const through = await throughPgbouncer(t, url);
    const pools = Array.from({ length: 4 }, () =>
      openPool({ address: { url: through }, max: 4, applicationName: "test", log }),
    );
    try {
      const applied = await Promise.all(pools.map((pool) => migrate(pool, { log })));
      assert.equal(applied.flat().length, MIGRATIONS.length);
      await prepare(db);
      await disturbed(t, db, through);
      await assertWhole(db);
      const asked = Array.from({ length: 20 }, () => pools).flat();
      const seen = await Promise.all(
        asked.map(async (pool, i) => {
          const tenant = TENANTS[Math.floor(i / 3) % TENANTS.length] ?? 0;
          const { rows } = await pool
            .forTenant(tenant)
            .query<{ tenant: number }>("select distinct tenant from sync.devices");
          return rows.map((row) => row.tenant === tenant);
        }),
      );
      assert.deepEqual(new Set(seen.flat()), new Set([true]));
    } finally {
      for (const pool of pools) await pool.end();
    }
  },
);

test("a transaction of a tenant that rests for five minutes is ended by the server, and its row is free", async (t) => {
  const { db } = await freshDatabase(t);
  const name = "idle_in_transaction_session_timeout";
  const rest = await tx(db.forTenant(1), async (open) => {
    const { rows } = await open.query<Record<string, string>>(`show ${name}`);
    return rows[0]?.[name];
  });
  assert.equal(rest, "5min");
  assert.deepEqual((await db.query(`show ${name}`)).rows, [{ [name]: "0" }]);
});
