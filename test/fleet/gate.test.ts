/** The engine on the committed fleet: its floors, and that nothing but the set of updates decides. */
import assert from "node:assert/strict";
import { before, test } from "node:test";

import { Replay, type ReplayAnswer } from "../../src/dire/replay.ts";
import { shuffledIndices } from "../../src/lib/shuffle.ts";
import { freshDatabase } from "../support/database.ts";
import { resolveInMemory } from "../support/dire-in-memory.ts";
import { newTenant } from "../support/dire.ts";
import { CORPUS_OPTIONS, readCorpus } from "./corpus.ts";
import { checkGates, checkOrderGates } from "./scoring/gates.ts";
import type { AliasLine, AssignLine } from "./scoring/lines.ts";
import { compareOrder } from "./scoring/order.ts";
import { score } from "./scoring/score.ts";

const { updates, batches, truth } = readCorpus();
const told = batches.flatMap(({ start, count, instance }) =>
  updates.slice(start, start + count).map((update) => ({ text: JSON.stringify(update), instance })),
);
let answers: readonly ReplayAnswer[] = [];
let aliases: readonly AliasLine[] = [];
let published: ReadonlySet<string> = new Set();

before(async () => {
  const { db } = await freshDatabase({ after: () => {} });
  const replay = new Replay(db, { lease: await newTenant(db), lines: told.length });
  for (const { start, count } of batches) {
    await replay.play(
      told.slice(start, start + count).map((line, n) => ({ i: start + n, ...line })),
    );
  }
  answers = await replay.answers(0, told.length);
  aliases = await replay.aliases();
  const { rows } = await db.query<{ id: string }>(
    "select 'sr:' || device_id as id from sync.devices",
  );
  published = new Set(rows.map(({ id }) => id));
});

test("the engine keeps the floors on the corpus, batch by batch", () => {
  assert.deepEqual(
    checkGates(score(truth, answers, aliases), CORPUS_OPTIONS.profile ?? "default"),
    [],
  );
});

test("what was published batch by batch is what one pass over all updates gives, in three other orders too", () => {
  for (const seed of [1, 2, 3]) {
    const order = [...shuffledIndices(told.length, seed)];
    const { ids } = resolveInMemory(order.flatMap((i) => told[i] ?? []));
    const whole = order.map((i, n): AssignLine => ({ i, id: ids[n] ?? null, at: null }));
    assert.deepEqual(checkOrderGates(compareOrder(answers, whole)), []);
  }
});

test("every id that was ever told is a device's own or leads to one", () => {
  const known = new Set([...published, ...aliases.map(({ from }) => from)]);
  const lost = answers.filter(({ at, id }) => !known.has(at ?? "") || !known.has(id ?? ""));
  assert.deepEqual(lost, []);
  assert.deepEqual(
    aliases.filter(({ from, to }) => published.has(from) || !published.has(to)),
    [],
  );
});
