import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { CORPUS_FOLDER, CORPUS_OPTIONS, readCorpus } from "./corpus.ts";
import { createIdentityFleet } from "./identity-fleet.ts";
import { scoreFiles } from "./score.ts";
import { score } from "./scoring/score.ts";
import { MODES } from "./tags.ts";

/** So that the repository stays small. */
const CORPUS_BYTES_MAX = 300_000;

test("the corpus is what the generator makes of its options", () => {
  const { updates, truth } = readCorpus();
  const made = [...createIdentityFleet(CORPUS_OPTIONS).batches()].flatMap((b) => b.delivered);
  assert.deepEqual(
    updates,
    made.map(({ update }) => update),
  );
  assert.deepEqual(
    truth.map(({ device }) => device),
    made.map(({ device }) => device.no),
  );
});

test("the corpus has every mode in its lines, and is small", () => {
  const tags = new Set(readCorpus().truth.flatMap(({ modes }) => modes));
  assert.deepEqual(
    MODES.filter((mode) => !tags.has(mode)),
    [],
  );
  const bytes = readdirSync(CORPUS_FOLDER).map((name) => statSync(join(CORPUS_FOLDER, name)).size);
  assert.ok(bytes.reduce((sum, size) => sum + size, 0) < CORPUS_BYTES_MAX);
});

test("the corpus' batches cover its lines", () => {
  const { updates, batches } = readCorpus();
  assert.equal(
    batches.reduce((next, { start, count }) => (start === next ? next + count : Number.NaN), 0),
    updates.length,
  );
});

test("truth as answer scores 1 on the corpus, from memory and from files", () => {
  const { truth } = readCorpus();
  const report = score(
    truth,
    truth.map(({ i, device }) => ({ i, id: `device-${device}` })),
  );
  assert.equal(report.pair.f1, 1);
  assert.equal(report.exact_share, 1);
  const path = join(CORPUS_FOLDER, "truth.jsonl.gz");
  // A truth line has no id, so as an answer it rejects every line.
  assert.equal(scoreFiles({ truth: path, assign: path }).rejected, truth.length);
});
