import assert from "node:assert/strict";
import { test } from "node:test";

import {
  migrationSteps,
  type MigrationFacts,
} from "../../src/ui/pages/migration/migration-steps.ts";

const NOW = Date.parse("2026-01-30T12:00:00Z");
const none = { total: 0, online: 0, silent: 0, stopped: 0, never_seen: 0 };
const noSources = {
  total: 0,
  disabled: 0,
  never_run: 0,
  running: 0,
  ok: 0,
  failing: 0,
  stale: 0,
  partial: 0,
};
type Some = Partial<Omit<MigrationFacts, "of">> & { readonly of?: object };
const facts = ({ of = {}, ...some }: Some): MigrationFacts => ({
  of: {
    agents: none,
    agents_as_offered: 0,
    source_counts: noSources,
    sources_without_agent: 0,
    ...of,
  },
  online: [],
  refusals: [],
  ...some,
});
const running = {
  agents: { ...none, total: 3, online: 3 },
  agents_as_offered: 1,
  source_counts: { ...noSources, total: 1, ok: 1 },
};

const states = (some: Some): readonly string[] =>
  migrationSteps(facts(some), NOW).map(({ state }) => state);

test("the steps of a migration are done by what is seen, and two are nobody's but the operator's", () => {
  assert.deepEqual(states({}), ["open", "yours", "open", "yours", "open"]);
  assert.deepEqual(states({ of: running, online: ["a1", "a2"] }), [
    "done",
    "yours",
    "done",
    "yours",
    "done",
  ]);
});

test("a standalone sync that still calls, and a source whose agent is revoked, keep it open", () => {
  const refusals = [
    {
      agent_id: "sync",
      code: "PERMISSION_DENIED",
      message: "component_type not authorized",
      refused: 3,
      first_at: "2026-01-30T10:00:00Z",
      last_at: "2026-01-30T11:00:00Z",
    },
  ];
  const some = { of: { ...running, sources_without_agent: 1 }, refusals };
  assert.deepEqual(states(some).slice(0, 3), ["open", "open", "open"]);
  const [, removed, recreated] = migrationSteps(facts(some), NOW);
  assert.match(removed?.evidence ?? "", /refused 3 times/);
  assert.match(recreated?.evidence ?? "", /^1 source, 1 without an agent/);
});

test("of many agents that are online a few are named and the others counted", () => {
  const [registered] = migrationSteps(facts({ of: running, online: ["a1", "a2"] }), NOW);
  assert.equal(registered?.evidence, "Online: a1, a2 and 1 other.");
});
