/** What is published beside the writing of new records is what would have been published before them. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Db } from "../../src/db/pool.ts";
import { Publishing } from "../../src/dire/beside.ts";
import { Recalls } from "../../src/dire/recall-store.ts";
import { workChunks, type WorkedBeside } from "../../src/dire/work.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { freshDatabase } from "../support/database.ts";
import { newTenant, settle } from "../support/dire.ts";
import {
  inventoryOf,
  putMessage,
  putSharing,
  sharingChunks,
  SOURCES,
  type SharingChunk,
} from "../support/sharing-chunks.ts";

/** Takes chunks in, several in a transaction, each by itself within it; gives what each transaction did. */
async function play(
  db: Db,
  lease: Lease,
  {
    chunks,
    isPublishing,
  }: { readonly chunks: readonly SharingChunk[]; readonly isPublishing: boolean },
): Promise<readonly WorkedBeside[]> {
  const recalls = new Recalls();
  for (const [chunkIndex, each] of chunks.entries()) {
    await putSharing(db, lease, { chunk: each, chunkIndex });
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

test("whatever chunks say, the inventory is as if each had been published after the one before", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(sharingChunks({ id: 40, serial: 12 }), async (chunks) => {
      const [after, beside] = [await newTenant(db), await newTenant(db)];
      await play(db, after, { chunks, isPublishing: false });
      await play(db, beside, { chunks, isPublishing: true });
      assert.deepEqual(await inventoryOf(db, beside), await inventoryOf(db, after));
    }),
    { numRuns: 10 },
  );
});

test("while a chunk of new records is written, the one before it is published", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const chunks = [0, 1, 2].map((no): SharingChunk => {
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
  const from = (first: number): SharingChunk => ({
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
    await putMessage(db, lease, { message, chunkIndex });
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
