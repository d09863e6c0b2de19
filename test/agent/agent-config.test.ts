import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { parseAgentConfig } from "../../src/agent/agent-config.ts";
import { loadAgentConfig } from "../../src/agent/load-agent-config.ts";
import { ConfigError } from "../../src/lib/errors.ts";
import { makeCerts, writeCerts } from "../support/certs.ts";

const GOOD = {
  agent_id: "agent-01",
  gateway_addr: "gw.example.net:50052",
  partition: "default",
  host_ip: "192.0.2.7",
  gateway_security: {
    mode: "mtls",
    cert_dir: ".",
    server_name: "agent-gateway",
    role: "agent",
    tls: {
      cert_file: "component.pem",
      key_file: "component-key.pem",
      ca_file: "ca-chain.pem",
      client_ca_file: "ca-chain.pem",
    },
  },
  logging: { level: "info", debug: false, output: "stdout" },
  push_interval: "30s",
  sync_runtime_enabled: true,
};

test("a file of the original is read without a warning", () => {
  const { config, warnings } = parseAgentConfig(GOOD);
  assert.deepEqual(warnings, []);
  assert.deepEqual(config, {
    agentId: "agent-01",
    partition: "default",
    gatewayAddresses: ["gw.example.net:50052"],
    hostIp: "192.0.2.7",
    security: { block: GOOD.gateway_security, setting: "gateway_security" },
    logLevel: "info",
    pushIntervalMs: 30_000,
    isSyncEnabled: true,
    dataDir: "/var/lib/serviceradar/agent",
    memoryBytesMax: 512 * 1024 ** 2,
    chunkBytesMax: 3 * 1024 ** 2,
  });
});

test("the least that is needed is an id, a gateway and certificates", () => {
  const { config } = parseAgentConfig({
    agent_id: "a1",
    gateway_addr: "gw",
    security: { mode: "mtls" },
  });
  assert.deepEqual(config.gatewayAddresses, ["gw:50052"]);
  assert.equal(config.security.setting, "security");
  assert.equal(config.partition, undefined);
  assert.equal(config.pushIntervalMs, undefined);
});

test("several gateways are kept in order, each once", () => {
  const gateway_addrs = ["gw2:50052", "gw.example.net", "[2001:db8::1]:50053"];
  const { config } = parseAgentConfig({ ...GOOD, gateway_addrs });
  assert.deepEqual(config.gatewayAddresses, [
    "gw.example.net:50052",
    "gw2:50052",
    "[2001:db8::1]:50053",
  ]);
});

test("durations are Go strings or nanoseconds, within the original's bounds", () => {
  const interval = (push_interval: unknown): number | undefined =>
    parseAgentConfig({ ...GOOD, push_interval }).config.pushIntervalMs;
  assert.equal(interval("1m30s"), 90_000);
  assert.equal(interval(45_000_000_000), 45_000);
  assert.equal(interval("10ms"), 1_000);
  assert.equal(interval("5h"), 3_600_000);
  assert.equal(interval(0), undefined);
});

test("levels are the original's words too, and debug stands above them", () => {
  const level = (logging: unknown): string =>
    parseAgentConfig({ ...GOOD, logging }).config.logLevel;
  assert.equal(level({ level: "WARNING" }), "warn");
  assert.equal(level({ level: "disabled" }), "silent");
  assert.equal(level({ level: "error", debug: true }), "debug");
});

test("an unknown key is named with what was meant, and stops nothing", () => {
  const { warnings } = parseAgentConfig({
    ...GOOD,
    gatway_addr: "x",
    push_intervall: "30s",
    colour: "red",
    logging: { levle: "info" },
    gateway_security: { ...GOOD.gateway_security, tls: { certfile: "a.pem" } },
  });
  assert.deepEqual(warnings, [
    'gatway_addr is not a setting of agent.json, did you mean "gateway_addr"?',
    'push_intervall is not a setting of agent.json, did you mean "push_interval"?',
    "colour is not a setting of agent.json",
    'logging.levle is not a setting of agent.json, did you mean "level"?',
    'gateway_security.tls.certfile is not a setting of agent.json, did you mean "cert_file"?',
  ]);
});

