/** What all records of a tenant say is read back where nobody has it in mind, and leaves the inventory that reading each leaves. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Db } from "../../src/db/pool.ts";
import { tx } from "../../src/db/tx.ts";
import { Recalls } from "../../src/dire/recall-store.ts";
import type { Recall } from "../../src/dire/recall.ts";
import { makeReadAnew } from "../../src/dire/take-over.ts";
import { workChunks } from "../../src/dire/work.ts";
import { fence, type Lease } from "../../src/inbox/lease.ts";
import { freshDatabase } from "../support/database.ts";
import { newTenant, settle } from "../support/dire.ts";
import {
  inventoryOf,
  putSharing,
  sharingChunks,
  SOURCES,
  type SharingChunk,
} from "../support/sharing-chunks.ts";

type Take = {
  readonly chunk: SharingChunk;
  readonly index: number;
  readonly recalls: Recalls;
};

async function take(db: Db, lease: Lease, { chunk, index, recalls }: Take): Promise<void> {
  await putSharing(db, lease, { chunk, chunkIndex: index });
  await workChunks(db, lease, { limit: 5, recalls, isPublishing: true });
}

function heldBy(recalls: Recalls, db: Db, lease: Lease): Promise<Recall | undefined> {
  return tx(db, async (open) => recalls.held(lease.tenant, await fence(open, lease)));
}

/** More new records than any of these tests has, taken in without knowing what the others say. */
const MANY = 1_000;
const DEVICES = Array.from({ length: 8 }, (_, id) => ({ id, serial: id, address: id }));

test("whatever chunks say, what was read back leaves the inventory that is left where nothing is in mind", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(sharingChunks({ id: 30, serial: 15 }), async (chunks) => {
      const [back, plain] = [await newTenant(db), await newTenant(db)];
      const recalls = new Recalls();
      for (const [index, one] of chunks.entries()) {
        // As after a step that failed; what the next one brings is at hand when it is published.
        if (index % 2 === 0) recalls.forget(back.tenant);
        recalls.createdBlindly(back.tenant, MANY);
        await take(db, back, { chunk: one, index, recalls });
        assert.equal((await heldBy(recalls, db, back))?.isWhole, true);
        await take(db, plain, { chunk: one, index, recalls: new Recalls() });
        recalls.forget(plain.tenant);
      }
      await settle(db, back, { recalls });
      await settle(db, plain);
      assert.deepEqual(await inventoryOf(db, back), await inventoryOf(db, plain));
    }),
    { numRuns: 8 },
  );
});

test("a first load knows what all records say although another process took in the first of them", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const source = SOURCES[0] ?? "";
  const one = { source, devices: DEVICES.slice(0, 1) };
  await take(db, lease, { chunk: one, index: 0, recalls: new Recalls() });
  const recalls = new Recalls();
  // An entry of these is a third of a usual one, by which it is told how many a chunk has.
  const many = Array.from({ length: 20 }, (_, id) => ({ id, serial: id, address: id }));
  await take(db, lease, { chunk: { source, devices: many }, index: 1, recalls });
  assert.equal((await heldBy(recalls, db, lease))?.isWhole, true);
});

test("what all records say is read back after a failed step once that is worth it, and never where records were removed", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const recalls = new Recalls();
  const source = SOURCES[0] ?? "";
  const step = async (from: number): Promise<boolean | undefined> => {
    const devices = DEVICES.map(({ id }) => ({ id: from + id, serial: from + id, address: id }));
    await take(db, lease, { chunk: { source, devices }, index: from, recalls });
    return (await heldBy(recalls, db, lease))?.isWhole;
  };
  assert.equal(await step(0), true);
  recalls.forget(lease.tenant);
  assert.equal(await step(100), undefined, "eight records were there, and nothing was created yet");
  assert.equal(await step(200), true);
  recalls.forget(lease.tenant);
  recalls.createdBlindly(lease.tenant, MANY);
  await tx(db, (open) => makeReadAnew(open, lease.tenant));
  assert.equal(await step(300), undefined);
});
