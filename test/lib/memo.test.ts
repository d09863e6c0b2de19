import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { memoized } from "../../src/lib/memo.ts";

test("an answer that is kept is the answer that would be given anew, whatever was asked before", () => {
  const read = (text: string): string | undefined =>
    text.length % 3 === 0 ? undefined : text + text;
  const kept = memoized(read);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.string({ minLength: 60, maxLength: 70 }))),
      (texts) => {
        for (const text of [...texts, ...texts]) assert.equal(kept(text), read(text));
      },
    ),
  );
});

test("a text is read once, also where the answer is that there is none, until too many others were read", () => {
  const asked: string[] = [];
  const kept = memoized((text) => void asked.push(text));
  kept("a");
  kept("a");
  assert.deepEqual(asked, ["a"]);
  for (let i = 0; i < 5_000; i += 1) kept(`other ${i}`);
  kept("a");
  assert.equal(asked.filter((text) => text === "a").length, 2);
});

test("a long text is not kept", () => {
  let reads = 0;
  const kept = memoized(() => (reads += 1));
  const long = "x".repeat(65);
  kept(long);
  kept(long);
  assert.equal(reads, 2);
});
