import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { Gate } from "../../src/lib/gate.ts";

test("whoever comes to a closed gate passes once it is open, and all others at once", async () => {
  const gate = new Gate();
  const passed: string[] = [];
  const pass = (name: string): void => void gate.passed().then(() => passed.push(name));
  pass("first");
  gate.set(false);
  gate.set(false);
  pass("second");
  await setImmediate();
  assert.deepEqual(passed, ["first"]);
  gate.set(true);
  gate.set(true);
  pass("third");
  await setImmediate();
  assert.deepEqual(passed, ["first", "second", "third"]);
});
