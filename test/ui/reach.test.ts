import assert from "node:assert/strict";
import { test } from "node:test";

import { Reach } from "../../src/ui/calls/reach.ts";

test("a core is away from its first failure to its next answer, whatever that says", () => {
  const reach = new Reach();
  let changes = 0;
  const stop = reach.subscribe(() => (changes += 1));
  reach.failed(undefined, 1_000);
  reach.failed(502, 2_000);
  assert.equal(reach.awaySinceMs(), 1_000);
  reach.failed(404, 3_000);
  assert.equal(reach.awaySinceMs(), undefined);
  reach.failed(0, 4_000);
  reach.answered();
  assert.equal(reach.awaySinceMs(), undefined);
  assert.equal(changes, 4);
  stop();
  reach.failed(0, 5_000);
  assert.equal(changes, 4);
});
