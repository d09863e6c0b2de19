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
import { GatewayClient } from "../../src/wire/client.ts";
import { MESSAGE_LIMITS_DEFAULT } from "../../src/wire/limits.ts";
import { loadClientTls } from "../../src/wire/tls.ts";
import { makeAgent, makeCerts, type TestIdentity } from "../support/certs.ts";
import { startTestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { removeFolder } from "../support/remove-folder.ts";
import type { StrictGateway } from "../support/strict-gateway.ts";
import { optionsOf } from "./agent-bench.ts";

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

test("a certificate that nears its end is renewed over the control stream, with a key of its own", async (t) => {
  const core = await startTestCore(t);
  const { db, acme } = core;
  const issuer = await core.authorities.issuer(db, acme.tenant);
  const nowMs = Date.now() - 300 * DAY_MS;
  const old = await makeAgent(issuer, { tenant: "acme", nowMs });
  const leaf = new X509Certificate(old.certificatePem);
  const registered = await registerAgent(db, acme.tenant, {
    wanted: { agentId: "agent-01", partition: "default", renew: false },
    certificate: { sha256: sha256Hex(leaf.raw), notAfterMs: leaf.validToDate.getTime() },
    actor: "test",
  });
  assert.ok(registered.ok);
  const { files } = await folderWith(t, { ...old, rootPem: core.rootPem });
  const credentials = new Credentials(files, await loadClientTls(files.block, files.setting));
  const gateways = [{ address: `127.0.0.1:${core.gateway.port}` } as StrictGateway];
  const usual = optionsOf({ sources: {} }, { gateways, clock: new ManualClock() });
  const connect = (address: string): GatewayClient =>
    new GatewayClient({
      address,
      tls: credentials.current,
      limits: MESSAGE_LIMITS_DEFAULT,
      clock: systemClock,
    });
  const agent = new Agent({ ...usual, credentials, connect, clock: systemClock });
  const stopping = new AbortController();
  const running = agent.run(stopping.signal);
  await eventually(async () => {
    assert.notEqual(await readFile(files.certPath, "utf8"), old.chainPem);
    const { rows } = await db.query<{ type: string; state: string }>(
      "select type, state from sync.commands order by created_at",
    );
    assert.deepEqual(
      rows.map(({ type, state }) => [type, state]),
      [
        ["agent.renew_certificate", "succeeded"],
        ["agent.install_certificate", "succeeded"],
      ],
    );
  });
  stopping.abort();
  await running;
  const fresh = new X509Certificate(await readFile(files.certPath, "utf8"));
  assert.ok(fresh.validToDate.getTime() > Date.now() + 360 * DAY_MS);
  assert.equal(fresh.subject, leaf.subject);
  assert.notDeepEqual(
    fresh.publicKey.export({ type: "spki", format: "der" }),
    leaf.publicKey.export({ type: "spki", format: "der" }),
  );
});
