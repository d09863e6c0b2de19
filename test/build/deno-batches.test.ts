import assert from "node:assert/strict";
import { test } from "node:test";

import { runInBatches } from "../../build/deno-batches.ts";

const FILES = Array.from({ length: 40 }, (_, no) => `test/${no}.test.ts`);

/** Runs with such exit codes, in order. */
async function runWith(
  codes: readonly number[],
): Promise<{ code: number; ran: readonly (readonly string[])[]; told: readonly string[] }> {
  const ran: (readonly string[])[] = [];
  const told: string[] = [];
  const run = async (files: readonly string[]): Promise<number> => {
    ran.push(files);
    return await Promise.resolve(codes[ran.length - 1] ?? 0);
  };
  const code = await runInBatches(FILES, { run, tell: (line) => void told.push(line) });
  return { code, ran, told };
}

test("every file runs once, a few in each Deno", async () => {
  const { code, ran, told } = await runWith([]);
  assert.deepEqual([code, told], [0, []]);
  assert.deepEqual(ran.flat(), FILES);
  assert.equal(ran.length, 3);
});

test("files that Deno crashed in run again, and that is told; a third crash of theirs is a failure", async () => {
  const { code, ran, told } = await runWith([0, 139, 134]);
  assert.equal(code, 0);
  assert.deepEqual([ran[2], ran[3]], [ran[1], ran[1]]);
  assert.deepEqual(
    told.map((line) => line.replace(/ test\/17.*/, "")),
    [
      "Deno itself crashed (SIGSEGV) in: test/16.test.ts",
      "Deno itself crashed (SIGABRT) in: test/16.test.ts",
    ],
  );
  assert.equal((await runWith([0, 139, 139, 139])).code, 139);
});

test("failed tests, and what was killed, are not run again, and batches behind them run", async () => {
  for (const failure of [1, 137]) {
    const { code, ran, told } = await runWith([failure]);
    assert.deepEqual([code, ran.length, told], [failure, 3, []]);
  }
});
