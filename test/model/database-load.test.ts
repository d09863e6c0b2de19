import assert from "node:assert/strict";
import { test } from "node:test";

import { loadOf, withLook, type DatabaseLook } from "../../src/model/database-load.ts";

const look = (second: number, of: Partial<DatabaseLook> = {}): DatabaseLook => ({
  atMs: second * 1_000,
  running: 0,
  lockWaiting: 0,
  lockWaitMs: 0,
  ...of,
});
const hostAt = (totalMs: number, idleMs: number) => ({ totalMs, idleMs, processors: 2 });

test("one moment says nothing of a minute", () => {
  assert.equal(loadOf([]), undefined);
  assert.equal(loadOf([look(0)]), undefined);
});

test("what computes is an average, what waited for locks the worst of the minute", () => {
  const looks = [
    look(0, { running: 1 }),
    look(5, { running: 4, lockWaiting: 3, lockWaitMs: 1_200 }),
    look(10, { running: 2 }),
  ];
  assert.deepEqual(loadOf(looks), {
    seconds: 10,
    running: 2.3,
    lockWaiting: 3,
    lockWaitMs: 1_200,
    host: undefined,
  });
});

test("the host's share is that of the time between the looks", () => {
  const looks = [
    look(0, { host: hostAt(1_000_000, 999_000) }),
    look(60, { host: hostAt(1_120_000, 1_005_000) }),
  ];
  assert.deepEqual(loadOf(looks)?.host, { processors: 2, busyPercent: 95 });
  assert.equal(loadOf([looks[0] ?? look(0), look(60)])?.host, undefined);
});

test("a look counts for a minute", () => {
  const seconds = Array.from({ length: 20 }, (_, nth) => nth * 5);
  const kept = seconds.reduce<readonly DatabaseLook[]>((all, at) => withLook(all, look(at)), []);
  assert.equal(kept[0]?.atMs, 35_000);
  assert.equal(loadOf(kept)?.seconds, 60);
});
