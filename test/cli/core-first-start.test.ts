import assert from "node:assert/strict";
import { test } from "node:test";

import { dialledGateway, nextSteps } from "../../src/cli/core-first-start.ts";
import { readPayload } from "../../src/control/source-settings.ts";

const START = {
  tenants: ["default"],
  gateway: "0.0.0.0:50052",
  gatewayNames: [],
  dataDir: undefined,
  env: {},
};

test("a first start says the way from nothing to devices, by an address that can be dialled", () => {
  assert.deepEqual(nextSteps(START).slice(1, 5), [
    "  serviceradar-core agent create --agent-id agent-1 --gateway-addr localhost:50052",
    "  serviceradar-core source apply sources.json",
    "  serviceradar-agent run --config agent-1/agent.json",
    "  serviceradar-core devices list",
  ]);
  for (const gateway of [":50052", "[::]:50052"]) {
    assert.match(nextSteps({ ...START, gateway }).join("\n"), /--gateway-addr localhost:50052$/m);
  }
  const named = nextSteps({ ...START, gateway: "192.0.2.1:1" });
  assert.match(named.join("\n"), /--gateway-addr 192\.0\.2\.1:1$/m);
});

test("the name that agents dial is the first that the gateway was given, with its port", () => {
  const names = ["gateway.example.net", "192.0.2.1"];
  assert.equal(dialledGateway("0.0.0.0:1234", names), "gateway.example.net:1234");
  assert.equal(dialledGateway("192.0.2.1:1234", ["2001:db8::1"]), "[2001:db8::1]:1234");
  assert.equal(dialledGateway("0.0.0.0:1234", []), "localhost:1234");
});

test("in a checkout, with a folder of one's own and several tenants, every line still works as it is", () => {
  const around = { tenants: ["acme", "globex"], dataDir: "/my data" };
  const lines = nextSteps({ ...START, ...around, env: { npm_lifecycle_event: "core" } });
  const core = lines.filter((line) => line.startsWith("  npm run -s core -- "));
  assert.equal(core.length, 3);
  for (const line of core) assert.match(line, / --tenant acme --data-dir '\/my data'$/);
  assert.equal(lines[3], "  npm run -s agent -- run --config agent-1/agent.json");
});

test("the sources.json that it shows is a good one", () => {
  const payload = readPayload(JSON.parse(nextSteps(START).at(-1) ?? ""));
  assert.ok(payload.ok);
  assert.deepEqual(
    payload.value.map(({ name, type }) => [name, type]),
    [["netbox", "netbox"]],
  );
});
