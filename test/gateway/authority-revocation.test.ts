/** An authority that is revoked: its agents are refused at once, wherever they are connected, and can be let in again. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test, type TestContext } from "node:test";

import { OutgoingQueue } from "../../src/agent/outgoing-queue.ts";
import { importAuthority, listAuthorities } from "../../src/control/authority-import.ts";
import { reinstateAuthority, revokeAuthority } from "../../src/control/authority-revocation.ts";
import { listRefusals } from "../../src/control/refusal-list.ts";
import type { Draft, ControlStreamRequest, GatewayStatusChunk } from "../../src/wire/messages.ts";
import { makeAgent, makeCerts, slug } from "../support/certs.ts";
import { startTestCore, type TestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";

const AGENT = "agent-01";
const foreign = await makeCerts();
const options = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });
const REFUSED = /authority revoked/;

function act(core: TestCore, authorityNo: number): Parameters<typeof revokeAuthority>[2] {
  const { tenant } = core.acme;
  return { tenant, slug: slug("acme"), authorityNo, actor: "test" };
}

/** As another replica does it: by the database alone. */
async function revoke(core: TestCore, authorityNo: number): Promise<void> {
  const revoked = await revokeAuthority(core.db, core.authorities, act(core, authorityNo));
  assert.ok(revoked?.revokedMs !== undefined);
}

async function withImport(t: TestContext): Promise<{ core: TestCore; clock: ManualClock }> {
  const clock = new ManualClock();
  const core = await startTestCore(t, { clock });
  const text = foreign.acme.certificatePem + foreign.root.certificatePem;
  const who = { tenant: core.acme.tenant, slug: slug("acme") };
  assert.ok((await importAuthority(core.db, who, { text, actor: "test", nowMs: Date.now() })).ok);
  await clock.advance(10_000);
  return { core, clock };
}

function chunkOf(chunkIndex: number): Draft<GatewayStatusChunk> {
  const message = Buffer.from(JSON.stringify([{ source: "netbox", hostname: `h-${chunkIndex}` }]));
  const names = { serviceName: "sync", serviceType: "sync", source: "results", available: true };
  const services = [{ ...names, message }];
  return { agentId: AGENT, chunkIndex, totalChunks: 2, isFinal: chunkIndex === 1, services };
}

test("a revoked authority's agents are refused at once, on open streams too, by name; reinstated, they are let in", async (t) => {
  const { core, clock } = await withImport(t);
  const [three, four] = await Promise.all(
    ([3, 4] as const).map((cnForm) => makeAgent(foreign.acme, { tenant: "acme", cnForm })),
  );
  assert.ok(three !== undefined && four !== undefined);
  const client = core.client(four);
  await eventually(() => client.hello({ agentId: AGENT }, options()));
  const outgoing = new OutgoingQueue<Draft<ControlStreamRequest>>();
  outgoing.push({ hello: { agentId: AGENT } });
  const control = client.controlStream(outgoing, options())[Symbol.asyncIterator]();
  const look = async (): Promise<void> => {
    await clock.untilSleeping((ms) => ms === 500);
    await clock.advance(500);
  };
  const opened = control.next();
  await look();
  assert.equal((await opened).done, false, "the stream is open");
  const second = Promise.withResolvers<void>();
  async function* chunks(): AsyncGenerator<Draft<GatewayStatusChunk>> {
    yield chunkOf(0);
    await second.promise;
    yield chunkOf(1);
  }
  const running = assert.rejects(client.streamStatus(chunks(), options()), REFUSED);
  const taken = "select from sync.inbox where tenant = $1 and run_id like 'call:%'";
  await eventually(async () =>
    assert.equal((await core.db.query(taken, [core.acme.tenant])).count, 1),
  );
  await revoke(core, 2);
  await assert.rejects(client.pushStatus({ agentId: AGENT, services: [] }, options()), REFUSED);
  await assert.rejects(
    core.client(three).hello({ agentId: AGENT }, options()),
    REFUSED,
    "three labels",
  );
  const ended = assert.rejects(control.next(), REFUSED);
  await look();
  await ended;
  second.resolve();
  await running;
  const { serialNumber } = new X509Certificate(four.certificatePem);
  await eventually(async () => {
    const refusals = await listRefusals(core.db, core.acme.tenant, { limit: 10 });
    const mine = refusals.find(({ message }) => REFUSED.test(message));
    assert.deepEqual([mine?.agentId, mine?.refused], [AGENT, 4]);
    assert.equal(mine?.certificate?.serial, serialNumber.toLowerCase());
  });
  assert.ok((await reinstateAuthority(core.db, act(core, 2)))?.revokedMs === undefined);
  assert.equal((await client.hello({ agentId: AGENT }, options())).accepted, true);
});

