import assert from "node:assert/strict";
import { test } from "node:test";

import { grouped } from "../../src/lib/grouped.ts";

test("thousands of a number stand apart, wherever the machine is", () => {
  assert.deepEqual([7, 999, 1_000, 3_099, 1_234_567].map(grouped), [
    "7",
    "999",
    "1,000",
    "3,099",
    "1,234,567",
  ]);
});
