import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { parseDeviceUpdate } from "../../src/model/device-update.ts";

function read(entry: unknown): ReturnType<typeof parseDeviceUpdate> {
  return parseDeviceUpdate(entry, 1_000);
}

test("what a peer leaves out is absent: no availability is unknown, blank texts are none, no time is the arrival's", () => {
  const update = read({
    source: "armis",
    ip: " ",
    hostname: null,
    metadata: { serial: "", os: " Linux " },
  });
  assert.deepEqual(update, {
    ok: true,
    value: { source: "armis", timestampMs: 1_000, metadata: { os: "Linux" } },
  });
});

test("numbers and flags in metadata become text, as loose peers mean them", () => {
  const update = read({
    source: "armis",
    metadata: { armis_device_id: 42, boundaries: ["a"], managed: true, none: null },
  });
  assert.ok(update.ok);
  assert.deepEqual(update.value.metadata, {
    armis_device_id: "42",
    boundaries: '["a"]',
    managed: "true",
  });
});

test("times are RFC 3339, a naive one is UTC, anything else rejects the entry", () => {
  const timeOf = (timestamp: unknown): unknown => {
    const update = read({ source: "x", timestamp });
    return update.ok ? update.value.timestampMs : update.error;
  };
  assert.equal(timeOf("2026-01-01T00:00:00Z"), Date.UTC(2026, 0, 1));
  assert.equal(timeOf("2026-01-01T01:00:00+01:00"), Date.UTC(2026, 0, 1));
  assert.equal(timeOf("2026-01-01T00:00:00"), Date.UTC(2026, 0, 1));
  assert.match(String(timeOf("yesterday")), /timestamp "yesterday" is not RFC 3339/);
  assert.match(String(timeOf(12)), /timestamp is not an RFC 3339 text/);
});

test("a NUL, which the database cannot hold, is taken out", () => {
  const update = read({ source: "x", hostname: "a\0b", metadata: { serial: "1\0" } });
  assert.ok(update.ok);
  assert.equal(update.value.hostname, "ab");
});

test("fields too long for what they are reject the entry by name", () => {
  assert.deepEqual(read({ source: "x", hostname: "h".repeat(2_001) }), {
    ok: false,
    error: "hostname is longer than 2000 characters",
  });
  const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`k${i}`, "v"]));
  assert.deepEqual(read({ source: "x", metadata: many }), {
    ok: false,
    error: "metadata has more than 1000 keys",
  });
});

test("any JSON value is read or rejected with a sentence, never thrown at", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (entry) => {
      const update = read(entry);
      if (!update.ok) assert.ok(update.error.length > 0);
    }),
  );
});

test("what moves of itself is read apart from what the device is", () => {
  const metadata = { armis_device_id: "7" };
  const moving = { armis_last_seen: "2026-11-23T07:00:00.000Z" };
  const update = read({ source: "armis", metadata, volatile: moving });
  assert.deepEqual(update.ok ? update.value.volatile : update.error, moving);
  const still = read({ source: "armis", metadata, volatile: {} });
  assert.ok(still.ok && !("volatile" in still.value));
  const broken = read({ source: "armis", metadata, volatile: "now" });
  assert.deepEqual(broken, { ok: false, error: "volatile is not a JSON object" });
});

/** Texts with what trimming looks at, NUL among it, at their ends. */
const anyText = fc.string({
  unit: fc.constantFrom("a", "Z", "0", " ", "\t", "\0", "\u00a0", "\ufeff", "ß", "😀"),
});

test("text in metadata is trimmed and freed of NUL, and what is nothing then is absent, whatever stands beside it", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), anyText)), (members) => {
      const metadata = Object.fromEntries(members.filter(([key]) => key !== "__proto__"));
      const expected = Object.entries(metadata)
        .map(([key, value]) => [key, value.replaceAll("\0", "").trim()] as const)
        .filter(([, value]) => value !== "");
      const update = read(JSON.parse(JSON.stringify({ source: "armis", metadata })));
      assert.ok(update.ok);
      assert.deepEqual(update.value.metadata, Object.fromEntries(expected));
    }),
  );
});

test("a key that would be the object's own nature is no metadata", () => {
  const update = read(JSON.parse('{"source":"armis","metadata":{"__proto__":"x","os":"Linux"}}'));
  assert.ok(update.ok);
  assert.deepEqual(Object.keys(update.value.metadata), ["os"]);
});

test("numbering that no row could hold counts as none", () => {
  const meta = { sync_run_id: "r".repeat(600), chunk_index: 2 ** 31, total_chunks: 2 ** 31 - 1 };
  const update = read({ source: "armis", sync_meta: meta });
  assert.ok(update.ok);
  assert.deepEqual(update.value.syncMeta, { totalChunks: 2 ** 31 - 1 });
});
