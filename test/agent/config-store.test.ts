import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { ConfigMemory } from "../../src/agent/config-memory.ts";
import { ConfigStore } from "../../src/agent/config-store.ts";
import { createKey } from "../../src/control/pki-keys.ts";
import { silentLog, type Log } from "../../src/lib/log.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { startStrictGateway, type StrictGateway } from "../support/strict-gateway.ts";
import { configOf, passTime, startAgent, type AgentBench } from "./agent-bench.ts";
import { certs, scriptedSource } from "./harness.ts";

const [first, second] = await Promise.all([createKey(), createKey()]);
const CONFIG = {
  version: "v1",
  json: '{"sources":{"a":"hush-hush"}}',
  confirmedMs: 1_700_000_000_000,
};

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "sr-config-"));
  t.after(() => removeFolder(dir));
  return join(dir, "data");
}

function storeIn(dataDir: string, key = first.privateKeyPem, agentId = "agent-01"): ConfigStore {
  return new ConfigStore({ dataDir, agentId, privateKeyPem: () => key });
}

test("a configuration comes back as it was, from a file that nobody else can read and that shows nothing", async (t) => {
  const dataDir = await folder(t);
  const store = storeIn(dataDir);
  assert.equal(await store.read(), undefined);
  await store.write(CONFIG);
  assert.deepEqual(await store.read(), CONFIG);
  assert.equal((await stat(store.path)).mode & 0o777, 0o600);
  assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
  assert.ok(!(await readFile(store.path)).includes("hush"));
  assert.deepEqual(await readdir(dataDir), ["config.sealed"]);
});

