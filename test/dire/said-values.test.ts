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

test("of half a million values that one record says each, hardly one seems shared, and hardly another seems said", () => {
  const values = new SaidValues();
  const nameOf = (no: number): string => `mac:3C:97:0E:${no}`;
  const count = 500_000;
  for (let no = 0; no < count; no += 1) values.note(1, nameOf(no));
  let shared = 0;
  let said = 0;
  for (let no = 0; no < count; no += 1) {
    if (values.isShared(1, nameOf(no))) shared += 1;
    if (values.isSaid(1, nameOf(no + count))) said += 1;
  }
  // By chance none of either; a hash of 31 bits had 60 and 120.
  assert.ok(shared < 5, `${shared} of ${count}`);
  assert.ok(said < 5, `${said} of ${count}`);
  assert.equal(values.isShared(2, nameOf(1)), false);
  values.note(1, nameOf(77));
  assert.ok(values.isShared(1, nameOf(77)));
});
