import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  chipsOf,
  chipWords,
  withChip,
  withoutChip,
} from "../../src/ui/pages/devices/query-chips.ts";

test("a query falls into its conditions, and quotes and brackets stay whole", () => {
  assert.deepEqual(chipsOf('vendor_name:"Palo Alto" site:(dc1, dc2)  !type:router'), [
    'vendor_name:"Palo Alto"',
    "site:(dc1, dc2)",
    "!type:router",
  ]);
  assert.deepEqual(chipsOf('model:"a \\" b" x:1'), ['model:"a \\" b"', "x:1"]);
  assert.deepEqual(chipsOf("   "), []);
});

test("a condition is taken away, and without the last there is no query", () => {
  assert.equal(withoutChip("a:1 b:2 c:3", 1), "a:1 c:3");
  assert.equal(withoutChip("a:1", 0), undefined);
});

test("the same condition is not added twice", () => {
  assert.equal(withChip(undefined, "a:1"), "a:1");
  assert.equal(withChip("a:1", "b:2"), "a:1 b:2");
  assert.equal(withChip("a:1 b:2", "b:2"), "a:1 b:2");
});

test("whatever is typed, its conditions put together fall into the same conditions", () => {
  fc.assert(
    fc.property(fc.string(), (typed) => {
      const chips = chipsOf(typed);
      assert.deepEqual(chipsOf(chips.join(" ")), chips);
    }),
  );
});

test("a condition is said in words, and as it is written where words would say too little", () => {
  assert.deepEqual(chipWords('vendor_name:"Palo \\"Alto\\""'), {
    title: "Vendor",
    isNot: false,
    value: 'Palo "Alto"',
  });
  assert.deepEqual(chipWords("!site:dc1"), { title: "Site", isNot: true, value: "dc1" });
  assert.deepEqual(chipWords("!owner:%"), { title: "Owner", isNot: false, value: "not known" });
  assert.equal(chipWords("time:last_24h")?.value, "in the last day");
  for (const chip of ["type:(Switch,Router)", "risk_score:>=7", "metadata.rack:A1", "time:[a,b]"]) {
    assert.equal(chipWords(chip), undefined);
  }
});
