/** Setting aside a chunk that cannot be worked. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Db } from "../../src/db/pool.ts";
import { parkFailed } from "../../src/dire/park.ts";
import { workChunks } from "../../src/dire/work.ts";
import type { WaitingChunk } from "../../src/inbox/inbox.ts";
import { seizeTenant, type Lease } from "../../src/inbox/lease.ts";
import { freshDatabase } from "../support/database.ts";
import { newTenant } from "../support/dire.ts";
import { putSharing, SOURCES } from "../support/sharing-chunks.ts";

async function threeChunks(db: Db): Promise<Lease> {
  const lease = await newTenant(db);
  for (const chunkIndex of [0, 1, 2]) {
    const devices = [{ id: chunkIndex, serial: chunkIndex, address: chunkIndex }];
    await putSharing(db, lease, { chunk: { source: SOURCES[0] ?? "", devices }, chunkIndex });
  }
  return lease;
}

/** The chunk that is worked next, as whoever works it has it; nothing is done with it. */
async function taken(db: Db, lease: Lease): Promise<WaitingChunk | undefined> {
  let first: WaitingChunk | undefined;
  const onTaken = (chunks: readonly WaitingChunk[]): void => {
    first = chunks[0];
    throw new Error("it cannot be worked");
  };
  await assert.rejects(workChunks(db, lease, { limit: 1, onTaken }), /cannot be worked/);
  return first;
}

async function parked(db: Db, { tenant }: Lease): Promise<readonly number[]> {
  const { rows } = await db.query<{ no: number }>(
    `select chunk_index as no from sync.inbox where tenant = $1 and parked_reason is not null order by 1`,
    [tenant],
  );
  return rows.map(({ no }) => no);
}

test("the chunk that failed is parked, also where another one is first by then", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await threeChunks(db);
  const reason = "it cannot be worked";
  // Chunk 0 is parked while 1 is tried, and an operator has 0 tried again meanwhile.
  await parkFailed(db, lease, { failed: undefined, reason });
  const failed = await taken(db, lease);
  assert.equal(failed?.chunkIndex, 1);
  await db.query("update sync.inbox set parked_reason = null where tenant = $1", [lease.tenant]);
  assert.equal((await parkFailed(db, lease, { failed, reason }))?.chunkIndex, 1);
  assert.deepEqual(await parked(db, lease), [1]);
});

test("who has lost the tenant's lease parks nothing", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await threeChunks(db);
  const failed = await taken(db, lease);
  await seizeTenant(db, { tenant: lease.tenant, owner: "another" });
  for (const one of [failed, undefined]) {
    await assert.rejects(parkFailed(db, lease, { failed: one, reason: "lost" }), {
      code: "lease_lost",
      retry: "transient",
    });
  }
  assert.deepEqual(await parked(db, lease), []);
});
