/** What an agent is told over its control stream, and what it answers. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";

import { OutgoingQueue } from "../../src/agent/outgoing-queue.ts";
import { revokeAgent } from "../../src/control/agent-registration.ts";
import { findAgent } from "../../src/control/agents.ts";
import { findCommand, queueCommand } from "../../src/control/commands.ts";
import { enableSource } from "../../src/control/sources.ts";
import type { StreamNews } from "../../src/control/stream-news.ts";
import { ControlWatch } from "../../src/gateway/control-watch.ts";
import { SyncError } from "../../src/lib/errors.ts";
import { sha256Hex } from "../../src/lib/hash.ts";
import { silentLog } from "../../src/lib/log.ts";
import type {
  ControlStreamRequest,
  ControlStreamResponse,
  Draft,
} from "../../src/wire/messages.ts";
import { startTestCore, type TestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";

const AGENT = "agent-01";

type Hooks = Parameters<typeof startTestCore>[0];

/** A core with an agent whose control stream is open. */
async function openStream(t: Hooks): Promise<{
  readonly core: TestCore;
  readonly send: (message: Draft<ControlStreamRequest>) => void;
  readonly next: () => Promise<ControlStreamResponse>;
}> {
  const core = await startTestCore(t);
  const client = core.client(await core.agent(core.acme, AGENT));
  await core.source(core.acme, AGENT, { name: "netbox_dc1" });
  const outgoing = new OutgoingQueue<Draft<ControlStreamRequest>>();
  outgoing.push({ hello: { agentId: AGENT } });
  const signal = AbortSignal.timeout(20_000);
  const stream = client.controlStream(outgoing, { signal })[Symbol.asyncIterator]();
  const next = async (): Promise<ControlStreamResponse> => {
    const { value, done } = await stream.next();
    assert.notEqual(done, true, "the stream has ended");
    return value as ControlStreamResponse;
  };
  return { core, send: (message) => outgoing.push(message), next };
}

function sourcesOf({ config }: ControlStreamResponse): readonly string[] {
  const json = JSON.parse(config?.configJson.toString() ?? "{}") as { sources: object };
  return Object.keys(json.sources);
}

test("an edited source reaches an agent over its open stream, once", async (t) => {
  const { core, next } = await openStream(t);
  const { db, acme } = core;
  assert.deepEqual(sourcesOf(await next()), ["netbox_dc1"]);
  const off = { nameOrId: "netbox_dc1", enabled: false, actor: "test" };
  await enableSource(db, acme.tenant, off);
  assert.deepEqual(sourcesOf(await next()), []);
  await core.source(acme, AGENT, { name: "netbox_dc2" });
  assert.deepEqual(sourcesOf(await next()), ["netbox_dc2"]);
});

test("what an agent was told over its stream is what it was offered, and its word for it is what it runs", async (t) => {
  const { core, next, send } = await openStream(t);
  const { db, acme } = core;
  await next();
  await core.source(acme, AGENT, { name: "netbox_dc2" });
  const configVersion = (await next()).config?.configVersion ?? "";
  send({ configAck: { configVersion } });
  await eventually(async () => {
    const agent = await findAgent(db, acme.tenant, AGENT);
    assert.deepEqual([agent?.configOffered, agent?.configRunning], [configVersion, configVersion]);
  });
});

test("an edit is seen at the next look, which is half a second away", async (t) => {
  const { db, acme, ...core } = await startTestCore(t);
  const { certificatePem } = await core.agent(acme, AGENT);
  await core.source(acme, AGENT, { name: "netbox_dc1" });
  const clock = new ManualClock();
  const over = new AbortController();
  const sha256 = sha256Hex(new X509Certificate(certificatePem).raw);
  const watched = { tenant: acme.tenant, agentId: AGENT, sha256, authorityNo: 1 };
  const news = new ControlWatch(db, { clock, log: silentLog() }).news(watched, over.signal);
  const look = async (): Promise<StreamNews> => {
    const told = news.next();
    await clock.untilSleeping((ms) => ms === 500);
    await clock.advance(500);
    const { value, done } = await told;
    assert.ok(done !== true);
    return value;
  };
  const before = await look();
  const off = { nameOrId: "netbox_dc1", enabled: false, actor: "test" };
  await enableSource(db, acme.tenant, off);
  const after = await look();
  assert.ok(after.configRev > before.configRev);
  over.abort();
  await news.return(undefined);
  await clock.advance(500);
});

