import assert from "node:assert/strict";
import { test } from "node:test";

import {
  migrationSteps,
  type MigrationFacts,
} from "../../src/ui/pages/migration/migration-steps.ts";

const NOW = Date.parse("2026-01-30T12:00:00Z");
const agent = { agent_id: "a1", state: "online", config_offered: "v1", config_running: "v1" };
const source = { name: "n", agent_id: "a1", last_run: { outcome: "success" } };
const facts = (some: object): MigrationFacts => ({
  agents: [],
  sources: [],
  refusals: [],
  ...some,
});

const states = (some: object): readonly string[] =>
  migrationSteps(facts(some), NOW).map(({ state }) => state);

test("the steps of a migration are done by what is seen, and two are nobody's but the operator's", () => {
  assert.deepEqual(states({}), ["open", "yours", "open", "yours", "open"]);
  assert.deepEqual(states({ agents: [agent], sources: [source] }), [
    "done",
    "yours",
    "done",
    "yours",
    "done",
  ]);
});

test("a standalone sync that still calls, and a source whose agent is revoked, keep it open", () => {
  const refusals = [
    { message: "component_type not authorized", refused: 3, last_at: "2026-01-30T11:00:00Z" },
  ];
  const revoked = { ...agent, state: "revoked" };
  const some = { agents: [revoked], sources: [source], refusals };
  assert.deepEqual(states(some).slice(0, 3), ["open", "open", "open"]);
  const [, removed, recreated] = migrationSteps(facts(some), NOW);
  assert.match(removed?.evidence ?? "", /refused 3 times/);
  assert.match(recreated?.evidence ?? "", /n\./);
});
