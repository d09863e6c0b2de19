import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { spawnTied } from "../../build/process/spawn-tied.ts";
import { runAgentCommand } from "../../src/cli/agent-commands.ts";
import { createFleet } from "../fakes/fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { agent, agentBefore, agentFolder, certs, told } from "../support/agent-cli.ts";
import { makeCerts } from "../support/certs.ts";
import { eventually } from "../support/eventually.ts";
import { startStrictGateway } from "../support/strict-gateway.ts";

test("validate says what it found", async () => {
  await using files = await agentFolder("gw.example.net");
  const { code, out } = await agent("validate", "--config", files.path);
  assert.equal(code, 0);
  assert.match(
    out,
    /agent.json is good\n +agent +agent-01 in partition default\n +gateways +gw.example.net:50052\n +certificate +valid until 2/,
  );
  const json = await agent("validate", "-c", files.path, "--json");
  assert.equal((JSON.parse(json.out) as { agent_id: string }).agent_id, "agent-01");
});

test("validate names a wrong setting with exit code 78, and warns of an unknown one", async () => {
  await using wrong = await agentFolder("gw", { partition: "dmz" });
  const refused = await agent("validate", "--config", wrong.path);
  assert.equal(refused.code, 78);
  assert.match(
    refused.err,
    /^serviceradar-agent: partition: is "dmz", but the certificate was issued for "default"/,
  );
  await using odd = await agentFolder("gw", { push_intervall: "5s" });
  const warned = await agent("validate", "--config", odd.path);
  assert.equal(warned.code, 0);
  assert.match(warned.err, /warning: push_intervall .* did you mean "push_interval"\?/);
});

const DAY_MS = 86_400_000;
const ENDS: readonly (readonly [number, number, RegExp])[] = [
  [360, 0, /^warning: the certificate ends in [45]d; a running agent renews it$/],
  [400, 4, /^warning: the certificate ended 3\dd ago; make a new one at the core with: /],
];
for (const [ageDays, exitCode, warning] of ENDS) {
  test(`validate of a certificate that was made ${ageDays} days ago ends with ${exitCode}, and says until when it is good`, async () => {
    const made = await makeCerts(Date.now() - ageDays * DAY_MS);
    await using files = await agentFolder("gw.example.net", {}, made);
    const { code, err } = await agent("validate", "--config", files.path);
    assert.equal(code, exitCode);
    assert.match(err, warning);
    const json = await agent("validate", "--json", "--config", files.path);
    assert.equal(json.code, exitCode);
    const { warnings } = JSON.parse(json.out) as { warnings: string[] };
    assert.equal(warnings.length, 1);
  });
}

test("version prints the version", async () => {
  assert.match((await agent("version")).out, /^\d+\.\d+\.\d+$/);
  const { name } = JSON.parse((await agent("version", "--json")).out) as { name: string };
  assert.equal(name, "serviceradar-agent");
});

test("run --once pulls every source over real TLS, prints how each did, and ends with 0", async () => {
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 1, devices: 30 }) });
  await using gateway = await startStrictGateway(certs);
  told(gateway, { dc1: { endpoint: netbox.url, credentials: { api_token: netbox.token } } });
  await using files = await agentFolder(gateway.address);
  const { code, out } = await agent("run", "--once", "--config", files.path);
  assert.match(out, /^dc1: success, 30 devices of \d+ pages in \d+\.\d s$/);
  assert.equal(code, 0);
  assert.equal(gateway.entries.length, 30);
  assert.deepEqual(gateway.violations, []);
});

