import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import fc from "fast-check";

import { formatBytes, parseBytes } from "../../src/lib/bytes.ts";
import { formatGoDuration, parseGoDuration } from "../../src/lib/duration.ts";
import { envBytes, envInteger } from "../../src/lib/env.ts";
import { backoffMs } from "../../src/lib/retry.ts";
import { Secret } from "../../src/lib/secret.ts";

test("Go durations are read as Go reads them", () => {
  const cases = [
    ["10m", 600_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["500ms", 500],
    ["-2s", -2_000],
    ["0", 0],
    ["2h45m10.5s", 9_910_500],
    [60_000_000_000, 60_000],
  ] as const;
  for (const [text, ms] of cases) assert.deepEqual(parseGoDuration(text), { ok: true, value: ms });
  for (const text of ["", "10", "m", "1d", "1h 30m", "h1", null, Number.NaN]) {
    assert.equal(parseGoDuration(text).ok, false);
  }
});

test("a duration that was written is read back", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) =>
      assert.deepEqual(parseGoDuration(formatGoDuration(ms)), { ok: true, value: ms }),
    ),
  );
});

test("sizes take bytes or a suffix of 1024", () => {
  const cases = [
    ["4194304", 4_194_304],
    ["8MB", 8_388_608],
    ["512K", 524_288],
    ["1GiB", 1_073_741_824],
    ["0.5m", 524_288],
    ["10 kb", 10_240],
  ] as const;
  for (const [text, bytes] of cases) assert.deepEqual(parseBytes(text), { ok: true, value: bytes });
  for (const text of ["", "MB", "-1", "1TBx", "eight"]) assert.equal(parseBytes(text).ok, false);
  assert.equal(formatBytes(3_145_728), "3.0 MB");
  assert.equal(formatBytes(12), "12 B");
});

test("a wrong environment variable is named", () => {
  const range = { min: 1, max: 100, fallback: 7 };
  assert.equal(envInteger({}, "POOL_SIZE", range), 7);
  assert.equal(envInteger({ POOL_SIZE: " 20 " }, "POOL_SIZE", range), 20);
  assert.throws(
    () => envInteger({ POOL_SIZE: "many" }, "POOL_SIZE", range),
    /POOL_SIZE: "many" is not a whole number from 1 to 100/,
  );
  assert.throws(() => envBytes({ SIZE: "1x" }, "SIZE", range), /SIZE: "1x" is not a size/);
});

test("back-off doubles to its cap, and its jitter never falls below half", () => {
  fc.assert(
    fc.property(
      fc.nat(60),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (attempt, roll) => {
        const full = Math.min(30_000, 500 * 2 ** attempt);
        const ms = backoffMs({ baseMs: 500, capMs: 30_000 }, attempt, roll);
        assert.ok(ms >= full / 2 - 1 && ms <= full);
      },
    ),
  );
});

test("a secret shows in no text, JSON or inspection", () => {
  const secret = new Secret("hunter2-hunter2");
  for (const shown of [String(secret), JSON.stringify({ secret }), inspect({ secret })]) {
    assert.ok(!shown.includes("hunter2"), shown);
  }
  assert.equal(secret.reveal(), "hunter2-hunter2");
});
