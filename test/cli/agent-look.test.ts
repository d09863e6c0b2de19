/** Commands that look at an agent's host: check, preview, diagnostics. */
import assert from "node:assert/strict";
import { chmod, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { createFleet } from "../fakes/fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { agent, agentFolder, told } from "../support/agent-cli.ts";
import { certs } from "../support/agent-cli.ts";
import { startStrictGateway } from "../support/strict-gateway.ts";

const fleet = createFleet({ seed: 1, devices: 30 });

test("check looks at everything, and ends with 0 where all is well", async () => {
  await using netbox = await startNetboxFake({ fleet });
  await using gateway = await startStrictGateway(certs);
  told(gateway, { dc1: { endpoint: netbox.url, credentials: { api_token: netbox.token } } });
  await using files = await agentFolder(gateway.address);
  await chmod(join(dirname(files.path), "component-key.pem"), 0o600);
  const { code, out } = await agent("check", "--config", files.path);
  assert.equal(code, 0, out);
  assert.deepEqual(
    out.split("\n").map((line) => line.slice(0, 22).trimEnd()),
    [
      "PASS  settings",
      "PASS  certificate",
      "PASS  key-file",
      "PASS  data-dir",
      "PASS  kept-config",
      "PASS  gateway",
      "PASS  configuration",
      "PASS  source dc1",
      "PASS  source dc1",
      "PASS  source dc1",
      "PASS  source dc1",
      "11 passed, 0 to look a",
    ],
  );
  assert.deepEqual(gateway.violations, []);
});

test("check warns of what works all the same, and ends with 0", async () => {
  await using gateway = await startStrictGateway(certs);
  told(gateway, {});
  await using files = await agentFolder("127.0.0.1:1", {
    gateway_addrs: [gateway.address],
    push_intervall: "5s",
  });
  await chmod(join(dirname(files.path), "component-key.pem"), 0o644);
  const { code, out } = await agent("check", "--config", files.path);
  assert.equal(code, 0, out);
  assert.match(out, /^WARN {2}settings +push_intervall .* did you mean "push_interval"\?$/m);
  assert.match(out, /^WARN {2}key-file .*; chmod 600 /m);
  assert.match(out, /^WARN {2}gateway +127\.0\.0\.1:1: /m);
  assert.match(out, /^WARN {2}configuration +0 sources$/m);
});

test("check ends with the code of the first failure", async () => {
  await using gateway = await startStrictGateway(certs);
  await using netbox = await startNetboxFake({ fleet });
  told(gateway, { dc1: { endpoint: netbox.url, credentials: { api_token: "wrong-token" } } });
  await using files = await agentFolder(gateway.address);
  const auth = await agent("check", "--json", "--config", files.path);
  assert.equal(auth.code, 4);
  const { checks } = JSON.parse(auth.out) as { checks: { outcome: string; message: string }[] };
  const failed = checks.filter(({ outcome }) => outcome === "fail");
  assert.equal(failed.length, 1);
  assert.match(failed[0]?.message ?? "", /^auth: /);
  await using away = await agentFolder("127.0.0.1:1");
  assert.equal((await agent("check", "--config", away.path)).code, 5);
  await using wrong = await agentFolder(gateway.address, { partition: "dmz" });
  const config = await agent("check", "--config", wrong.path);
  assert.equal(config.code, 78);
  assert.match(config.out, /^FAIL {2}settings +partition: is "dmz"/);
});

test("preview shows a source's first devices and sends nothing", async () => {
  await using netbox = await startNetboxFake({ fleet });
  await using gateway = await startStrictGateway(certs);
  told(gateway, { dc1: { endpoint: netbox.url, credentials: { api_token: netbox.token } } });
  await using files = await agentFolder(gateway.address);
  const { code, out } = await agent("preview", "dc1", "--limit", "3", "--config", files.path);
  assert.equal(code, 0);
  assert.match(out, /^NAME +IP +MAC +SERIAL +MODEL\n/);
  assert.match(out, /3 of 30 devices; nothing was stored\.$/);
  const json = await agent("preview", "id-dc1", "--json", "--config", files.path);
  assert.equal((JSON.parse(json.out) as { devices: object[] }).devices.length, 20);
  assert.equal(gateway.calls.length, 0);
  const typo = await agent("preview", "dc2", "--config", files.path);
  assert.equal(typo.code, 78);
  assert.match(typo.err, /this agent has no source "dc2", did you mean "dc1"\?$/);
});

test("diagnostics are a file that only its owner reads, with all that was found and no credential", async () => {
  await using gateway = await startStrictGateway(certs);
  const credentials = { api_token: "hush-hush-token" };
  told(gateway, { dc1: { endpoint: "http://127.0.0.1:1/hush-hush-token", credentials } });
  await using files = await agentFolder(gateway.address);
  const out = join(dirname(files.path), "bundle.json");
  const { code } = await agent("diagnostics", "--out", out, "--config", files.path);
  assert.equal(code, 0);
  assert.equal((await stat(out)).mode & 0o777, 0o600);
  const text = await readFile(out, "utf8");
  assert.ok(!text.includes("hush") && !text.includes("PRIVATE"), text);
  const bundle = JSON.parse(text) as { running: unknown; checks: { name: string }[] };
  assert.equal(bundle.running, "no agent runs here");
  assert.ok(bundle.checks.some(({ name }) => name === "source dc1"));
});
