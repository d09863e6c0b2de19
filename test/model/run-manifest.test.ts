import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { sha256Hex } from "../../src/lib/hash.ts";
import {
  formatManifest,
  parseManifest,
  RUN_KINDS,
  RUN_OUTCOMES,
  type RunManifest,
} from "../../src/model/run-manifest.ts";

const anyTime = fc.integer({ min: 0, max: 4_102_444_800_000 });
const anyManifest: fc.Arbitrary<RunManifest> = fc.record(
  {
    runId: fc.uuid(),
    serviceId: fc.uuid(),
    kind: fc.constantFrom(...RUN_KINDS),
    outcome: fc.constantFrom(...RUN_OUTCOMES),
    startedMs: anyTime,
    endedMs: anyTime,
    pages: fc.nat(),
    sourceTotal: fc.nat(),
    devices: fc.nat(),
    chunks: fc.array(fc.string().map((text) => ({ sha256: sha256Hex(text) }))),
    rejected: fc.dictionary(fc.constantFrom("too_large", "no_identifier"), fc.nat(), {
      noNullPrototype: true,
    }),
    error: fc.record(
      { kind: fc.constantFrom("auth", "unreachable"), message: fc.string() },
      { noNullPrototype: true },
    ),
  },
  {
    requiredKeys: [
      "runId",
      "serviceId",
      "kind",
      "outcome",
      "startedMs",
      "endedMs",
      "pages",
      "devices",
      "chunks",
      "rejected",
    ],
    noNullPrototype: true,
  },
);

const GOOD = {
  run_id: "r",
  service_id: "s",
  kind: "full",
  outcome: "failed",
  started: "2026-01-02T03:04:05.006Z",
  ended: "2026-01-02T03:05:05Z",
  pages: 2,
  devices: 1,
  chunks: [{ sha256: "a".repeat(64) }],
  rejected: { too_large: 1 },
  error: { kind: "auth", message: "401" },
};

test("a manifest written and parsed again is the same manifest", () => {
  fc.assert(
    fc.property(anyManifest, (manifest) => {
      assert.deepEqual(parseManifest(formatManifest(manifest)), { ok: true, value: manifest });
    }),
  );
});

test("a manifest has snake_case members and RFC 3339 times", () => {
  const parsed = parseManifest(JSON.stringify(GOOD));
  assert.ok(parsed.ok);
  assert.deepEqual(JSON.parse(formatManifest(parsed.value)), {
    ...GOOD,
    ended: "2026-01-02T03:05:05.000Z",
  });
});

test("members of a newer agent are ignored", () => {
  assert.ok(parseManifest(JSON.stringify({ ...GOOD, newer: true })).ok);
});

test("a long error message is cut by the one who writes it", () => {
  const parsed = parseManifest(JSON.stringify(GOOD));
  assert.ok(parsed.ok);
  const error = { kind: "auth", message: "x".repeat(5_000) };
  const again = parseManifest(formatManifest({ ...parsed.value, error }));
  assert.equal(again.ok && again.value.error?.message.length, 2_000);
});

const WRONG: readonly [string, unknown][] = [
  ["run_id", ""],
  ["service_id", undefined],
  ["kind", "half"],
  ["outcome", "ok"],
  ["started", "yesterday"],
  ["ended", 1_767_225_600],
  ["pages", -1],
  ["source_total", "12"],
  ["devices", 1.5],
  ["chunks", [{ sha256: "A".repeat(64) }]],
  ["chunks", ["a".repeat(64)]],
  ["rejected", { too_large: "1" }],
  ["error", { kind: "auth" }],
];

for (const [name, value] of WRONG) {
  test(`${name} ${JSON.stringify(value)} is refused by name`, () => {
    const parsed = parseManifest(JSON.stringify({ ...GOOD, [name]: value }));
    assert.deepEqual(parsed, { ok: false, error: `manifest.${name} is missing or wrong` });
  });
}

for (const text of ["", "[]", "null", '"run"']) {
  test(`${JSON.stringify(text)} is no manifest`, () => {
    assert.equal(parseManifest(text).ok, false);
  });
}
