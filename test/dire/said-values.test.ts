import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { SaidValues } from "../../src/dire/said-values.ts";

test("a value that several records say is shared, however many others are said", () => {
  const said = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.string({ maxLength: 3 })), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(said, (notes) => {
      const values = new SaidValues();
      for (const [partitionNo, value] of notes) values.note(partitionNo, value);
      const counts = Map.groupBy(notes, ([partitionNo, value]) => `${partitionNo} ${value}`);
      for (const group of counts.values()) {
        const [[partitionNo, value] = [0, ""]] = group;
        if (group.length > 1) assert.ok(values.isShared(partitionNo, value));
      }
    }),
  );
});

test("of a hundred thousand values that one record says each, hardly one seems shared", () => {
  const values = new SaidValues();
  const names = Array.from({ length: 100_000 }, (_, no) => `mac:3C:97:0E:${no}`);
  for (const name of names) values.note(1, name);
  const mistaken = names.filter((name) => values.isShared(1, name));
  assert.ok(mistaken.length < 20, `${mistaken.length} of 100,000`);
  assert.equal(values.isShared(2, "mac:3C:97:0E:1"), false);
  values.note(1, "mac:3C:97:0E:77");
  assert.ok(values.isShared(1, "mac:3C:97:0E:77"));
});
