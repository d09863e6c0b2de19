import assert from "node:assert/strict";
import { test } from "node:test";

import { watchDatabase } from "../../src/bin/database-watch.ts";
import { silentLog } from "../../src/lib/log.ts";
import { freshDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { InstantClock } from "../support/instant-clock.ts";

test("a core that runs knows how busy its database is, and what the matrix says of what is there now", async (t) => {
  const { db } = await freshDatabase(t);
  const options = { db, clock: new InstantClock(), log: silentLog(), replicas: 1 };
  const watch = watchDatabase({ ...options, isHere: true });
  await eventually(() => assert.ok(watch.load()?.host !== undefined));
  assert.ok((watch.load()?.host?.processors ?? 0) > 0);
  assert.equal(watch.advice()?.row.name, "small");
  await watch.stop();
  const elsewhere = watchDatabase({ ...options, isHere: false });
  await eventually(() => assert.ok(elsewhere.load() !== undefined));
  assert.equal(elsewhere.load()?.host, undefined);
  await elsewhere.stop();
});
