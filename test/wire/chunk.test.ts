import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { ChunkBuilder, type Chunk } from "../../src/wire/chunk.ts";
import { CHUNK_BYTES_MAX, ENVELOPE_BYTES_MAX, SYNC_META_BYTES_MAX } from "../../src/wire/limits.ts";

/** Small enough for a property to fill many, with room for sync_meta. */
const SMALL_BYTES = SYNC_META_BYTES_MAX + 200;
/** An entry over this fits no chunk … */
const SMALL_ENTRY_BYTES = 300;
/** … under this receive limit. */
const SMALL_RECEIVE_BYTES =
  SMALL_ENTRY_BYTES + "[]".length + SYNC_META_BYTES_MAX + ENVELOPE_BYTES_MAX;

function cut(entries: readonly string[], builder: ChunkBuilder): readonly Chunk[] {
  const chunks = entries.flatMap((entry) => builder.add(entry));
  const last = builder.finish();
  return last === undefined ? chunks : [...chunks, last];
}

function joined(chunks: readonly Chunk[]): unknown[] {
  return chunks.flatMap(({ json }) => JSON.parse(json) as unknown[]);
}

function entryOf(bytes: number): string {
  return JSON.stringify({ k: "x".repeat(bytes - JSON.stringify({ k: "" }).length) });
}

const anyEntry = fc
  .record({ hostname: fc.string({ unit: "grapheme", maxLength: 120 }), n: fc.nat() })
  .map((value) => JSON.stringify(value));

test("chunks joined again are the entries in order, none lost, none twice", () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 60 }), (entries) => {
      const builder = new ChunkBuilder({
        chunkBytesMax: SMALL_BYTES,
        receiveBytesMax: SMALL_RECEIVE_BYTES,
      });
      const chunks = cut(entries, builder);
      const kept = entries.filter((entry) => Buffer.byteLength(entry) <= SMALL_ENTRY_BYTES);
      const expected = kept.map((entry) => JSON.parse(entry) as unknown);
      assert.deepEqual(joined(chunks), expected);
      assert.equal(builder.rejected, entries.length - kept.length);
    }),
  );
});

test("a chunk counts its own bytes and entries, and is within the limit unless it has one entry", () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 60 }), (entries) => {
      const builder = new ChunkBuilder({ chunkBytesMax: SMALL_BYTES });
      for (const chunk of cut(entries, builder)) {
        assert.equal(chunk.bytes, Buffer.byteLength(chunk.json));
        assert.equal(chunk.entries, (JSON.parse(chunk.json) as unknown[]).length);
        assert.ok(chunk.entries === 1 || chunk.bytes <= SMALL_BYTES - SYNC_META_BYTES_MAX);
      }
    }),
  );
});

test("a chunk is cut at exactly 3 MiB less the room for sync_meta", () => {
  const room = CHUNK_BYTES_MAX - SYNC_META_BYTES_MAX;
  const half = (room - 3) / 2;
  const fitting = new ChunkBuilder();
  assert.deepEqual(fitting.add(entryOf(Math.floor(half))), []);
  assert.deepEqual(fitting.add(entryOf(room - 3 - Math.floor(half))), []);
  assert.equal(fitting.finish()?.bytes, room);
  const over = new ChunkBuilder();
  assert.deepEqual(over.add(entryOf(Math.floor(half))), []);
  assert.equal(over.add(entryOf(room - 2 - Math.floor(half))).length, 1);
});

test("an entry above 3 MiB travels alone, between its neighbours", () => {
  const builder = new ChunkBuilder();
  const chunks = cut([entryOf(100), entryOf(3_500_000), entryOf(100)], builder);
  assert.deepEqual(
    chunks.map(({ entries, bytes }) => [entries, bytes]),
    [
      [1, 102],
      [1, 3_500_002],
      [1, 102],
    ],
  );
});

test("an entry above the receive limit is counted and dropped", () => {
  const builder = new ChunkBuilder();
  assert.deepEqual(cut([entryOf(4_194_304)], builder), []);
  assert.equal(builder.rejected, 1);
});

test("a raised receive limit lets larger entries through, up to 15 MiB", () => {
  const builder = new ChunkBuilder({ receiveBytesMax: 20 * 1024 ** 2 });
  assert.equal(cut([entryOf(15_000_000)], builder).length, 1);
  assert.deepEqual(cut([entryOf(15_728_640)], builder), []);
});

test("nothing gives no chunk", () => {
  assert.equal(new ChunkBuilder().finish(), undefined);
});