const WRONG: readonly (readonly [object, string])[] = [
  [{ agent_id: undefined }, "agent_id: is missing"],
  [{ agent_id: "a.b" }, "agent_id: "],
  [{ agent_id: 7 }, "agent_id: is not a text"],
  [{ partition: "two words" }, "partition: "],
  [{ gateway_addr: undefined }, "gateway_addr: is missing"],
  [{ gateway_addr: "http://gw:50052" }, "gateway_addr: "],
  [{ gateway_addr: "gw:99999" }, "gateway_addr: "],
  [{ gateway_addrs: "gw" }, "gateway_addrs: is not a list"],
  [{ gateway_addrs: ["gw2", ""] }, "gateway_addrs: "],
  [{ push_interval: "soon" }, "push_interval: "],
  [{ push_interval: "-5s" }, "push_interval: "],
  [{ logging: { level: "inof" } }, 'logging.level: "inof" is unknown, did you mean "info"?'],
  [{ logging: "info" }, "logging: is not a JSON object"],
  [{ sync_runtime_enabled: "yes" }, "sync_runtime_enabled: must be true or false"],
  [{ max_memory: "64MB" }, "max_memory: "],
  [{ max_memory: "a lot" }, "max_memory: "],
  [{ chunk_max_bytes: 100 }, "chunk_max_bytes: "],
  [{ chunk_max_bytes: "20MB" }, "chunk_max_bytes: "],
];

for (const [change, complaint] of WRONG) {
  test(`a wrong value stops the start and is named: ${JSON.stringify(change)}`, () => {
    assert.throws(
      () => parseAgentConfig({ ...GOOD, ...change }),
      (thrown) => thrown instanceof ConfigError && thrown.message.startsWith(complaint),
    );
  });
}

test("a file that is no object is refused", () => {
  assert.throws(() => parseAgentConfig([]), /agent.json: is not a JSON object/);
});

/** agent.json as given, beside a good set of certificates. */
async function load(partial: object, text?: string): ReturnType<typeof loadAgentConfig> {
  await using files = await writeCerts(await makeCerts());
  const path = join(files.dir, "agent.json");
  await writeFile(path, text ?? JSON.stringify({ ...GOOD, ...partial }));
  return await loadAgentConfig(path);
}

test("certificates lie beside the file where cert_dir is relative, and name the partition", async () => {
  const { config, credentials } = await load({ partition: undefined });
  assert.equal(config.partition, "default");
  assert.match(credentials.current.chainPem, /BEGIN CERTIFICATE/);
});

test("data goes beside the file where nothing is said, and where it is said from there", async () => {
  const { config } = await load({ data_dir: undefined });
  assert.match(config.dataDir, /^\/.*\/data$/);
  assert.match((await load({ data_dir: "kept" })).config.dataDir, /^\/.*\/kept$/);
  assert.equal((await load({ data_dir: "/srv/agent" })).config.dataDir, "/srv/agent");
});

test("an id or a partition that is not the certificate's stops the start", async () => {
  await assert.rejects(
    load({ agent_id: "agent-02" }),
    /^ConfigError: agent_id: is "agent-02", but the certificate was issued for "agent-01"/,
  );
  await assert.rejects(load({ partition: "dmz" }), /^ConfigError: partition: is "dmz", but/);
});

test("a file that cannot be read or parsed is named", async () => {
  await assert.rejects(
    loadAgentConfig("/nowhere/agent.json"),
    /--config: \/nowhere\/agent.json is not there; name the agent.json that/,
  );
  await assert.rejects(
    load({}, '{"agent_id": "a"} trailing'),
    /--config: .*agent.json is not JSON/,
  );
});

test("a certificate that is missing is named by its setting", async () => {
  const tls = { ...GOOD.gateway_security.tls, cert_file: "nowhere.pem" };
  await assert.rejects(
    load({ gateway_security: { ...GOOD.gateway_security, tls } }),
    /gateway_security.tls.cert_file: .*nowhere.pem cannot be read/,
  );
});
