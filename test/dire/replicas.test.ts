/** Several replicas on one database, of which connections break and leases run out, publish what one publishes alone. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { openPool, type Db } from "../../src/db/pool.ts";
import { Worker } from "../../src/dire/worker.ts";
import { putChunk } from "../../src/inbox/inbox.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { readCorpus } from "../fleet/corpus.ts";
import { freshDatabase } from "../support/database.ts";
import { answer } from "../support/dire.ts";

const log = silentLog();
/** Batches of the corpus that are sent: its first day and some of its second, so that much changes. */
const BATCHES = 110;
/** Transactions that are broken off. */
const BROKEN = 6;
const OWNER = { tenant: 1, owner: "", epoch: 0 };

/** Sends the corpus through the inbox, one chunk a batch; an agent a partition, as a source's partition is its agent's. */
async function send(db: Db): Promise<void> {
  const { updates, batches } = readCorpus();
  const sources = [...new Set(batches.map(({ instance }) => instance))].map((instance) => ({
    serviceId: instance.toLowerCase(),
    type: instance,
    enabled: true,
  }));
  for (const [chunkIndex, { start, count, instance }] of batches.slice(0, BATCHES).entries()) {
    const own = updates.slice(start, start + count);
    for (const [partition, entries] of Map.groupBy(own, (update) => update.partition)) {
      const agentId = `agent-${partition}`;
      const told = entries.map((entry) => ({
        ...entry,
        agent_id: agentId,
        metadata: { ...entry.metadata, sync_service_id: instance },
      }));
      await putChunk(db, OWNER.tenant, {
        agentId,
        runId: `run-${chunkIndex}`,
        chunkIndex,
        sender: { agentId, partition, sources },
        message: Buffer.from(JSON.stringify(told)),
        chunksMax: 10_000,
      });
    }
  }
}

async function prepared(t: TestContext): Promise<{ readonly db: Db; readonly url: string }> {
  const database = await freshDatabase(t, { max: 6 });
  await database.db.query(
    "insert into sync.tenants (tenant, uid, slug, name) values (1, gen_random_uuid(), 'acme', 'Acme')",
  );
  await database.db.query("insert into sync.tenant_ingest (tenant) values (1)");
  await send(database.db);
  return database;
}

/** A replica: a worker with connections of its own. */
function replica(t: TestContext, url: string): { readonly worker: Worker; readonly name: string } {
  const name = `replica-${Math.trunc(performance.now() * 1_000)}`;
  const db = openPool({ address: { url }, max: 2, applicationName: name, log });
  const worker = new Worker({ db, clock: systemClock, log, chunksPerTx: 3, tenantsInFlight: 1 });
  const running = worker.run();
  t.after(async () => {
    worker.stop();
    await running;
    await db.end();
  });
  return { worker, name };
}

/** Breaks the transaction of whoever works and lets its lease run out, as a killed process would, some times over. */
async function disturb(db: Db, names: readonly string[]): Promise<number> {
  let broken = 0;
  while (broken < BROKEN && (await unworked(db)) > 0) {
    const { rows: ended } = await db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = any($1) and state in ('active', 'idle in transaction')`,
      [names],
    );
    if (ended.length === 0) continue;
    broken += 1;
    await db.query("update sync.tenant_ingest set lease_until = '-infinity'");
  }
  return broken;
}

async function unworked(db: Db): Promise<number> {
  const { rows } = await db.query<{ left: number }>(
    "select (select count(*) from sync.inbox) + (select count(*) from sync.dirty) as left",
  );
  return rows[0]?.left ?? 0;
}

test("replicas that race, lose connections and leases publish what one publishes alone", async (t) => {
  const alone = await prepared(t);
  await replica(t, alone.url).worker.whenIdle();
  const expected = await answer(alone.db, OWNER);
  assert.ok(expected.length > 300);

  const shared = await prepared(t);
  const replicas = [replica(t, shared.url), replica(t, shared.url)];
  const broken = await disturb(
    shared.db,
    replicas.map(({ name }) => name),
  );
  assert.ok(broken > 0, "some transaction was broken off");
  while ((await unworked(shared.db)) > 0) {
    await Promise.all(replicas.map(({ worker }) => worker.whenIdle()));
  }
  assert.deepEqual(await answer(shared.db, OWNER), expected);
  const { rows } = await shared.db.query<{ left: number }>(
    "select count(*)::int as left from sync.ledger where worked_at is null",
  );
  assert.equal(rows[0]?.left, 0);
});
