/** The agent for linux-arm64, run by an emulator: that it starts, speaks gRPC over mTLS and ends in order. Nothing else is tried of that platform. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { createFleet } from "../fakes/fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { makeCerts, writeCerts } from "../support/certs.ts";
import { printed } from "../support/executables.ts";
import { startStrictGateway } from "../support/strict-gateway.ts";

const AGENT = join(process.env["SERVICERADAR_EXECUTABLES"] ?? "", "serviceradar-agent-linux-arm64");
/** Debian's qemu-user-static, and its libraries of that platform. */
const EMULATOR = "qemu-aarch64-static";
const LIBRARIES = "/usr/aarch64-linux-gnu";

function canRun(): boolean {
  try {
    execFileSync(EMULATOR, ["--version"], { stdio: "ignore" });
    return existsSync(AGENT) && existsSync(join(LIBRARIES, "lib", "libstdc++.so.6"));
  } catch {
    return false;
  }
}

const skip = canRun()
  ? false
  : "needs a built linux-arm64 agent and qemu-user-static, as .ci/run has";
/** The emulator takes tens of seconds for what takes one. */
const PATIENT = { skip, timeout: 300_000 };

test("the arm64 agent says what it is", PATIENT, async () => {
  const json = await printed(EMULATOR, ["-L", LIBRARIES, AGENT, "version", "--json"]);
  const facts = JSON.parse(json) as Record<string, string>;
  assert.deepEqual([facts["name"], facts["target"]], ["serviceradar-agent", "linux-arm64"]);
});

test("the arm64 agent pulls a source and streams it over mTLS", PATIENT, async (t) => {
  const certs = await makeCerts();
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 1, devices: 30 }) });
  await using gateway = await startStrictGateway(certs);
  const { url: endpoint, token: api_token } = netbox;
  const dc1 = { type: "netbox", sync_service_id: "dc1", endpoint, credentials: { api_token } };
  const configJson = Buffer.from(JSON.stringify({ sources: { dc1 } }));
  gateway.config = { configVersion: "v1", configJson };
  const files = await writeCerts(certs);
  t.after(() => files[Symbol.asyncDispose]());
  const config = join(files.dir, "agent.json");
  const tls = {
    cert_file: "component.pem",
    key_file: "component-key.pem",
    ca_file: "ca-chain.pem",
  };
  const security = { mode: "mtls", cert_dir: ".", tls };
  const json = { agent_id: "agent-01", gateway_addr: gateway.address, gateway_security: security };
  await writeFile(config, JSON.stringify(json));
  const line = ["-L", LIBRARIES, AGENT, "run", "--once", "--config", config];
  assert.match(await printed(EMULATOR, line), /^dc1: success, 30 devices/);
  assert.equal(gateway.entries.length, 30);
  assert.deepEqual(gateway.violations, []);
});