test("on a terminal a line a source is drawn in place under the log; for programs there are JSON lines alone", async () => {
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 1, devices: 30 }) });
  await using gateway = await startStrictGateway(certs);
  const credentials = { api_token: netbox.token };
  told(gateway, { dc1: { endpoint: netbox.url, credentials, page_size: 10 } });
  await using files = await agentFolder(gateway.address, { logging: { level: "info" } });
  const drawn = Promise.withResolvers<void>();
  gateway.fault = (rpc) =>
    rpc === "streamStatus" ? { kind: "hold", until: drawn.promise } : undefined;
  let shown = "";
  const write = (text: string): void => {
    shown += text;
    if (/dc1 {2}full {2}4 pages {2}30 of 30 devices {2}\d+\/s/.test(shown)) drawn.resolve();
  };
  const screen = { write, rows: () => 24 };
  const { code } = await agentBefore(screen, ["run", "--once", "--config", files.path]);
  assert.equal(code, 0);
  assert.match(shown, /INFO {2}agent: StreamStatus /);
  assert.ok(shown.includes("\r\u001B[1A\u001B[J"), "written over in place");
  const after = shown.slice(shown.lastIndexOf("dc1  "));
  assert.ok(after.endsWith("\u001B[1A\u001B[J"), "nothing is left behind");
  shown = "";
  await using quiet = await agentFolder(gateway.address);
  const json = ["run", "--once", "--log-format", "json", "--config", quiet.path];
  assert.equal((await agentBefore(screen, json)).code, 0);
  assert.equal(shown, "");
});

test("run --once ends with 3 where something is missing, and with 4 where credentials are wrong", async () => {
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 1, devices: 3 }) });
  await using gateway = await startStrictGateway(certs);
  const good = { endpoint: netbox.url, credentials: { api_token: netbox.token } };
  const bad = { endpoint: netbox.url, credentials: { api_token: "wrong-token" } };
  told(gateway, { dc1: good, dc2: bad });
  await using files = await agentFolder(gateway.address);
  const partial = await agent("run", "--once", "--json", "--config", files.path);
  assert.equal(partial.code, 3);
  const { sources } = JSON.parse(partial.out) as { sources: { lastRun: { outcome: string } }[] };
  assert.deepEqual(
    sources.map(({ lastRun }) => lastRun.outcome),
    ["success", "failed"],
  );
  told(gateway, { dc2: bad });
  const refused = await agent("run", "--once", "--config", files.path);
  assert.equal(refused.code, 4);
  assert.match(refused.out, /^dc2: failed, 0 devices .*: auth: /);
});

test("run --once ends with 4 where the gateway does not accept the certificate", async () => {
  await using gateway = await startStrictGateway(await makeCerts());
  await using files = await agentFolder(gateway.address);
  const { code, err } = await agent("run", "--once", "--config", files.path);
  assert.equal(code, 4);
  assert.match(err, /^serviceradar-agent: (Gateway not trusted|Tenant mismatch): /);
});

const PROGRAM = [
  ...("Deno" in globalThis ? ["run", "-A"] : []),
  fileURLToPath(new URL("../../src/bin/agent.ts", import.meta.url)),
];

test("the executable runs until SIGTERM, then tells how its runs ended, and exits with 0", async () => {
  const { promise: stuck, resolve } = Promise.withResolvers<void>();
  await using netbox = await startNetboxFake({
    fleet: createFleet({ seed: 1, devices: 30 }),
    fault: ({ number }) => {
      if (number <= 6) return undefined;
      resolve();
      return { kind: "never" };
    },
  });
  await using gateway = await startStrictGateway(certs);
  const credentials = { api_token: netbox.token };
  told(gateway, { dc1: { endpoint: netbox.url, credentials, page_size: 5 } });
  await using files = await agentFolder(gateway.address, { logging: { level: "info" } });
  const child = spawnTied([...PROGRAM, "run", "--config", files.path]);
  child.stdout.resume();
  let lines = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (lines += text));
  await gateway.until(() => gateway.heartbeats.length > 0);
  // Its first run has some pages, and waits for one that never comes.
  await stuck;
  // Deno reports whatever child.kill sends as the end of the process, however that ended.
  process.kill(child.pid ?? 0, "SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0, lines);
  const [manifest] = gateway.manifests;
  assert.deepEqual(manifest?.error, { kind: "cancelled", message: "the agent stops" });
  assert.match(lines, /"msg":"GetConfig"/);
  assert.match(lines, /"config_version":"v1".*"sources":\["dc1"\]/);
  assert.match(lines, /"msg":"sync run"/);
  assert.ok(!lines.includes(netbox.token), "no log line holds a token");
});

