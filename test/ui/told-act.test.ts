import assert from "node:assert/strict";
import { test } from "node:test";

import type { Command } from "../../src/ui/calls/commands.ts";
import { otherwise } from "../../src/ui/pages/sources/told-act.ts";

function told(rest: Partial<Command>): Command {
  return {
    command_id: "1",
    agent_id: "dc1",
    type: "sync.run_now",
    state: "succeeded",
    actor: "user:ana",
    created_at: "2026-11-30T12:00:00Z",
    ...rest,
  };
}

test("nothing more is said of an agent that did what it was told", () => {
  assert.equal(otherwise("run", told({ result: { state: "accepted" } })), undefined);
  assert.equal(otherwise("cancel", told({ result: { state: "cancelled" } })), undefined);
  assert.equal(otherwise("run", told({ state: "acknowledged" })), undefined);
  assert.equal(otherwise("run", told({ result: null })), undefined);
});

test("an agent that read it already, or had nothing to end, is told of", () => {
  const running = otherwise("run", told({ result: { state: "running" } }));
  assert.match(running?.text ?? "", /being read already/);
  assert.deepEqual(otherwise("poll", told({ result: { state: "running" } })), running);
  const idle = otherwise("cancel", told({ result: { state: "not_running" } }));
  assert.match(idle?.text ?? "", /No run was under way/);
});

test("an agent that failed, or never took it, is told of as bad, with its name and what it said", () => {
  const message = 'this agent has no source "netbox"';
  assert.deepEqual(otherwise("run", told({ state: "failed", message })), {
    text: `Agent dc1 did not: ${message}.`,
    tone: "bad",
  });
  const late = otherwise("run", told({ state: "expired" }));
  assert.match(late?.text ?? "", /^Agent dc1 did not take it within a minute/);
});
