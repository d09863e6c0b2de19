import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { nextChunk, STREAM_START, type StreamOrder } from "../../src/gateway/chunk-order.ts";

type Header = Parameters<typeof nextChunk>[1];

const header = (chunkIndex: number, totalChunks: number, isFinal = false): Header => ({
  chunkIndex,
  totalChunks,
  isFinal,
  services: [{}],
});

function faultOf(...headers: readonly Header[]): string | undefined {
  let order: StreamOrder = STREAM_START;
  for (const next of headers) {
    const taken = nextChunk(order, next);
    if (!taken.ok) return taken.error.message;
    order = taken.value;
  }
  return undefined;
}

const CASES: readonly (readonly [string, readonly Header[], string])[] = [
  ["no total", [header(0, 0)], "total_chunks must be > 0"],
  ["a total that changes", [header(0, 3), header(1, 2)], "total_chunks changed mid-stream"],
  ["a negative index", [header(-1, 2)], "invalid chunk_index"],
  ["an index beyond the total", [header(2, 2)], "invalid chunk_index"],
  ["a gap", [header(0, 3), header(2, 3)], "unexpected chunk_index"],
  ["a repetition", [header(0, 3), header(0, 3)], "unexpected chunk_index"],
  ["a start that is not 0", [header(1, 3)], "unexpected chunk_index"],
  ["an end before the last", [header(0, 3, true)], "final chunk_index does not match total_chunks"],
];

for (const [what, headers, message] of CASES) {
  test(`a stream with ${what} is refused with "${message}"`, () => {
    assert.equal(faultOf(...headers), message);
  });
}

test("a stream with more than 5,000 services over all its chunks is refused", () => {
  const many = { ...header(0, 2), services: Array.from({ length: 5_000 }) };
  assert.equal(faultOf(many), undefined);
  assert.equal(faultOf(many, header(1, 2)), "too many service statuses in one stream (max: 5000)");
});

test("every stream numbered 0 to n-1 with its last chunk final is taken, and is final at its end", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), (total) => {
      let order: StreamOrder = STREAM_START;
      for (let index = 0; index < total; index += 1) {
        const taken = nextChunk(order, header(index, total, index === total - 1));
        assert.ok(taken.ok);
        order = taken.value;
      }
      assert.equal(order.isFinal, true);
    }),
  );
});
