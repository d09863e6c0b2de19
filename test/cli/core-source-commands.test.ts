/** Commands that have an agent do something; the test answers as the agent. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { noteCommand, takeCommands, type CommandNews } from "../../src/control/commands.ts";
import { endRehearsal } from "../../src/dire/rehearsal-store.ts";
import { testCore, type TestCore } from "../support/core-cli.ts";

const AGENT = "agent-1";
const SOURCES = "/api/v1/tenants/acme/sources";

/** A tenant with an agent that was just seen, and a source. */
async function withSource(t: Parameters<typeof testCore>[0]): Promise<TestCore> {
  const core = await testCore(t);
  await core.tenant("acme");
  await core.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: AGENT } });
  await core.db.query("update sync.agents set last_seen_at = now()");
  const netbox = { type: "netbox", endpoint: "https://n.example", credentials: { api_token: "t" } };
  await core.ask(`POST ${SOURCES}?agent_id=${AGENT}`, { body: { sources: { dc1: netbox } } });
  return core;
}

/** Takes the next command as the agent's gateway does, and answers it. */
async function answerNext(
  { db }: TestCore,
  answer: Pick<CommandNews, "state" | "message" | "result">,
): Promise<readonly [string, unknown]> {
  for (;;) {
    const [command] = await takeCommands(db, 1, AGENT);
    if (command === undefined) continue;
    await noteCommand(db, 1, { agentId: AGENT, commandId: command.commandId, ...answer });
    return [command.type, command.payload];
  }
}

/** Which source, and what of it. */
function pick(payload: unknown): readonly unknown[] {
  const { name, kind } = payload as { readonly name: string; readonly kind: string };
  return [name, kind];
}

test("a source is run now, and the agent's answer is printed", async (t) => {
  const core = await withSource(t);
  const [ran, [type, payload]] = await Promise.all([
    core.run(["source", "run", "dc1"]),
    answerNext(core, { state: "succeeded", message: "run started" }),
  ]);
  assert.equal(type, "sync.run_now");
  assert.deepEqual(pick(payload), ["dc1", "discovery"]);
  assert.equal(ran.code, 0);
  assert.match(ran.out, /^Agent agent-1: run started\.\nFollow it: serviceradar-core runs list/);
});

test("a poll of a source is asked for as one", async (t) => {
  const core = await withSource(t);
  const [ran, [, payload]] = await Promise.all([
    core.run(["source", "run", "dc1", "--kind", "poll"]),
    answerNext(core, { state: "succeeded", message: "run started" }),
  ]);
  assert.equal(ran.code, 0);
  assert.deepEqual(pick(payload), ["dc1", "poll"]);
});

test("a test's steps are printed, and a failed one is exit code 1", async (t) => {
  const core = await withSource(t);
  const steps = [
    { step: "dns", outcome: "passed", message: "n.example is 192.0.2.1", ms: 1 },
    { step: "tcp", outcome: "failed", message: "ECONNREFUSED\u001b[2J", ms: 1 },
  ];
  const message = "tcp failed: ECONNREFUSED";
  const [ran] = await Promise.all([
    core.run(["source", "test", "dc1"]),
    answerNext(core, { state: "failed", message, result: { steps } }),
  ]);
  assert.equal(ran.code, 1);
  assert.match(ran.out, /^PASS {2}dns {9}n\.example is 192\.0\.2\.1\nFAIL {2}tcp {9}ECONNREFUSED/);
  assert.ok(!ran.out.includes("\u001b"));
});

test("a preview is a table", async (t) => {
  const core = await withSource(t);
  const devices = [{ hostname: "sw-1", ip: "192.0.2.9", metadata: { serial: "S1" } }];
  const rejected = [{ nativeId: "7", reason: "has no name" }];
  const result = { devices, rejected, total: 40 };
  const [ran, [, payload]] = await Promise.all([
    core.run(["source", "preview", "dc1", "--limit", "1"]),
    answerNext(core, { state: "succeeded", message: "1 of 40 devices", result }),
  ]);
  assert.equal((payload as { limit: number }).limit, 1);
  assert.match(ran.out, /^NAME +IP +MAC +SERIAL +MODEL\nsw-1 +192\.0\.2\.9 +- +S1 +-\n/);
  assert.match(ran.out, /1 of 40 devices; nothing was stored\.\ncannot be read: 7: has no name$/);
});

