import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { parseJsonText, tooDeep, unstorable } from "../../src/lib/json-text.ts";

test("JSON is read, and what is none is told by its place", () => {
  assert.deepEqual(parseJsonText(' {"a": [1]} '), { ok: true, value: { a: [1] } });
  const problems: readonly (readonly [string, string])[] = [
    ["", "is empty"],
    [" \n", "is empty"],
    ["{", "is not JSON: it ends too early"],
    ['{"a": "b', "is not JSON: it ends too early"],
    ['{"a": 1\n "b": 2}', "is not JSON (line 2, column 2)"],
    ["hush", "is not JSON (line 1, column 1)"],
  ];
  for (const [text, error] of problems) {
    assert.deepEqual(parseJsonText(text), { ok: false, error }, text);
  }
});

test("no complaint quotes the text", () => {
  const value = fc.object({
    key: fc.constantFrom("token", "a"),
    values: [fc.constant("hush-hush")],
  });
  fc.assert(
    fc.property(value, fc.nat(), fc.string({ maxLength: 2 }), (json, at, slip) => {
      const text = JSON.stringify(json);
      const place = at % (text.length + 1);
      const parsed = parseJsonText(text.slice(0, place) + slip + text.slice(place + 1));
      assert.match(
        parsed.ok ? "is empty" : parsed.error,
        /^is (?:empty|not JSON(?: \(line \d+, column \d+\)|: it ends too early))$/,
      );
    }),
  );
});

test("what no database can hold is told, in names as in values", () => {
  assert.equal(unstorable({ a: ["é😀", 1, null, true] }), undefined);
  assert.match(unstorable({ a: ["\ud800"] }) ?? "", /half a surrogate pair/);
  assert.match(unstorable({ "\udc00": 1 }) ?? "", /half a surrogate pair/);
  assert.match(unstorable(["a\0b"]) ?? "", /NUL/);
  assert.equal(tooDeep(["\ud800"]), undefined);
});

test("a value is walked through down to 64 levels", () => {
  const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
  assert.equal(tooDeep(nested(64)), undefined);
  assert.match(tooDeep(nested(65)) ?? "", /64 levels/);
  assert.match(unstorable(nested(100_000)) ?? "", /64 levels/);
});