test("a command goes out once, and what the agent answers is noted", async (t) => {
  const { core, next, send } = await openStream(t);
  const { db, acme } = core;
  await next();
  const wanted = { agentId: AGENT, type: "sync.run_now", ttlSeconds: 60, actor: "test" };
  const payload = { name: "netbox_dc1" };
  const commandId = await queueCommand(db, acme.tenant, { ...wanted, payload });
  const { command } = await next();
  assert.equal(command?.commandId, commandId);
  assert.equal(command.commandType, "sync.run_now");
  assert.deepEqual(JSON.parse(command.payloadJson.toString()), payload);
  const common = { commandId, commandType: "sync.run_now" };
  const progress = { ...common, progressPercent: 40, message: "page 2" };
  send({ commandAck: { ...common, message: "command received" } });
  send({ commandProgress: progress });
  const payloadJson = Buffer.from('{"state":"accepted"}');
  send({ commandResult: { ...common, success: true, message: "run started", payloadJson } });
  const done = await eventually(async () => {
    const found = await findCommand(db, acme.tenant, commandId);
    assert.equal(found?.state, "succeeded");
    return found;
  });
  assert.equal(done.progressPercent, 40);
  assert.deepEqual([done.message, done.result], ["run started", { state: "accepted" }]);
  assert.ok(done.endedMs !== undefined);
});

test("an agent cannot answer another agent's or another tenant's command", async (t) => {
  const { core, next, send } = await openStream(t);
  const { db, acme, globex } = core;
  await next();
  const wanted = { type: "sync.run_now", payload: {}, ttlSeconds: 60, actor: "test" };
  const others = await queueCommand(db, acme.tenant, { ...wanted, agentId: "agent-02" });
  const foreign = await queueCommand(db, globex.tenant, { ...wanted, agentId: AGENT });
  const own = await queueCommand(db, acme.tenant, { ...wanted, agentId: AGENT });
  for (const commandId of [others, foreign, own]) {
    send({ commandResult: { commandId, commandType: "sync.run_now", success: true } });
  }
  await eventually(async () =>
    assert.equal((await findCommand(db, acme.tenant, own))?.state, "succeeded"),
  );
  assert.equal((await findCommand(db, acme.tenant, others))?.state, "pending");
  assert.equal((await findCommand(db, globex.tenant, foreign))?.state, "pending");
});

test("a command that nobody took in time has expired, and is not sent any more", async (t) => {
  const core = await startTestCore(t);
  const { db, acme } = core;
  const wanted = { agentId: AGENT, type: "sync.run_now", payload: {}, actor: "test" };
  const commandId = await queueCommand(db, acme.tenant, { ...wanted, ttlSeconds: 60 });
  await db.query("update sync.commands set created_at = now() - interval '61 s'");
  assert.equal((await findCommand(db, acme.tenant, commandId))?.state, "expired");
});

test("an agent's open stream ends when it is revoked", async (t) => {
  const { core, next } = await openStream(t);
  await next();
  await revokeAgent(core.db, core.acme.tenant, { agentId: AGENT, actor: "test" });
  await assert.rejects(next(), (thrown: unknown) => {
    assert.ok(thrown instanceof SyncError);
    assert.equal(thrown.code, "permission_denied");
    assert.match(thrown.message, /agent revoked/);
    return true;
  });
});