test("a rehearsal is waited for and told; one that its agent could not make is exit code 1", async (t) => {
  const core = await withSource(t);
  const promised = JSON.stringify({ entries: 3, rejected_by: {}, rejectedBy: {} });
  const [ran, [type, payload]] = await Promise.all([
    core.run(["source", "rehearse", "dc1"]),
    (async () => {
      const taken = await answerNext(core, { state: "succeeded", message: "3 devices were sent" });
      await core.db.query("update sync.rehearsals set state = 'done', promise = $1", [promised]);
      return taken;
    })(),
  ]);
  assert.equal(type, "sync.rehearse");
  assert.equal((payload as { rehearsal_no: number }).rehearsal_no, 1);
  assert.deepEqual([ran.code, ran.err], [0, ""]);
  assert.match(ran.out, /^Rehearsal 1 of source dc1: done\n/);
  assert.match(ran.out, /from +3 entries: /);
  const [failed] = await Promise.all([
    core.run(["source", "rehearse", "dc1"]),
    (async () => {
      await answerNext(core, { state: "failed", message: "unsupported command" });
      await endRehearsal(core.db, 1, { rehearsalNo: 2, error: "unsupported command" });
    })(),
  ]);
  assert.equal(failed.code, 1);
  assert.match(failed.out, /^Rehearsal 2 of source dc1: failed\n +error +unsupported command/);
});

test("what would not arrive is refused at once, with the reason", async (t) => {
  const core = await withSource(t);
  await core.db.query("update sync.agents set last_seen_at = now() - interval '1 hour'");
  const away = await core.run(["source", "run", "dc1"]);
  assert.equal(away.code, 1);
  assert.match(away.err, /agent "agent-1" is silent, last seen .*; it would not hear of it$/);
  await core.ask(`POST ${SOURCES}/dc1/disable`);
  const disabled = await core.run(["source", "run", "dc1"]);
  assert.match(disabled.err, /source "dc1" is disabled; enable it first$/);
  const { status } = await core.ask(`GET /api/v1/tenants/acme/commands/nothing`);
  assert.equal(status, 404);
});

test("a viewer cannot have an agent do anything, and another tenant's operator sees nothing", async (t) => {
  const core = await withSource(t);
  const made = { name: "v", role: "viewer" };
  const path = "POST /api/v1/tenants/acme/tokens";
  const { json } = await core.ask<{ token: string }>(path, { body: made });
  const asViewer = await core.ask<{ code: string }>(`POST ${SOURCES}/dc1/run`, json);
  assert.equal(asViewer.json.code, "role_too_low");
  const { operator: token } = await core.tenant("globex");
  const asStranger = await core.ask<{ code: string }>(`POST ${SOURCES}/dc1/run`, { token });
  assert.equal(asStranger.json.code, "other_tenant");
  const own = "/api/v1/tenants/globex";
  const unknown = await core.ask(`POST ${own}/sources/dc1/run`, { token });
  assert.equal(unknown.status, 404);
});

test("an agent's diagnostics are printed as they came", async (t) => {
  const core = await withSource(t);
  const [ran, [type]] = await Promise.all([
    core.run(["agent", "diagnostics", AGENT]),
    answerNext(core, { state: "succeeded", message: "made", result: { log: ["a line"] } }),
  ]);
  assert.equal(type, "agent.diagnostics");
  assert.deepEqual([ran.code, JSON.parse(ran.out)], [0, { log: ["a line"] }]);
  const nobody = await core.run(["agent", "diagnostics", "agent-9"]);
  assert.equal(nobody.code, 1);
  assert.match(nobody.err, /there is no agent "agent-9"/);
});
