/**
 * A process that dies, and a line that breaks, at every statement of a tenant's life in turn: before the server has it, and after
 * it was done but nobody heard so. Whatever breaks, every table ends as in the life that nothing disturbed.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { Judge, LineOptions } from "../support/database-line.ts";
import { freshDatabase } from "../support/database.ts";
import { everyCommit, live, without, type Lived } from "../support/tenant-life.ts";

/** What lies between two statements of a transaction is one and the same to a database, so each is broken once, wherever it stands. */
const everyStatement = (): Judge => everyCommit({ andStatement: true });

let undisturbed: Lived | undefined;

/** Lives a disturbed life, and tells how often it was; every table is as after the undisturbed one. */
async function livesAlike(t: TestContext, how: LineOptions): Promise<number> {
  undisturbed ??= await live(await freshDatabase(t), {});
  assert.equal(undisturbed.breaks, 0);
  const { breaks, state } = await live(await freshDatabase(t), how);
  assert.deepEqual(without(state, undisturbed.state), without(undisturbed.state, state));
  return breaks;
}

test("a process that is killed at any statement costs nothing", async (t) => {
  const deaths = await livesAlike(t, { judge: everyStatement(), diesAtOnce: true });
  assert.ok(deaths > 100, `${deaths} deaths`);
});

test("a line to the database that breaks before or after any commit costs nothing", async (t) => {
  const breaks = await livesAlike(t, { judge: everyCommit() });
  assert.ok(breaks > 60, `${breaks} breaks`);
});

test("a database that is slow costs nothing but time", async (t) => {
  await livesAlike(t, { delayMs: 2 });
});
