/** The agent's certificate on its disk: taken over when it is replaced, renewed when it nears its end. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { Agent } from "../../src/agent/agent.ts";
import { Credentials, finishRenewal } from "../../src/agent/credentials.ts";
import { registerAgent } from "../../src/control/agent-registration.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { sha256Hex } from "../../src/lib/hash.ts";
import { silentLog, type Log } from "../../src/lib/log.ts";
import { GatewayClient } from "../../src/wire/client.ts";
import { MESSAGE_LIMITS_DEFAULT } from "../../src/wire/limits.ts";
import { loadClientTls } from "../../src/wire/tls.ts";
import { makeAgent, makeCerts, type TestIdentity } from "../support/certs.ts";
import { startTestCore, type TestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { startStrictGateway, type StrictGateway } from "../support/strict-gateway.ts";
import { configOf, optionsOf } from "./agent-bench.ts";
import { certs as harnessCerts } from "./harness.ts";

const DAY_MS = 86_400_000;

/** A folder with an agent's files. */
async function folderWith(
  t: TestContext,
  { chainPem, privateKeyPem, rootPem }: TestIdentity & { readonly rootPem: string },
): Promise<{
  readonly dir: string;
  readonly files: ConstructorParameters<typeof Credentials>[0];
}> {
  const dir = await mkdtemp(join(tmpdir(), "credentials-"));
  t.after(() => removeFolder(dir));
  const [certPath, keyPath] = [join(dir, "agent.pem"), join(dir, "agent-key.pem")];
  await writeFile(certPath, chainPem);
  await writeFile(keyPath, privateKeyPem, { mode: 0o600 });
  await writeFile(join(dir, "root.pem"), rootPem);
  const tls = { cert_file: "agent.pem", key_file: "agent-key.pem", ca_file: "root.pem" };
  const block = { mode: "mtls", cert_dir: dir, server_name: "localhost", tls };
  return { dir, files: { block, setting: "gateway_security", certPath, keyPath } };
}

test("wherever a renewal was cut off, the files belong together afterwards", async (t) => {
  const certs = await makeCerts();
  const [old, fresh] = [certs.agent, await makeAgent(certs.acme, { tenant: "acme" })];
  const { files } = await folderWith(t, { ...old, rootPem: certs.root.certificatePem });
  const { certPath, keyPath } = files;
  const cuts = [
    {
      what: "before the drafts were whole",
      cert: old.chainPem,
      key: old.privateKeyPem,
      drafts: [fresh.privateKeyPem, undefined],
      is: old,
    },
    {
      what: "with both drafts ready",
      cert: old.chainPem,
      key: old.privateKeyPem,
      drafts: [fresh.privateKeyPem, fresh.chainPem],
      is: fresh,
    },
    {
      what: "between the two renames",
      cert: old.chainPem,
      key: fresh.privateKeyPem,
      drafts: [undefined, fresh.chainPem],
      is: fresh,
    },
    {
      what: "with a draft that belongs to nothing",
      cert: old.chainPem,
      key: old.privateKeyPem,
      drafts: [undefined, fresh.chainPem],
      is: old,
    },
  ] as const;
  for (const { what, cert, key, drafts, is } of cuts) {
    await writeFile(certPath, cert);
    await writeFile(keyPath, key);
    if (drafts[0] !== undefined) await writeFile(`${keyPath}.new`, drafts[0]);
    if (drafts[1] !== undefined) await writeFile(`${certPath}.new`, drafts[1]);
    await finishRenewal(files);
    assert.equal(await readFile(certPath, "utf8"), is.chainPem, what);
    assert.equal(await readFile(keyPath, "utf8"), is.privateKeyPem, what);
    const left = (await readdir(join(certPath, ".."))).filter((name) => name.endsWith(".new"));
    assert.deepEqual(left, [], what);
  }
});

test("replaced files are taken over once they belong together", async (t) => {
  const certs = await makeCerts();
  const { files } = await folderWith(t, { ...certs.agent, rootPem: certs.root.certificatePem });
  const credentials = new Credentials(files, await loadClientTls(files.block, files.setting));
  assert.equal(await credentials.reload(), false);
  const fresh = await makeAgent(certs.acme, { tenant: "acme" });
  await writeFile(files.certPath, fresh.chainPem);
  await assert.rejects(credentials.reload(), /is not the key of the certificate/);
  assert.equal(credentials.current.chainPem, certs.agent.chainPem);
  await writeFile(files.keyPath, fresh.privateKeyPem);
  assert.equal(await credentials.reload(), true);
  assert.equal(credentials.current.chainPem, fresh.chainPem);
});

test("a certificate for another key is not installed", async (t) => {
  const certs = await makeCerts();
  const { files } = await folderWith(t, { ...certs.agent, rootPem: certs.root.certificatePem });
  const credentials = new Credentials(files, await loadClientTls(files.block, files.setting));
  await assert.rejects(credentials.install(certs.agent.chainPem), /no renewal was asked for/);
  await credentials.requestRenewal();
  await assert.rejects(credentials.install(certs.agent.chainPem), /is not for the new key/);
  assert.equal(await readFile(files.certPath, "utf8"), certs.agent.chainPem);
});

