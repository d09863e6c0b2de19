import assert from "node:assert/strict";
import { test } from "node:test";

import type { TenantHealth } from "../../src/ui/calls/platform.ts";
import { healthShown } from "../../src/ui/pages/platform/tenant-health.ts";
import { counted } from "../../src/ui/parts/counted.ts";
import { isGoodPassword, repeatWrong } from "../../src/ui/parts/new-password.ts";

const NOW = Date.parse("2026-01-30T12:00:00Z");
const WELL = {
  agents: { total: 1, online: 1, silent: 0, stopped: 0, never_seen: 0 },
  source_counts: { total: 2, disabled: 0, failing: 0, stale: 0 },
  inbox: { waiting: 3, parked: 0, lag_ms: 900 },
  review: { storms: 0 },
  authority_not_after: "2036-01-01T00:00:00Z",
} as unknown as TenantHealth;

test("a tenant's health is its worst sign, with the figure", () => {
  assert.deepEqual(healthShown(WELL, NOW), { tone: "good", word: "Healthy" });
  const held = { ...WELL, review: { ...WELL.review, storms: 1 } };
  assert.deepEqual(healthShown(held, NOW), {
    tone: "warn",
    word: "Needs a look",
    why: "1 publication is held",
  });
  const silent = { ...held, agents: { ...WELL.agents, silent: 2 } };
  assert.deepEqual(healthShown(silent, NOW), {
    tone: "bad",
    word: "Needs help",
    why: "2 agents are silent",
  });
  const soon = { ...WELL, authority_not_after: "2026-02-28T00:00:00Z" };
  assert.match(healthShown(soon, NOW).why ?? "", /ends soon/);
});

test("one is one, and a thousand has its thousands apart", () => {
  assert.equal(counted(1, "chunk"), "1 chunk");
  assert.equal(counted(12_345, "address", "addresses"), "12,345 addresses");
});

test("a new password is long enough and typed twice alike", () => {
  const text = "correct horse battery";
  assert.equal(isGoodPassword({ text, again: text }), true);
  assert.equal(isGoodPassword({ text: "short", again: "short" }), false);
  assert.equal(repeatWrong({ text, again: "corr" }), undefined);
  assert.equal(repeatWrong({ text, again: "correct horse batterY" }), "The two differ.");
});