test("a certificate that ends while its agent is connected ends its streams and calls, with the reason", async (t) => {
  const clock = new ManualClock();
  const core = await startTestCore(t, { clock });
  const issuer = await core.authorities.issuer(core.db, core.acme.tenant);
  // A year of which three minutes are left.
  const nowMs = Date.now() - 365 * 86_400_000 + 180_000;
  const client = core.client(await makeAgent(issuer, { tenant: "acme", nowMs }));
  await client.hello({ agentId: AGENT }, options());
  const outgoing = new OutgoingQueue<Draft<ControlStreamRequest>>();
  outgoing.push({ hello: { agentId: AGENT } });
  const control = client.controlStream(outgoing, options())[Symbol.asyncIterator]();
  const opened = control.next();
  await clock.untilSleeping((ms) => ms === 500);
  await clock.advance(500);
  await opened;
  const second = Promise.withResolvers<void>();
  async function* chunks(): AsyncGenerator<Draft<GatewayStatusChunk>> {
    yield chunkOf(0);
    await second.promise;
    yield chunkOf(1);
  }
  const EXPIRED = /client certificate has expired/;
  const running = assert.rejects(client.streamStatus(chunks(), options()), EXPIRED);
  const taken = "select from sync.inbox where tenant = $1 and run_id like 'call:%'";
  await eventually(async () =>
    assert.equal((await core.db.query(taken, [core.acme.tenant])).count, 1),
  );
  const ended = assert.rejects(control.next(), EXPIRED);
  await clock.advance(181_000);
  await ended;
  second.resolve();
  await running;
  await assert.rejects(client.hello({ agentId: AGENT }, options()), EXPIRED);
});

test("a tenant whose own authority is revoked has another by which its agents are enrolled again; others' agents notice nothing", async (t) => {
  const core = await startTestCore(t);
  const lost = core.client(await core.agent(core.acme, AGENT));
  const globex = core.client(await core.agent(core.globex, AGENT));
  await revoke(core, 1);
  await revoke(core, 1);
  await assert.rejects(lost.hello({ agentId: AGENT }, options()), REFUSED);
  await globex.hello({ agentId: AGENT }, options());
  const shown = await listAuthorities(core.db, core.acme.tenant);
  assert.deepEqual(
    shown.map(({ no, revokedMs }) => [no, revokedMs === undefined]),
    [
      [1, false],
      [2, true],
    ],
  );
  const anew = core.client(await core.agent(core.acme, AGENT));
  await eventually(() => anew.hello({ agentId: AGENT }, options()));
  const { rows } = await core.db.query("select action from sync.audit where action like 'auth%'");
  assert.deepEqual(rows, [{ action: "authority.revoke" }], "twice is once");
});

test("there is no authority of that number: nothing is revoked", async (t) => {
  const core = await startTestCore(t);
  assert.equal(await revokeAuthority(core.db, core.authorities, act(core, 9)), undefined);
  assert.equal(await reinstateAuthority(core.db, act(core, 9)), undefined);
});
