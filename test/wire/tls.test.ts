import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { ConfigError } from "../../src/lib/errors.ts";
import { loadClientTls } from "../../src/wire/tls.ts";
import { makeCerts, writeCerts } from "../support/certs.ts";

const certs = await makeCerts();
const FILES = {
  cert_file: "component.pem",
  key_file: "component-key.pem",
  ca_file: "ca-chain.pem",
};

async function refused(block: unknown, setting: string, words: RegExp): Promise<void> {
  await assert.rejects(loadClientTls(block, "gateway_security"), (thrown) => {
    assert.ok(thrown instanceof ConfigError, String(thrown));
    assert.equal(thrown.setting, setting);
    assert.match(thrown.message, words);
    return true;
  });
}

test("a block of an original agent is read, its paths from cert_dir", async () => {
  await using folder = await writeCerts(certs);
  const block = {
    mode: "mtls",
    cert_dir: folder.dir,
    server_name: "agent-gateway.serviceradar",
    role: "agent",
    tls: { ...FILES, client_ca_file: "ca-chain.pem" },
  };
  assert.deepEqual(await loadClientTls(block, "gateway_security"), {
    caPem: certs.root.certificatePem,
    chainPem: certs.agent.chainPem,
    privateKeyPem: certs.agent.privateKeyPem,
    serverName: "agent-gateway.serviceradar",
  });
});

test("absolute paths stand by themselves", async () => {
  await using folder = await writeCerts(certs);
  const tls = Object.fromEntries(
    Object.entries(FILES).map(([name, file]) => [name, join(folder.dir, file)]),
  );
  const loaded = await loadClientTls({ mode: "mtls", cert_dir: "/nowhere", tls }, "security");
  assert.equal(loaded.serverName, undefined);
  assert.equal(loaded.chainPem, certs.agent.chainPem);
});

test("a missing block, mode or setting is named", async () => {
  await refused(undefined, "gateway_security", /is missing/);
  await refused([], "gateway_security", /is not a JSON object/);
  await refused({ mode: "none" }, "gateway_security.mode", /"none" is not supported/);
  await refused({ mode: "spiffe" }, "gateway_security.mode", /"spiffe" is not supported/);
  await refused({}, "gateway_security.mode", /must be "mtls"/);
  await refused({ mode: 7 }, "gateway_security.mode", /is not a text/);
  await refused({ mode: "mtls" }, "gateway_security.tls", /is missing/);
  await refused({ mode: "mtls", tls: {} }, "gateway_security.tls.cert_file", /is not set/);
});

test("a file that is not there is named with its setting", async () => {
  await using folder = await writeCerts(certs);
  const tls = { ...FILES, key_file: "gone.pem" };
  await refused(
    { mode: "mtls", cert_dir: folder.dir, tls },
    "gateway_security.tls.key_file",
    /gone\.pem cannot be read: .*(?:ENOENT|No such file)/,
  );
});

test("a key that belongs to another certificate is refused", async () => {
  await using folder = await writeCerts(certs);
  const tls = { ...FILES, key_file: "gateway-key.pem" };
  await refused(
    { mode: "mtls", cert_dir: folder.dir, tls },
    "gateway_security.tls.key_file",
    /gateway-key\.pem is not the key of the certificate in .*component\.pem/,
  );
});

for (const [name, file] of Object.entries(FILES)) {
  test(`a ${name} that holds something else is refused without quoting it`, async () => {
    await using folder = await writeCerts(certs);
    await writeFile(join(folder.dir, file), "hunter2");
    const block = { mode: "mtls", cert_dir: folder.dir, tls: FILES };
    await refused(block, `gateway_security.tls.${name}`, /does not hold (?!.*hunter2)/);
  });
}
