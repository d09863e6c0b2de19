/** docs/pki.md as it stands: its commands make certificates that core, gateway and agents work with. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect } from "node:tls";

import { importAuthority } from "../../src/control/authority-import.ts";
import { gatewayAnchors, keepGatewayAnchors } from "../../src/control/gateway-anchors.ts";
import { certificateFromFiles, readAnchors } from "../../src/lib/server-certificate.ts";
import { slug, type TestIdentity } from "../support/certs.ts";
import { startTestCore, type TestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { readDocument } from "../support/markdown.ts";
import { removeFolder } from "../support/remove-folder.ts";

const BLOCKS = [...readDocument("docs/pki.md").matchAll(/```sh\n([^]*?)```/g)].map(
  ([, block = ""]) => block,
);
const SERVER_NAME = "agent-gateway.serviceradar";

function lacksOpenssl(): string | false {
  try {
    return execFileSync("openssl", ["version"], { encoding: "utf8" }).startsWith("OpenSSL 3")
      ? false
      : "openssl 3 is not here";
  } catch {
    return "openssl is not here";
  }
}

const run = (dir: string, block: string): void =>
  void execFileSync("sh", ["-e", "-c", block], { cwd: dir, stdio: "pipe" });

async function identityIn(dir: string): Promise<TestIdentity> {
  const chainPem = await readFile(join(dir, "component.pem"), "utf8");
  const privateKeyPem = await readFile(join(dir, "component-key.pem"), "utf8");
  return { certificatePem: chainPem, chainPem, privateKeyPem };
}

/** Fingerprint of the certificate that a new connection meets. */
async function metBy(core: TestCore, { chainPem, privateKeyPem }: TestIdentity): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({
    host: "127.0.0.1",
    port: core.gateway.port,
    cert: chainPem,
    key: privateKeyPem,
    servername: SERVER_NAME,
    rejectUnauthorized: false,
    ALPNProtocols: ["h2"],
  });
  socket.once("error", reject);
  socket.once("secureConnect", () => resolve(socket.getPeerCertificate().fingerprint256));
  return await promise.finally(() => socket.destroy());
}

async function fingerprintIn(dir: string): Promise<string> {
  return new X509Certificate(await readFile(join(dir, "gateway.pem"))).fingerprint256;
}

async function pki(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "pki-"));
  t.after(() => removeFolder(dir));
  assert.equal(BLOCKS.length, 3);
  for (const block of BLOCKS) run(dir, block);
  return dir;
}

const SKIP = { skip: lacksOpenssl() };

test(
  "the page's commands make a PKI that certifies agents of both forms and the gateway, whose certificate is replaced while it runs",
  SKIP,
  async (t) => {
    const dir = await pki(t);
    const [, agents = "", gateway = ""] = BLOCKS;
    const three = await identityIn(dir);
    run(
      dir,
      agents
        .replaceAll("agent-01.default.serviceradar", "agent-01.default.acme.serviceradar")
        .replace("agent/default/agent-01", "agent/acme/default/agent-01"),
    );
    const four = await identityIn(dir);
    const file = (setting: string, name: string) => ({ setting, path: join(dir, name) });
    const files = {
      cert: file("--grpc-cert", "gateway.pem"),
      key: file("--grpc-key", "gateway.key"),
      ca: file("--grpc-ca", "pki-root.pem"),
    };
    // It stands where it begins, so what it judges is made before.
    const clock = new ManualClock();
    const core = await startTestCore(t, { clock, certificate: await certificateFromFiles(files) });
    const text = await readFile(join(dir, "acme-chain.pem"), "utf8");
    const who = { tenant: core.acme.tenant, slug: slug("acme") };
    assert.ok((await importAuthority(core.db, who, { text, actor: "t", nowMs: Date.now() })).ok);
    await clock.advance(10_000);
    await keepGatewayAnchors(core.db, await readAnchors(files.ca));
    const caPem = await gatewayAnchors(core.db, core.authorities);
    const tls = { caPem, serverName: SERVER_NAME };
    const signal = AbortSignal.timeout(30_000);
    for (const identity of [three, four]) {
      const client = core.client(identity, tls);
      const hello = await eventually(() => client.hello({ agentId: "agent-01" }, { signal }));
      assert.equal(hello.tenantSlug, "acme");
    }
    const before = await fingerprintIn(dir);
    assert.equal(await metBy(core, three), before);
    await writeFile(files.key.path, "half a ke");
    await clock.advance(30_000);
    assert.equal(await metBy(core, three), before, "what cannot be used changes nothing");
    run(dir, gateway);
    const after = await fingerprintIn(dir);
    assert.notEqual(after, before);
    await eventually(async () => {
      await clock.advance(30_000);
      assert.equal(await metBy(core, three), after);
    });
    await core.client(three, tls).hello({ agentId: "agent-01" }, { signal });
  },
);

test(
  "files that cannot be a gateway's certificate are refused by flag, file and reason",
  SKIP,
  async (t) => {
    const dir = await pki(t);
    const given = (cert: string, key: string, ca: string) => ({
      cert: { setting: "--grpc-cert", path: join(dir, cert) },
      key: { setting: "--grpc-key", path: join(dir, key) },
      ca: { setting: "--grpc-ca", path: join(dir, ca) },
    });
    const CASES = [
      [
        given("gateway.key", "gateway.key", "pki-root.pem"),
        /^--grpc-cert: .* holds no certificate/,
      ],
      [given("gateway.pem", "pki-root.key", "pki-root.pem"), /^--grpc-key: .* is not the key of/],
      [given("gateway.pem", "gateway.pem", "pki-root.pem"), /^--grpc-key: .* holds no private key/],
      [given("gateway.pem", "gateway.key", "acme-ca.pem"), /^--grpc-cert: .* lacks the authority/],
      [given("agent.pem", "component-key.pem", "pki-root.pem"), /lacks the authority above "O=/],
      [given("gateway.pem", "gateway.key", "gateway.pem"), /^--grpc-ca: .* authorities/],
      [given("gateway.pem", "gateway.key", "no.pem"), /^--grpc-ca: .* cannot be read/],
    ] as const;
    for (const [files, why] of CASES) {
      await assert.rejects(certificateFromFiles(files), { message: why });
    }
    await certificateFromFiles(given("component.pem", "component-key.pem", "pki-root.pem"));
  },
);

test("a gateway that has a certificate of its own again leaves nothing of the PKI for agents to trust", async (t) => {
  const core = await startTestCore(t);
  await keepGatewayAnchors(core.db, "-----BEGIN CERTIFICATE-----\n");
  assert.match(await gatewayAnchors(core.db, core.authorities), /BEGIN[^]*BEGIN/);
  await keepGatewayAnchors(core.db, undefined);
  assert.equal(await gatewayAnchors(core.db, core.authorities), core.rootPem);
});
