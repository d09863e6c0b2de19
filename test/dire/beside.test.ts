/** What is published beside the writing of new records is what would have been published before them. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Db } from "../../src/db/pool.ts";
import { Publishing } from "../../src/dire/beside.ts";
import { Recalls } from "../../src/dire/recall-store.ts";
import { workChunks, type WorkedBeside } from "../../src/dire/work.ts";
import { putChunk } from "../../src/inbox/inbox.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { freshDatabase } from "../support/database.ts";
import { answer, devicesOfRecords, newTenant, quarantine, settle } from "../support/dire.ts";

const AGENT = "agent-1";
const SOURCES = ["0e6c3f2a-0000-4000-8000-000000000001", "0e6c3f2a-0000-4000-8000-000000000002"];
const SENDER = {
  agentId: AGENT,
  partition: "default",
  sources: SOURCES.map((serviceId) => ({ serviceId, type: "netbox", enabled: true })),
};
const START_MS = Date.UTC(2026, 0, 1);

/** Few serials and addresses, so that many are shared, in one chunk and over chunks. */
const device = fc.record({
  id: fc.nat({ max: 40 }),
  serial: fc.nat({ max: 12 }),
  address: fc.nat({ max: 60 }),
});
const chunk = fc.record({
  source: fc.constantFrom(...SOURCES),
  devices: fc.array(device, { minLength: 1, maxLength: 8 }),
});
type Chunk = typeof chunk extends fc.Arbitrary<infer T> ? T : never;

function messageOf({ source, devices }: Chunk, index: number): Buffer {
  const entries = devices.map(({ id, serial, address }) => ({
    source: "netbox",
    hostname: `host-${id}`,
    ip: `10.0.0.${address}`,
    timestamp: new Date(START_MS + index * 1_000).toISOString(),
    // Some are called the same by both sources.
    metadata: {
      netbox_device_id: id % 4 === 0 ? `${id}` : `${source.at(-1)}-${id}`,
      serial: `SN-77${serial}`,
    },
    sync_meta: { sync_service_id: source, sync_run_id: "run", chunk_index: index },
  }));
  return Buffer.from(JSON.stringify(entries));
}

/** Takes chunks in, several in a transaction, each by itself within it; gives what each transaction did. */
async function play(
  db: Db,
  lease: Lease,
  { chunks, isPublishing }: { readonly chunks: readonly Chunk[]; readonly isPublishing: boolean },
): Promise<readonly WorkedBeside[]> {
  const recalls = new Recalls();
  for (const [chunkIndex, each] of chunks.entries()) {
    const message = messageOf(each, chunkIndex);
    const key = { agentId: AGENT, runId: "run", chunkIndex, sender: SENDER, message };
    await putChunk(db, lease.tenant, { ...key, chunksMax: 1_000 });
  }
  const done: WorkedBeside[] = [];
  const how = { limit: 5, recalls, concurrency: 2, readMax: 1, isPublishing };
  for (;;) {
    const worked = await workChunks(db, lease, how);
    if (worked === undefined) break;
    done.push(worked);
  }
  await settle(db, lease, { recalls });
  return done;
}

async function inventory(db: Db, lease: Lease): Promise<unknown> {
  return [await answer(db, lease), await devicesOfRecords(db, lease), await quarantine(db, lease)];
}

test("whatever chunks say, the inventory is as if each had been published after the one before", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { minLength: 2, maxLength: 8 }), async (chunks) => {
      const [after, beside] = [await newTenant(db), await newTenant(db)];
      await play(db, after, { chunks, isPublishing: false });
      await play(db, beside, { chunks, isPublishing: true });
      assert.deepEqual(await inventory(db, beside), await inventory(db, after));
    }),
    { numRuns: 10 },
  );
});

test("while a chunk of new records is written, the one before it is published", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const chunks = [0, 1, 2].map((no): Chunk => {
    const devices = [0, 1, 2].map((i) => ({ id: 3 * no + i, serial: 3 * no + i, address: 0 }));
    return { source: SOURCES[0] ?? "", devices };
  });
  const [worked] = await play(db, lease, { chunks, isPublishing: true });
  assert.equal(worked?.created, 9);
  const published = worked.published.map(({ counts }) => counts.created);
  assert.deepEqual(published, [3, 3], "the last one waits for its own turn");
});

test("a publication that fails beside a chunk ends the transaction, whatever waits to be sorted", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const from = (first: number): Chunk => ({
    source: SOURCES[0] ?? "",
    devices: Array.from({ length: 200 }, (_, i) => ({
      id: first + i,
      serial: first + i,
      address: 0,
    })),
  });
  await db.query(
    `create function sync.refuse() returns trigger language plpgsql as $$ begin raise exception 'no device'; end $$;
     create trigger refuse before insert on sync.devices for each row execute function sync.refuse()`,
  );
  // The second speaks of records of the first, so it waits for the publication; the third is being sorted then.
  const chunks = [from(0), from(100), from(400)];
  await assert.rejects(play(db, lease, { chunks, isPublishing: true }), /no device/);
});

test("two names that give one id are not taken for two devices", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const recalls = new Recalls();
  const ids = [
    { armis_device_id: "5", integration_id: "7" },
    { armis_device_id: "5integration:7" },
  ];
  for (const [chunkIndex, metadata] of ids.entries()) {
    const meta = { sync_service_id: SOURCES[0], sync_run_id: "run", chunk_index: chunkIndex };
    const entry = { source: "armis", hostname: `host-${chunkIndex}`, metadata, sync_meta: meta };
    const message = Buffer.from(JSON.stringify([entry]));
    const key = { agentId: AGENT, runId: "run", chunkIndex, sender: SENDER, message };
    await putChunk(db, lease.tenant, { ...key, chunksMax: 1_000 });
    while ((await workChunks(db, lease, { limit: 5, recalls })) !== undefined);
    await settle(db, lease, { recalls });
  }
  const { rows } = await db.query("select count(*)::int as records from sync.members");
  assert.deepEqual(rows, [{ records: 2 }]);
});

test("the error that came first is the one that comes out, when both are over", async () => {
  const steps: string[] = [];
  const failing = new Publishing(async () => {
    await Promise.resolve();
    throw new Error("no publication");
  });
  const work = failing.beside(async ({ hasRead }) => {
    await hasRead.catch(() => steps.push("told"));
    steps.push("over");
    throw new Error("the transaction is aborted");
  });
  await assert.rejects(work, /no publication/);
  assert.deepEqual(steps, ["told", "over"]);
});
