/** A source that is not enabled yet is rehearsed from its agent, over real mTLS and with a real database. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { Agent } from "../../src/agent/agent.ts";
import { Snapshots } from "../../src/api/snapshots.ts";
import { findCommand, queueCommand, type Command } from "../../src/control/commands.ts";
import { enableSource } from "../../src/control/sources.ts";
import {
  endRehearsal,
  findRehearsal,
  openRehearsal,
  type Rehearsal,
} from "../../src/dire/rehearsal-store.ts";
import { rehearse } from "../../src/dire/rehearsal.ts";
import {
  claimRehearsal,
  endDeadly,
  noteWhole,
  notePlaying,
} from "../../src/dire/snapshot-store.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { SyncError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import { formatManifest } from "../../src/model/run-manifest.ts";
import { snapshotRunId } from "../../src/model/snapshot.ts";
import { netboxSource } from "../../src/sources/netbox.ts";
import type { GatewayClient } from "../../src/wire/client.ts";
import { createFleet } from "../fakes/fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { startTestCore, type TestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import type { StrictGateway } from "../support/strict-gateway.ts";
import { optionsOf } from "./agent-bench.ts";

const AGENT = "agent-01";

type Bench = {
  readonly core: TestCore;
  readonly identity: Awaited<ReturnType<TestCore["agent"]>>;
  readonly open: (instance: string) => Promise<number>;
  readonly rehearsal: (no: number) => Promise<Rehearsal>;
};

async function bench(t: TestContext): Promise<Bench> {
  const core = await startTestCore(t);
  const { db, acme } = core;
  const identity = await core.agent(acme, AGENT);
  const open = async (instance: string): Promise<number> =>
    (await openRehearsal(db, acme.tenant, { instance, agentId: AGENT, actor: "ann" })).rehearsalNo;
  const rehearsal = async (no: number): Promise<Rehearsal> => {
    const found = await findRehearsal(db, acme.tenant, no);
    assert.ok(found !== undefined);
    return found;
  };
  return { core, identity, open, rehearsal };
}

function startAgent(t: TestContext, { core, identity }: Bench): void {
  const gateways = [{ address: "127.0.0.1:1" } as StrictGateway];
  const sources = { netbox: netboxSource };
  const usual = optionsOf({ sources }, { gateways, clock: new ManualClock() });
  const agent = new Agent({ ...usual, connect: () => core.client(identity), clock: systemClock });
  const stopping = new AbortController();
  const running = agent.run(stopping.signal);
  t.after(async () => {
    stopping.abort();
    await running;
  });
}

/** Has the agent rehearse a source, as the API does; gives both as they ended. */
async function askRehearsal(
  { core, open, rehearsal }: Bench,
  serviceId: string,
): Promise<{ readonly command: Command; readonly ended: Rehearsal }> {
  const { db, acme } = core;
  const no = await open(serviceId);
  const commandId = await queueCommand(db, acme.tenant, {
    agentId: AGENT,
    type: "sync.rehearse",
    serviceId,
    payload: { rehearsal_no: no, sync_service_id: serviceId, name: "dc1" },
    ttlSeconds: 60,
    actor: "ann",
  });
  return await eventually(async () => {
    const command = await findCommand(db, acme.tenant, commandId);
    const ended = await rehearsal(no);
    assert.ok(command?.endedMs !== undefined && ended.endedMs !== undefined);
    return { command, ended };
  });
}

test("a source that is not enabled is read by its agent into a rehearsal, and nothing of it is stored", async (t) => {
  const at = await bench(t);
  const { core } = at;
  const { db, acme } = core;
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 4, devices: 30 }) });
  const about = { name: "dc1", endpoint: netbox.url, token: netbox.token };
  const serviceId = await core.source(acme, AGENT, about);
  await enableSource(db, acme.tenant, { nameOrId: "dc1", enabled: false, actor: "test" });
  startAgent(t, at);
  const { command, ended } = await askRehearsal(at, serviceId);
  assert.deepEqual([command.state, command.message], ["succeeded", "30 devices were sent"]);
  assert.deepEqual([ended.state, ended.error, ended.actor], ["done", undefined, "ann"]);
  assert.deepEqual([ended.promised?.entries, ended.promised?.created], [30, 30]);
  const { rows } = await db.query<{ records: number; runs: number; chunks: number; own: string }>(
    `select (select count(*)::int from sync.records where kind <> 1) as records,
            (select count(*)::int from sync.runs r join sync.instances i using (tenant, instance_no)
              where i.name = $1) as runs,
            (select count(*)::int from sync.rehearsal_chunks) as chunks,
            (select json_agg(c)::text from sync.commands c) as own`,
    [serviceId],
  );
  assert.deepEqual([rows[0]?.records, rows[0]?.runs, rows[0]?.chunks], [0, 0, 0]);
  assert.ok(!rows[0]?.own.includes(netbox.token), "no row holds credentials");
});