/** An agent with two months left of its certificate's life. */
async function agingAgent(
  t: TestContext,
  { db, acme, authorities, rootPem, gateway }: TestCore,
  { agentId, isOnce }: { readonly agentId: string; readonly isOnce: boolean },
): Promise<{ readonly agent: Agent; readonly certPath: string; readonly old: TestIdentity }> {
  const issuer = await authorities.issuer(db, acme.tenant);
  const nowMs = Date.now() - 300 * DAY_MS;
  const old = await makeAgent(issuer, { tenant: "acme", nowMs, agentId });
  const leaf = new X509Certificate(old.certificatePem);
  const registered = await registerAgent(db, acme.tenant, {
    wanted: { agentId, partition: "default", renew: false },
    certificate: { sha256: sha256Hex(leaf.raw), notAfterMs: leaf.validToDate.getTime() },
    actor: "test",
  });
  assert.ok(registered.ok);
  const { files } = await folderWith(t, { ...old, rootPem });
  const credentials = new Credentials(files, await loadClientTls(files.block, files.setting));
  const gateways = [{ address: `127.0.0.1:${gateway.port}` } as StrictGateway];
  const config = { agent_id: agentId };
  const usual = optionsOf({ sources: {}, config }, { gateways, clock: new ManualClock() });
  const connect = (address: string): GatewayClient =>
    new GatewayClient({
      address,
      tls: credentials.current,
      limits: MESSAGE_LIMITS_DEFAULT,
      clock: systemClock,
    });
  const agent = new Agent({ ...usual, isOnce, credentials, connect, clock: systemClock });
  return { agent, certPath: files.certPath, old };
}

async function commandsOf({ db }: TestCore, agentId: string): Promise<readonly unknown[]> {
  const { rows } = await db.query<{ type: string; state: string }>(
    "select type, state from sync.commands where agent_id = $1 order by created_at",
    [agentId],
  );
  return rows.map(({ type, state }) => [type, state]);
}

async function certificateIn(path: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(path, "utf8"));
}

const RENEWED = [
  ["agent.renew_certificate", "succeeded"],
  ["agent.install_certificate", "succeeded"],
];

test("a certificate that nears its end is renewed over the control stream, with a key of its own", async (t) => {
  const core = await startTestCore(t);
  const { agent, certPath, old } = await agingAgent(t, core, {
    agentId: "agent-01",
    isOnce: false,
  });
  const stopping = new AbortController();
  const running = agent.run(stopping.signal);
  await eventually(async () => {
    assert.notEqual(await readFile(certPath, "utf8"), old.chainPem);
    assert.deepEqual(await commandsOf(core, "agent-01"), RENEWED);
  });
  stopping.abort();
  await running;
  const [leaf, fresh] = [new X509Certificate(old.certificatePem), await certificateIn(certPath)];
  assert.ok(fresh.validToDate.getTime() > Date.now() + 360 * DAY_MS);
  assert.equal(fresh.subject, leaf.subject);
  assert.notDeepEqual(
    fresh.publicKey.export({ type: "spki", format: "der" }),
    leaf.publicKey.export({ type: "spki", format: "der" }),
  );

  await t.test("by an agent that only runs once as well, before it ends", async () => {
    const once = await agingAgent(t, core, { agentId: "agent-02", isOnce: true });
    const result = await once.agent.runOnce(new AbortController().signal);
    assert.deepEqual(result, { sources: [], unusable: [] });
    const renewed = await certificateIn(once.certPath);
    assert.ok(renewed.validToDate.getTime() > Date.now() + 360 * DAY_MS);
    await eventually(async () => assert.deepEqual(await commandsOf(core, "agent-02"), RENEWED));
  });
});

test("an agent that runs once waits ten seconds for a renewal that is due, and tells that none came", async (t) => {
  const old = await makeAgent(harnessCerts.acme, {
    tenant: "acme",
    nowMs: Date.now() - 300 * DAY_MS,
  });
  await using gateway = await startStrictGateway(harnessCerts);
  gateway.config = configOf("v1", {});
  const told: unknown[] = [];
  const log = Object.create(silentLog(), {
    warn: { value: (_: unknown, message: unknown) => void told.push(message) },
  }) as Log;
  for (const { identity, waitsMs } of [
    { identity: harnessCerts.agent, waitsMs: 0 },
    { identity: old, waitsMs: 10_000 },
  ]) {
    const given = { ...identity, rootPem: harnessCerts.root.certificatePem };
    const { files } = await folderWith(t, given);
    const credentials = new Credentials(files, await loadClientTls(files.block, files.setting));
    const clock = new ManualClock();
    const options = { isOnce: true, credentials, log };
    const agent = new Agent(optionsOf({ options }, { gateways: [gateway], clock }));
    const over = new AbortController();
    const running = agent.runOnce(new AbortController().signal).finally(() => over.abort());
    while (agent.facts().config.version === "") await new Promise(setImmediate);
    const startedMs = clock.now();
    while (!over.signal.aborted) await clock.advance(waitsMs / 10);
    await running;
    assert.ok(clock.now() - startedMs >= waitsMs);
  }
  assert.deepEqual(told, ["the certificate nears its end, and was not renewed"]);
});
