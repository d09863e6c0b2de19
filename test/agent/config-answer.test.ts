import assert from "node:assert/strict";
import { test } from "node:test";

import { judgeConfig } from "../../src/agent/config-answer.ts";
import { ConfigHolder } from "../../src/agent/config-holder.ts";
import { ConfigMemory } from "../../src/agent/config-memory.ts";
import { sourceFingerprint, sourceKey } from "../../src/agent/source-key.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { AgentConfigResponse } from "../../src/wire/messages.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";

function answer(configVersion: string, json: unknown, notModified = false): AgentConfigResponse {
  return {
    notModified,
    configVersion,
    configTimestamp: 0,
    heartbeatIntervalSec: 30,
    configPollIntervalSec: 300,
    checks: [],
    configJson: Buffer.from(typeof json === "string" ? json : JSON.stringify(json)),
  };
}

const EXAMPLE = {
  poll_interval: "10m",
  sources: {
    armis_prod: {
      type: "armis",
      endpoint: "https://my-armis-instance.armis.com",
      credentials: { secret_key: "your-armis-api-secret-key" },
    },
    netbox_dc1: {
      type: "netbox",
      endpoint: "https://netbox.example.com",
      credentials: { api_token: "your-netbox-api-token" },
    },
  },
};

const KEPT: readonly (readonly [string, AgentConfigResponse])[] = [
  ["the core says that it failed", answer("v0-error", { sources: {} })],
  ["the core says that it is away", answer("v0-unavailable", "")],
  ["a version that says so even where nothing is said to be new", answer("v0-error", "", true)],
  ["no JSON at all", answer("v2", "")],
  ["broken JSON", answer("v2", '{"sources":')],
  ["a list", answer("v2", [])],
  ["no sources member", answer("v2", { poll_interval: "5m" })],
  ["sources that are no object", answer("v2", { sources: [] })],
  ["a default interval that is none", answer("v2", { poll_interval: "soon", sources: {} })],
];

for (const [what, given] of KEPT) {
  test(`the last good configuration stays in force: ${what}`, () => {
    assert.equal(judgeConfig(given, "v1").do, "keep");
  });
}

test("a configuration that cannot be read is told of without its credentials", () => {
  for (const slip of ['"hush-hush"x', '"hush-hush', "hush-hush"]) {
    const verdict = judgeConfig(answer("v2", `{"sources": {"n": {"api_token": ${slip}}}}`), "v1");
    assert.ok(verdict.do === "keep");
    assert.match(verdict.reason, /^the core's answer is not JSON/);
    assert.ok(!verdict.reason.includes("hush"), verdict.reason);
  }
});

test("the document's example is a good configuration", () => {
  const verdict = judgeConfig(answer("v2", EXAMPLE), "v1");
  assert.ok(verdict.do === "apply");
  assert.deepEqual(
    verdict.payload.sources.map(({ name, pollIntervalMs }) => [name, pollIntervalMs]),
    [
      ["armis_prod", 600_000],
      ["netbox_dc1", 600_000],
    ],
  );
});

test("no sources is a good configuration, it stops all", () => {
  const verdict = judgeConfig(answer("v2", { sources: {} }), "v1");
  assert.ok(verdict.do === "apply");
  assert.deepEqual(verdict.payload, { sources: [], rejected: [] });
});

test("what runs already is not applied again", () => {
  assert.equal(judgeConfig(answer("v1", EXAMPLE), "v1").do, "nothing");
  assert.equal(judgeConfig(answer("v1", "", true), "v1").do, "nothing");
});

test("a holder applies what is good, keeps its version through what is not, and says whether an answer is in force", () => {
  const applied: (readonly string[])[] = [];
  const log = silentLog();
  let kept = 0;
  const holder = new ConfigHolder({
    log,
    memory: new ConfigMemory(undefined, { clock: systemClock, log }),
    apply: (sources) => applied.push(sources.map(({ name }) => name)),
    onKept: () => (kept += 1),
  });
  assert.equal(holder.take(answer("v0-error", ""), "GetConfig"), false);
  assert.equal(holder.version, "");
  assert.match(holder.keptBecause ?? "", /v0-error/);
  assert.equal(holder.take(answer("v1", EXAMPLE), "GetConfig"), true);
  assert.equal(holder.take(answer("v2", "{"), "ControlStream"), false);
  assert.equal(holder.version, "v1");
  assert.equal(holder.take(answer("v1", EXAMPLE), "GetConfig"), true);
  const broken = { sources: { good: EXAMPLE.sources.netbox_dc1, bad: { type: "netbox" } } };
  assert.equal(holder.take(answer("v3", broken), "GetConfig"), true);
  assert.deepEqual(applied, [["armis_prod", "netbox_dc1"], ["good"]]);
  assert.equal(kept, 2);
  assert.deepEqual(holder.rejected, [{ name: "bad", reason: "has no endpoint" }]);
});

const netbox = sourceConfig({
  type: "netbox",
  endpoint: "https://netbox.example.com",
  credentials: secrets({ api_token: "one" }),
  syncServiceId: "id-1",
});

test("a source stays the same source under a new name, new intervals or another gateway", () => {
  const renamed = { ...netbox, name: "new", pollIntervalMs: 1_000, gatewayId: "gw-2" };
  assert.equal(sourceKey(renamed), sourceKey(netbox));
  assert.equal(sourceFingerprint(renamed), sourceFingerprint(netbox));
});

test("a source is another one with other credentials, address or settings", () => {
  const others = [
    { ...netbox, credentials: secrets({ api_token: "two" }) },
    { ...netbox, endpoint: "https://other.example.com" },
    { ...netbox, insecureSkipVerify: true },
    { ...netbox, queries: [{ label: "all", query: "in:devices" }] },
  ];
  const prints = new Set([netbox, ...others].map(sourceFingerprint));
  assert.equal(prints.size, 5);
});