test("a second signal ends the executable at once", async () => {
  const never = new Promise<void>(() => {});
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 1, devices: 3 }) });
  await using gateway = await startStrictGateway(certs);
  gateway.fault = (rpc) => (rpc === "streamStatus" ? { kind: "hold", until: never } : undefined);
  const credentials = { api_token: netbox.token };
  told(gateway, { dc1: { endpoint: netbox.url, credentials } });
  await using files = await agentFolder(gateway.address, { logging: { level: "info" } });
  const child = spawnTied([...PROGRAM, "run", "--config", files.path]);
  child.stdout.resume();
  const { promise: stopping, resolve } = Promise.withResolvers<void>();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (text.includes("stopping")) resolve();
  });
  await gateway.until(() => gateway.calls.length > 0);
  process.kill(child.pid ?? 0, "SIGTERM");
  await stopping;
  process.kill(child.pid ?? 0, "SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 143);
});

test("status asks the agent that runs here, and says where none does", async (t) => {
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 1, devices: 30 }) });
  await using gateway = await startStrictGateway(certs);
  told(gateway, { dc1: { endpoint: netbox.url, credentials: { api_token: netbox.token } } });
  await using files = await agentFolder(gateway.address);
  const nobody = await agent("status", "--config", files.path);
  assert.equal(nobody.code, 5);
  assert.match(nobody.err, /no agent runs here .*; start it with: serviceradar-agent run$/);
  const stop = new AbortController();
  const running = runAgentCommand(["run", "--config", files.path], {
    env: {},
    stopSignal: () => stop.signal,
    print: () => undefined,
    printError: () => undefined,
  });
  t.after(() => stop.abort());
  await gateway.until(() => gateway.manifests.length === 1 && gateway.heartbeats.length > 0);
  const { code, out } = await agent("status", "--config", files.path);
  assert.equal(code, 0);
  assert.match(out, /^Agent agent-01 in partition default, version \d/);
  assert.match(out, /\n {2}session +with gateway gw-strict at 127\.0\.0\.1:\d+\n/);
  assert.match(out, /\n {2}configuration +v1 from the gateway, confirmed \d+s ago\n/);
  assert.match(out, /\n {2}dc1 +(?:idle|running) /);
  const json = await agent("status", "--json", "--config", files.path);
  const report = JSON.parse(json.out) as { agent_id: string; session: { phase: string } };
  assert.deepEqual([report.agent_id, report.session.phase], ["agent-01", "running"]);
  const delivering = ["status", "--delivering", "--config", files.path];
  await eventually(async () => assert.equal((await agent(...delivering)).code, 0));
  const second = await agent("run", "--config", files.path);
  assert.equal(second.code, 75, second.err);
  stop.abort();
  assert.equal(await running, 0);
});

test("an agent that is in touch and whose source gives nothing is told from one that delivers", async (t) => {
  await using gateway = await startStrictGateway(certs);
  told(gateway, { dc1: { endpoint: "http://127.0.0.1:1", credentials: { api_token: "x" } } });
  await using files = await agentFolder(gateway.address);
  const stop = new AbortController();
  const running = runAgentCommand(["run", "--config", files.path], {
    env: {},
    stopSignal: () => stop.signal,
    print: () => undefined,
    printError: () => undefined,
  });
  t.after(() => stop.abort());
  await gateway.until(() => gateway.heartbeats.length > 0);
  assert.equal((await agent("status", "--config", files.path)).code, 0);
  const { code, err } = await agent("status", "--delivering", "--config", files.path);
  assert.equal(code, 1);
  assert.match(err, /^serviceradar-agent: no (?:heartbeat|run) was acknowledged yet/);
  stop.abort();
  assert.equal(await running, 0);
});