test("a source that cannot be read ends its rehearsal with the reason", async (t) => {
  const at = await bench(t);
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 4, devices: 3 }) });
  const about = { name: "dc1", endpoint: netbox.url, token: "wrong" };
  const serviceId = await at.core.source(at.core.acme, AGENT, about);
  startAgent(t, at);
  const { command, ended } = await askRehearsal(at, serviceId);
  assert.deepEqual([command.state, ended.state], ["failed", "failed"]);
  assert.match(ended.error ?? "", /^auth: .* answered 403/);
});

type Piece = { readonly no: number; readonly index: number; readonly devices?: readonly object[] };

async function send(client: GatewayClient, type: string, message: string): Promise<boolean> {
  const service = {
    serviceName: "sync",
    serviceType: type,
    source: "results",
    available: true,
    message: Buffer.from(message),
    agentId: AGENT,
  };
  const chunk = { services: [service], agentId: AGENT, totalChunks: 1, isFinal: true };
  // oxlint-disable-next-line require-await -- what the wire takes is asynchronous
  async function* chunks(): AsyncGenerator<typeof chunk> {
    yield chunk;
  }
  return (await client.streamStatus(chunks(), { signal: new AbortController().signal })).received;
}

function pieceOf({
  no,
  index,
  devices = [{ metadata: { netbox_device_id: "1" } }],
}: Piece): string {
  const [first, ...rest] = devices;
  const sync_meta = { sync_run_id: snapshotRunId(no), chunk_index: index };
  return JSON.stringify([{ ...first, sync_meta }, ...rest]);
}

function endOf(no: number, serviceId: string, chunks: number): string {
  return formatManifest({
    runId: snapshotRunId(no),
    serviceId,
    kind: "full",
    outcome: "success",
    startedMs: 0,
    endedMs: 1,
    pages: 1,
    devices: chunks,
    chunks: Array.from({ length: chunks }, () => ({ sha256: "0".repeat(64) })),
    rejected: {},
  });
}

test("a chunk that is sent again counts once, and a snapshot that lacks one is no snapshot", async (t) => {
  const at = await bench(t);
  const { core, open, rehearsal } = at;
  const client = core.client(at.identity);
  const serviceId = await core.source(core.acme, AGENT, { name: "dc1" });
  const no = await open(serviceId);
  for (const index of [0, 0, 1, 0]) {
    assert.ok(await send(client, "sync-rehearse", pieceOf({ no, index })));
  }
  assert.equal((await rehearsal(no)).chunks, 2);
  await send(client, "sync-rehearse-run", endOf(no, serviceId, 3));
  assert.deepEqual(
    [(await rehearsal(no)).state, (await rehearsal(no)).error],
    ["failed", "2 of 3 chunks came"],
  );
  const whole = await open(serviceId);
  await send(client, "sync-rehearse", pieceOf({ no: whole, index: 0 }));
  for (let times = 0; times < 2; times += 1) {
    await send(client, "sync-rehearse-run", endOf(whole, serviceId, 1));
  }
  await eventually(async () => assert.equal((await rehearsal(whole)).state, "done"));
});

test("a snapshot that is whole is played by another core where one died before it played it, or while it did", async (t) => {
  const at = await bench(t);
  const { core, open, rehearsal } = at;
  const { db, acme } = core;
  const client = core.client(at.identity);
  const serviceId = await core.source(acme, AGENT, { name: "dc1" });
  const numbers: number[] = [];
  for (const state of ["loading", "playing", "playing"]) {
    const no = await open(serviceId);
    await send(client, "sync-rehearse", pieceOf({ no, index: 0 }));
    await noteWhole(db.forTenant(acme.tenant), acme.tenant, no);
    await db.query("update sync.rehearsals set state = $2 where rehearsal_no = $1", [no, state]);
    numbers.push(no);
  }
  const [before = 0, during = 0, elsewhere = 0] = numbers;
  await db.query("update sync.rehearsals set whole_at = now() - interval '3 minutes'");
  await db.query("update sync.rehearsals set playing_at = now() where rehearsal_no = $1", [
    elsewhere,
  ]);
  const other = new Snapshots({ db, clock: systemClock, log: silentLog() });
  await other.resume();
  await other.settle();
  assert.deepEqual(
    [(await rehearsal(before)).state, (await rehearsal(during)).state],
    ["done", "done"],
  );
  assert.equal((await rehearsal(during)).promised?.created, 1);
  assert.equal((await rehearsal(elsewhere)).state, "playing", "it is played by who lives");
});

