import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { splitEntries } from "../../src/inbox/entries.ts";

/** Entries of a chunk's UTF-8 text, and their contents, as JSON values. */
function split(text: string): { entries: unknown[]; contents: string[] } {
  const bytes = Buffer.from(text);
  const slices = splitEntries(bytes);
  assert.ok(slices.ok, slices.ok ? "" : slices.error);
  return {
    entries: slices.value.map(
      ({ start, end }) => JSON.parse(bytes.toString("utf8", start, end)) as unknown,
    ),
    contents: slices.value.map(({ content }) => Buffer.from(content, "latin1").toString("utf8")),
  };
}

const entry = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 6 });
const spaces = fc.constantFrom(undefined, 1, "\t");

test("a chunk is cut into exactly the entries that a JSON parser sees", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), spaces, (entries, space) => {
      const text = JSON.stringify(entries, undefined, space);
      assert.deepEqual(split(text).entries, JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test("the content of an entry does not change with when it was seen, in which run, or where those members stand", () => {
  const member = (name: string): fc.Arbitrary<string> =>
    fc.jsonValue({ maxDepth: 2 }).map((v) => `${JSON.stringify(name)}:${JSON.stringify(v)}`);
  const placed = fc.tuple(
    member("timestamp"),
    member("sync_meta"),
    member("volatile"),
    fc.array(fc.nat(5), { minLength: 3, maxLength: 3 }),
  );
  fc.assert(
    fc.property(entry, placed, placed, (device, a, b) => {
      const members = Object.entries(device)
        .filter(([name]) => !["timestamp", "sync_meta", "volatile"].includes(name))
        .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
      type Placed = [string, string, string, number[]];
      const written = ([time, meta, moving, [x = 0, y = 0, z = 0]]: Placed): string => {
        const all = [...members];
        all.splice(Math.min(x, all.length), 0, time);
        all.splice(Math.min(y, all.length), 0, meta);
        all.splice(Math.min(z, all.length), 0, moving);
        return `[{${all.join(",")}}]`;
      };
      assert.deepEqual(split(written(a)).contents, split(written(b)).contents);
      assert.deepEqual(split(written(a)).contents, [`{${members.join(",")}}`]);
    }),
    { numRuns: 500 },
  );
});

test("the gateway that an update came by is no part of its content", () => {
  const said = '"ip":"10.0.0.1"';
  const ways = [`{${said}}`, `{"gateway_id":"gw-1",${said}}`, `{${said} , "gateway_id" : "gw-2" }`];
  const { contents, entries } = split(`[${ways.join(",")}]`);
  assert.deepEqual(contents, [`{${said}}`, `{${said}}`, `{${said}}`]);
  assert.deepEqual(entries.at(-1), { ip: "10.0.0.1", gateway_id: "gw-2" });
});

test("a nested member of the same name belongs to the content", () => {
  assert.deepEqual(split('[{"a":{"timestamp":1,"gateway_id":"g"},"timestamp":2}]').contents, [
    '{"a":{"timestamp":1,"gateway_id":"g"}}',
  ]);
});

test("what is no array of objects is refused with the place where it breaks", () => {
  for (const text of [
    "",
    "[",
    "{}",
    "[1]",
    '[{"a"}]',
    '[{"a":1}',
    '[{"a":1}]x',
    '[{"a":[1}}]',
    '[{"a":1,}]',
    "[{},]",
    '[{"a":"b]',
    '[{"a":}]',
  ]) {
    const slices = splitEntries(Buffer.from(text));
    assert.equal(slices.ok, false, text);
    assert.match(
      slices.ok ? "" : slices.error,
      /^message is not a JSON array of device updates: expected .+ at byte \d+$/,
    );
  }
});

test("any text is cut or refused, never thrown at, and deep nesting is refused", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from('[]{},:"\\a1 \n')) }),
      (text) => void splitEntries(Buffer.from(text)),
    ),
    { numRuns: 5_000 },
  );
  assert.equal(splitEntries(Buffer.from(`[{"a":${"[".repeat(100)}${"]".repeat(100)}}]`)).ok, false);
});