test("another key, another agent and a changed byte open nothing", async (t) => {
  const dataDir = await folder(t);
  const store = storeIn(dataDir);
  await store.write(CONFIG);
  assert.equal(await storeIn(dataDir, second.privateKeyPem).read(), undefined);
  assert.equal(await storeIn(dataDir, first.privateKeyPem, "agent-02").read(), undefined);
  const sealed = await readFile(store.path);
  for (const nth of [0, 20, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[nth] = (changed[nth] ?? 0) ^ 1;
    await writeFile(store.path, changed);
    assert.equal(await store.read(), undefined, `byte ${nth}`);
  }
  await writeFile(store.path, "short");
  assert.equal(await store.read(), undefined);
});

/** An agent with this data folder, whose source gives ten devices. */
async function agentOn(
  t: TestContext,
  dataDir: string,
  gateway: StrictGateway,
): Promise<AgentBench> {
  const configStore = storeIn(dataDir, certs.agent.privateKeyPem);
  const sources = { netbox: scriptedSource({ pages: 1, devicesPerPage: 10 }) };
  return await startAgent(t, { gateways: [gateway], sources, options: { configStore } });
}

/** A folder in which an agent has left a configuration with the source dc1. */
async function folderWithConfig(t: TestContext): Promise<string> {
  const dataDir = await folder(t);
  await storeIn(dataDir, certs.agent.privateKeyPem).write({
    version: "v1",
    json: configOf("v1", { dc1: {} }).configJson.toString(),
    confirmedMs: 1_700_000_000_000,
  });
  return dataDir;
}

test("what a gateway gave is on the disk when the agent has stopped", async (t) => {
  const dataDir = await folder(t);
  const gateway = await startStrictGateway(certs);
  gateway.config = configOf("v7", { dc1: {} });
  const { stop } = await agentOn(t, dataDir, gateway);
  await gateway.until(() => gateway.heartbeats.length > 0);
  await stop();
  const kept = await storeIn(dataDir, certs.agent.privateKeyPem).read();
  assert.equal(kept?.version, "v7");
  assert.equal(kept?.json, gateway.config.configJson?.toString());
});

test("a core that has no configuration does not stop an agent that had one, and hears how old it is", async (t) => {
  const dataDir = await folderWithConfig(t);
  const gateway = await startStrictGateway(certs);
  gateway.config = { configVersion: "v0-error" };
  const bench = await agentOn(t, dataDir, gateway);
  await passTime(bench, 2_000, () => gateway.manifests.length === 1);
  assert.equal(gateway.entries.length, 10);
  await passTime(bench, 30_000, () => gateway.heartbeats.length > 1);
  const status = gateway.heartbeats.at(-1)?.services.find((one) => one.serviceType === "sync");
  const said = JSON.parse(status?.message.toString() ?? "{}") as Record<string, unknown>;
  assert.deepEqual(
    [said["config_version"], said["config_from"], said["config_confirmed"]],
    ["v1", "disk", "2023-11-14T22:13:20.000Z"],
  );
  gateway.config = configOf("v2", {});
  await passTime(bench, 300_000, () => bench.agent.statuses().length === 0);
});

test("a core that cannot be reached does not stop an agent that had a configuration", async (t) => {
  const dataDir = await folderWithConfig(t);
  const gateway = await startStrictGateway(certs);
  await gateway.goAway();
  const bench = await agentOn(t, dataDir, gateway);
  while (bench.agent.statuses().length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await gateway.open();
  await passTime(bench, 5_000, () => gateway.manifests.length === 1);
  assert.equal(gateway.hellos[0]?.configVersion, "v1");
  assert.deepEqual(gateway.violations, []);
});

test("a gateway that refuses the agent gives it no reason to work with what it had", async (t) => {
  const dataDir = await folderWithConfig(t);
  const gateway = await startStrictGateway(certs);
  gateway.fault = (rpc) =>
    rpc === "hello"
      ? { kind: "status", status: "PERMISSION_DENIED", message: "agent revoked" }
      : undefined;
  const bench = await agentOn(t, dataDir, gateway);
  await passTime(bench, 30_000, () => gateway.hellos.length >= 3);
  assert.deepEqual(bench.agent.statuses(), []);
});

test("a kept configuration that does not open is told once, and one that is not there is not", async (t) => {
  const dataDir = await folder(t);
  const told: unknown[] = [];
  const log = Object.create(silentLog(), {
    warn: { value: (_: unknown, message: unknown) => void told.push(message) },
  }) as Log;
  const clock = new ManualClock();
  const recall = async (key: string): Promise<unknown> =>
    await new ConfigMemory(storeIn(dataDir, key), { clock, log }).recall();
  assert.equal(await recall(first.privateKeyPem), undefined);
  assert.deepEqual(told, []);
  await storeIn(dataDir).write(CONFIG);
  const memory = new ConfigMemory(storeIn(dataDir, second.privateKeyPem), { clock, log });
  for (let tries = 0; tries < 3; tries += 1) assert.equal(await memory.recall(), undefined);
  assert.deepEqual(told, ["the kept configuration cannot be opened"]);
  assert.deepEqual(await recall(first.privateKeyPem), CONFIG);
});

test("a folder that cannot be made or read stops nothing", async (t) => {
  const parent = await folder(t);
  await writeFile(parent, "a file where a folder should be");
  const gateway = await startStrictGateway(certs);
  gateway.config = configOf("v1", { dc1: {} });
  const bench = await agentOn(t, join(parent, "data"), gateway);
  await passTime(bench, 2_000, () => gateway.manifests.length === 1);
});

test("a new key is written under at once, a confirmation once an hour", async (t) => {
  const dataDir = await folder(t);
  const clock = new ManualClock();
  let key = first.privateKeyPem;
  const store = new ConfigStore({ dataDir, agentId: "agent-01", privateKeyPem: () => key });
  const memory = new ConfigMemory(store, { clock, log: silentLog() });
  const confirmedMs = async (): Promise<number | undefined> => {
    await memory.settle();
    return (await store.read())?.confirmedMs;
  };
  memory.confirm();
  memory.rekey();
  assert.equal(await confirmedMs(), undefined, "there was nothing to keep");
  memory.adopt({ version: "v1", json: "{}" });
  const startedMs = clock.now();
  assert.equal(await confirmedMs(), startedMs);
  await clock.advance(3_599_999);
  memory.confirm();
  assert.equal(await confirmedMs(), startedMs);
  assert.equal(memory.confirmedMs, startedMs + 3_599_999);
  await clock.advance(1);
  memory.confirm();
  assert.equal(await confirmedMs(), startedMs + 3_600_000);
  key = second.privateKeyPem;
  assert.equal(await confirmedMs(), undefined);
  memory.rekey();
  assert.equal(await confirmedMs(), startedMs + 3_600_000);
});
