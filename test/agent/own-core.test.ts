/** The agent and our own core, over real mTLS and with a real database: what one sends, the other understands. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { Agent } from "../../src/agent/agent.ts";
import { agentState } from "../../src/control/agent-state.ts";
import { findAgent } from "../../src/control/agents.ts";
import { findCommand, queueCommand, type Command } from "../../src/control/commands.ts";
import { readSource } from "../../src/control/source-settings.ts";
import { applySource, enableSource, findSource } from "../../src/control/sources.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { netboxSource } from "../../src/sources/netbox.ts";
import { createFleet } from "../fakes/fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { startTestCore, type TestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import type { StrictGateway } from "../support/strict-gateway.ts";
import { optionsOf } from "./agent-bench.ts";

/** Makes a source of agent-01 that asks this address. */
async function giveSource(
  { db, acme, sealer }: TestCore,
  settings: { readonly endpoint: string; readonly api_token: string },
): Promise<void> {
  const { endpoint, api_token } = settings;
  const value = { type: "netbox", endpoint, credentials: { api_token }, page_size: 20 };
  const draft = readSource("dc1", value);
  assert.ok(draft.ok, draft.ok ? "" : draft.error);
  const options = { draft: draft.value, agentId: "agent-01", actor: "test", sealer };
  const applied = await applySource(db, acme.tenant, options);
  assert.ok(applied.ok, applied.ok ? "" : applied.error);
}

/** Has agent-01 run every source once. */
async function runOnce(
  core: TestCore,
  identity: Parameters<TestCore["client"]>[0],
): Promise<unknown[]> {
  const gateways = [{ address: "127.0.0.1:1" } as StrictGateway];
  const usual = optionsOf(
    { sources: { netbox: netboxSource } },
    { gateways, clock: new ManualClock() },
  );
  const agent = new Agent({
    ...usual,
    connect: () => core.client(identity),
    isOnce: true,
    clock: systemClock,
  });
  const { sources } = await agent.runOnce(new AbortController().signal);
  return sources.map(({ lastRun }) => [lastRun?.outcome, lastRun?.devices, lastRun?.error]);
}

type Run = { outcome: string; kind: string; created: number; unchanged: number; chunks: number };

async function runsOf({ db, acme }: TestCore): Promise<readonly Run[]> {
  const { rows } = await db.query<Run>(
    "select outcome, kind, created::int, unchanged::int, chunks::int from sync.runs where tenant = $1 and outcome is not null and entries > 0 order by run_no",
    [acme.tenant],
  );
  return rows;
}

async function start(t: TestContext): Promise<{
  readonly core: TestCore;
  readonly identity: Awaited<ReturnType<TestCore["agent"]>>;
}> {
  const core = await startTestCore(t);
  return { core, identity: await core.agent(core.acme, "agent-01") };
}

test("what the agent pulls becomes records and a complete run; pulled again, nothing has changed", async (t) => {
  const { core, identity } = await start(t);
  const fleet = createFleet({ seed: 4, devices: 120 });
  await using netbox = await startNetboxFake({ fleet });
  await giveSource(core, { endpoint: netbox.url, api_token: netbox.token });
  for (let pull = 0; pull < 2; pull += 1) {
    assert.deepEqual(await runOnce(core, identity), [["success", 120, undefined]]);
    await core.work();
  }
  const runs = await runsOf(core);
  assert.deepEqual(
    runs.map(({ outcome, kind, created, unchanged }) => [outcome, kind, created, unchanged]),
    [
      ["success", "full", 120, 0],
      ["success", "full", 0, 120],
    ],
  );
});

test("an agent that stopped in order is stopped in the core at once; started again it is online, killed it is silent after 90 s", async (t) => {
  const { core, identity } = await start(t);
  await runOnce(core, identity);
  const state = async (afterMs: number): Promise<string> => {
    const agent = await findAgent(core.db, core.acme.tenant, "agent-01");
    assert.ok(agent);
    return agentState(agent, Date.now() + afterMs);
  };
  assert.deepEqual([await state(0), await state(3_600_000)], ["stopped", "stopped"]);
  const signal = AbortSignal.timeout(20_000);
  await core.client(identity).hello({ agentId: "agent-01" }, { signal });
  assert.deepEqual([await state(0), await state(100_000)], ["online", "silent"]);
  await core.client(identity).pushStatus({ agentId: "agent-01", services: [] }, { signal });
  assert.equal(await state(0), "online");
});

