import assert from "node:assert/strict";
import { test } from "node:test";

import { tx } from "../../src/db/tx.ts";
import { txInMind } from "../../src/dire/tx-in-mind.ts";
import { freshDatabase } from "../support/database.ts";

const FENCE = "select pg_advisory_xact_lock(1)";

test("what failed work noted is forgotten before the next one has the fence", async (t) => {
  const { db } = await freshDatabase(t);
  const order: string[] = [];
  const recalls = { forget: (tenant: number) => void order.push(`forgotten ${tenant}`) };
  let next: Promise<void> | undefined;
  const failing = txInMind(db, { tenant: 7, recalls }, async (open) => {
    await open.query(FENCE);
    next = tx(db, async (other) => {
      await other.query(FENCE);
      order.push("next");
    });
    const waits = "select from pg_locks where locktype = 'advisory' and not granted";
    while ((await db.query(waits)).count === 0);
    throw new Error("bad rows");
  });
  await assert.rejects(failing, /bad rows/);
  await next;
  assert.equal(order[0], "forgotten 7");
});

test("what was noted is forgotten where the commit fails, and kept where it does not", async (t) => {
  const { db } = await freshDatabase(t);
  const forgotten: number[] = [];
  const recalls = { forget: (tenant: number) => void forgotten.push(tenant) };
  const done = await txInMind(db, { tenant: 7, recalls }, async (open) => {
    await open.query("select 1");
    return "done";
  });
  assert.deepEqual([done, forgotten], ["done", []]);
  const hiding = txInMind(db, { tenant: 8, recalls }, async (open) => {
    await open.query("select nonsense").catch(() => undefined);
  });
  await assert.rejects(hiding, { code: "db_tx_failed" });
  assert.deepEqual(forgotten, [8]);
});
