import assert from "node:assert/strict";
import { test } from "node:test";

import { readActivity } from "../../src/db/activity.ts";
import { tx } from "../../src/db/tx.ts";
import { freshDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";

const LOCK = "select pg_advisory_xact_lock(4711)";

test("a session that waits for another's lock is counted with the time that it waits, and no longer once it has it", async (t) => {
  const { db } = await freshDatabase(t);
  const own = db.across("tuning");
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: held, resolve: hold } = Promise.withResolvers<void>();
  const first = tx(own, async (open) => {
    await open.query(LOCK);
    hold();
    await released;
  });
  await held;
  assert.equal((await readActivity(own)).lockWaiting, 0);
  const second = tx(own, (open) => open.query(LOCK));
  await eventually(async () => {
    const { lockWaiting, lockWaitMs } = await readActivity(own);
    assert.equal(lockWaiting, 1);
    assert.ok(lockWaitMs > 0);
  });
  release();
  await Promise.all([first, second]);
  assert.deepEqual(await readActivity(own), { running: 0, lockWaiting: 0, lockWaitMs: 0 });
});

test("a session that computes is counted", async (t) => {
  const { db } = await freshDatabase(t);
  const own = db.across("tuning");
  const stopping = new AbortController();
  const busy = (async () => {
    while (!stopping.signal.aborted) {
      await own.query("select count(*) from generate_series(1, 300000)");
    }
  })();
  await eventually(async () => assert.ok((await readActivity(own)).running >= 1));
  stopping.abort();
  await busy;
});