test("after changes, a delta makes of the inventory what a whole reading would", async (t) => {
  const { core, identity } = await start(t);
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 4, devices: 12 }) });
  await giveSource(core, { endpoint: netbox.url, api_token: netbox.token });
  const clock = new ManualClock();
  const sources = { netbox: netboxSource };
  const gateways = [{ address: "127.0.0.1:1" } as StrictGateway];
  const usual = optionsOf({ sources }, { gateways, clock });
  const agent = new Agent({ ...usual, connect: () => core.client(identity) });
  const stopping = new AbortController();
  const running = agent.run(stopping.signal);
  const ended = (runs: number): Promise<unknown> =>
    eventually(async () => {
      const [status] = agent.statuses();
      assert.ok(status?.runs === runs && status.state === "idle" && status.run === undefined);
      await core.work();
    });
  const namesOf = async (): Promise<unknown> => {
    const { rows } = await core.db.query<{ native: string; payload: { hostname?: string } }>(
      `select r.native, r.payload from sync.records r where r.tenant = $1 and not exists (
         select from sync.record_deletions d where d.tenant = r.tenant and d.native = r.native) order by r.native`,
      [core.acme.tenant],
    );
    return rows.map(({ native, payload }) => [native, payload.hostname]);
  };
  await eventually(() => {
    assert.equal(agent.statuses().length, 1);
    return Promise.resolve();
  });
  await clock.advance(2_000);
  await ended(1);
  netbox.editDevice(3, { name: "renamed" });
  netbox.deleteDevice(4);
  const added = netbox.addDevice();
  await clock.advance(600_000);
  await ended(2);
  const afterDelta = await namesOf();
  assert.ok(JSON.stringify(afterDelta).includes('["3","renamed"]'));
  assert.ok(!JSON.stringify(afterDelta).includes('["4",'));
  assert.ok(JSON.stringify(afterDelta).includes(`["${added}",`));
  for (let runs = 3; runs <= 7; runs += 1) {
    await clock.advance(600_000);
    await ended(runs);
  }
  assert.deepEqual(await namesOf(), afterDelta);
  const runs = await runsOf(core);
  const delta = Array<string>(5).fill("delta success");
  assert.deepEqual(
    runs.map(({ outcome, kind }) => `${kind} ${outcome}`),
    ["full success", ...delta, "full success"],
  );
  stopping.abort(new Error("stop"));
  await running;
});

test("a source that refuses its credentials is a failed run in the core", async (t) => {
  const { core, identity } = await start(t);
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 4, devices: 3 }) });
  await giveSource(core, { endpoint: netbox.url, api_token: "wrong-token" });
  const [run] = await runOnce(core, identity);
  assert.equal((run as string[])[0], "failed");
  await core.work();
  const { rows } = await core.db.query<{ outcome: string; error_kind: string }>(
    "select outcome, error_kind from sync.runs where tenant = $1",
    [core.acme.tenant],
  );
  assert.deepEqual(
    rows.map(({ outcome, error_kind }) => [outcome, error_kind]),
    [["failed", "auth"]],
  );
});

test("an agent that was revoked is told so", async (t) => {
  const { core, identity } = await start(t);
  await core.db.query("update sync.agents set revoked_at = now() where tenant = $1", [
    core.acme.tenant,
  ]);
  await assert.rejects(runOnce(core, identity), /^SyncError: Agent revoked: Hello: agent revoked/);
});

test("a source that is not enabled yet is tested and previewed from its agent", async (t) => {
  const { core, identity } = await start(t);
  const { db, acme } = core;
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 4, devices: 30 }) });
  await giveSource(core, { endpoint: netbox.url, api_token: netbox.token });
  await enableSource(db, acme.tenant, { nameOrId: "dc1", enabled: false, actor: "test" });
  const usual = optionsOf(
    { sources: { netbox: netboxSource } },
    { gateways: [{ address: "127.0.0.1:1" } as StrictGateway], clock: new ManualClock() },
  );
  const agent = new Agent({ ...usual, connect: () => core.client(identity), clock: systemClock });
  const stopping = new AbortController();
  const running = agent.run(stopping.signal);
  const source = await findSource(db, acme.tenant, "dc1");
  const asked = {
    agentId: "agent-01",
    ttlSeconds: 60,
    actor: "test",
    serviceId: source?.serviceId ?? "",
  };
  const answer = async (type: string, payload: object): Promise<Command> => {
    const wanted = { ...asked, type, payload: { ...payload, name: "dc1" } };
    const id = await queueCommand(db, acme.tenant, wanted);
    const ended = async (): Promise<Command> => {
      const command = await findCommand(db, acme.tenant, id);
      assert.ok(command?.endedMs !== undefined);
      return command;
    };
    return await eventually(ended);
  };
  const tested = await answer("sync.test_connection", {});
  assert.deepEqual([tested.state, tested.message], ["succeeded", "every step passed"]);
  assert.equal(tested.progressPercent, 100);
  const previewed = await answer("sync.preview", { limit: 7 });
  const { devices } = previewed.result as { readonly devices: readonly object[] };
  assert.deepEqual([previewed.message, devices.length], ["7 of 30 devices", 7]);
  const { rows } = await db.query("select payload::text from sync.commands");
  assert.ok(!JSON.stringify(rows).includes(netbox.token), "no row holds credentials");
  stopping.abort();
  await running;
  assert.deepEqual(await runsOf(core), []);
});