test("a core that was frozen while it played a snapshot ends it no more once another has taken it", async (t) => {
  const at = await bench(t);
  const { core, open, rehearsal } = at;
  const { acme } = core;
  const db = core.db.forTenant(acme.tenant);
  const no = await open(await core.source(acme, AGENT, { name: "dc1" }));
  await send(core.client(at.identity), "sync-rehearse", pieceOf({ no, index: 0 }));
  await noteWhole(db, acme.tenant, no);
  const frozen = await claimRehearsal(db, acme.tenant, no);
  await db.query("update sync.rehearsals set playing_at = now() - interval '3 minutes'");
  const other = await claimRehearsal(db, acme.tenant, no);
  assert.deepEqual([frozen, other], [1, 2]);
  await db.query("update sync.rehearsals set playing_at = now() - interval '1 minute'");
  await notePlaying(db, acme.tenant, { rehearsalNo: no, plays: 1 });
  const { rows } = await db.query<{ since: number; chunks: number }>(
    `select extract(epoch from now() - playing_at)::int as since, (select count(*)::int from sync.rehearsal_chunks) as chunks
       from sync.rehearsals`,
  );
  assert.deepEqual(rows, [{ since: 60, chunks: 1 }]);
  const source = { instance: "x", sourceType: "netbox", partition: "default" };
  const playing = rehearse({ db, clock: systemClock }, acme.tenant, {
    rehearsalNo: no,
    chunks: 1,
    plays: 1,
    source,
  });
  await assert.rejects(playing, { code: "rehearsal_taken" });
  assert.equal((await rehearsal(no)).state, "playing");
  const error = "the database was away";
  assert.equal(await endRehearsal(db, acme.tenant, { rehearsalNo: no, plays: 1, error }), false);
  assert.equal(await endRehearsal(db, acme.tenant, { rehearsalNo: no, plays: 2, error }), true);
  assert.equal((await rehearsal(no)).error, error);
});

test("a snapshot that ended two cores is not given to a third", async (t) => {
  const at = await bench(t);
  const { core, open, rehearsal } = at;
  const { db, acme } = core;
  const no = await open(await core.source(acme, AGENT, { name: "dc1" }));
  await noteWhole(db.forTenant(acme.tenant), acme.tenant, no);
  await db.query(
    "update sync.rehearsals set state = 'playing', plays = 2, playing_at = now() - interval '3 minutes'",
  );
  const third = new Snapshots({ db, clock: systemClock, log: silentLog() });
  await third.resume();
  await third.settle();
  assert.equal((await rehearsal(no)).state, "playing");
  await endDeadly(db, acme.tenant);
  assert.equal((await rehearsal(no)).error, "each core that played it ended before it did");
});

test("an agent adds to no rehearsal but one that waits for it", async (t) => {
  const at = await bench(t);
  const { core, open } = at;
  const { db, acme } = core;
  const client = core.client(at.identity);
  const serviceId = await core.source(acme, AGENT, { name: "dc1" });
  const others = await openRehearsal(db, acme.tenant, {
    instance: serviceId,
    agentId: "agent-02",
    actor: "ann",
  });
  const byHand = await openRehearsal(db, acme.tenant, { instance: serviceId, actor: "ann" });
  const own = await open(serviceId);
  await send(client, "sync-rehearse-run", endOf(own, serviceId, 0));
  await eventually(async () => assert.equal((await at.rehearsal(own)).state, "done"));
  for (const no of [others.rehearsalNo, byHand.rehearsalNo, own, 99]) {
    await assert.rejects(send(client, "sync-rehearse", pieceOf({ no, index: 0 })), (thrown) => {
      assert.ok(thrown instanceof SyncError);
      assert.deepEqual([thrown.code, thrown.retry], ["failed_precondition", "permanent"]);
      return thrown.message.includes("the rehearsal takes no chunks");
    });
    await send(client, "sync-rehearse-run", endOf(no, serviceId, 0));
  }
  assert.equal((await at.rehearsal(others.rehearsalNo)).state, "loading");
  await assert.rejects(send(client, "sync-rehearse", "[{}]"), /the chunk is of no rehearsal/);
});
