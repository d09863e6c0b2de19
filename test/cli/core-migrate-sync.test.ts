/** sync.json of the original's standalone service becomes sources. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { migrateSyncJson } from "../../src/model/sync-json.ts";
import { testCore, type TestCore } from "../support/core-cli.ts";

const OLD = {
  listen_addr: ":50058",
  kv_address: "kv:50057",
  poll_interval: "30m",
  discovery_interval: "6h",
  security: { mode: "spiffe" },
  odd: 1,
  sources: {
    armis: {
      type: "armis",
      endpoint: "https://armis.example.com",
      prefix: "armis/",
      poll_interval: "5m",
      agent_id: "default-agent",
      credentials: { secret_key: "hush-hush", enable_status_updates: "true" },
      queries: [{ label: "all", query: "in:devices", sweep_modes: ["icmp"] }],
      custom_field: "COMPLIANT",
      batch_size: 500,
    },
    netbox: {
      type: "netbox",
      endpoint: "https://netbox.example.com",
      credentials: { api_token: "t", expand_subnets: "true" },
      insecure_skip_verify: true,
      site_filter: "dc1",
    },
  },
};

async function coreWithAgent(t: TestContext): Promise<TestCore> {
  const core = await testCore(t);
  await core.tenant("acme");
  await core.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: "agent-1" } });
  return core;
}

test("what has a meaning is taken over, and everything else is told of", () => {
  const migrated = migrateSyncJson(OLD);
  assert.ok(migrated.ok);
  const { payload, leftBehind } = migrated.value;
  assert.deepEqual(payload, {
    poll_interval: "30m",
    sources: {
      armis: {
        discovery_interval: "6h",
        type: "armis",
        endpoint: "https://armis.example.com",
        poll_interval: "5m",
        credentials: { secret_key: "hush-hush" },
        queries: [{ label: "all", query: "in:devices" }],
      },
      netbox: {
        discovery_interval: "6h",
        type: "netbox",
        endpoint: "https://netbox.example.com",
        credentials: { api_token: "t" },
        insecure_skip_verify: true,
        site_filter: "dc1",
      },
    },
  });
  assert.deepEqual(leftBehind.map(({ member }) => member).toSorted(), [
    "kv_address",
    "listen_addr",
    "odd",
    "security",
    "sources.armis.agent_id",
    "sources.armis.batch_size",
    "sources.armis.credentials.enable_status_updates",
    "sources.armis.custom_field",
    "sources.armis.prefix",
    "sources.armis.queries[0].sweep_modes",
    "sources.netbox.credentials.expand_subnets",
    "sources.netbox.site_filter",
  ]);
  assert.deepEqual(migrateSyncJson([]), { ok: false, error: 'has no "sources" object' });
});

test("a dry run tells what would be made and makes nothing; without it the sources are there, and again changes nothing", async (t) => {
  const core = await coreWithAgent(t);
  const stdin = JSON.stringify(OLD);
  const dry = await core.run(["migrate-sync-json", "-", "--dry-run"], { stdin });
  assert.equal(dry.code, 0, dry.err);
  assert.match(dry.out, /^Would be made: armis, netbox\n\nNot taken over\n/);
  assert.match(dry.out, /\n {2}sources\.armis\.prefix: there is no key-value store any more\n/);
  assert.ok(!dry.out.includes("hush"));
  const sources = async (): Promise<readonly string[]> => {
    const path = "GET /api/v1/tenants/acme/sources";
    const { json } = await core.ask<{ sources: { name: string; poll_interval: string }[] }>(path);
    return json.sources.map((source) => `${source.name} ${source.poll_interval}`);
  };
  assert.deepEqual(await sources(), []);
  const made = await core.run(["migrate-sync-json", "-"], { stdin });
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^Source armis was created\.\nSource netbox was created\.\n/);
  assert.deepEqual(await sources(), ["armis 5m", "netbox 30m"]);
  assert.equal((await core.run(["migrate-sync-json", "-"], { stdin })).code, 0);
  assert.deepEqual(await sources(), ["armis 5m", "netbox 30m"]);
});

test("a source that cannot be used is left out with its reason, and the exit code says so", async (t) => {
  const core = await coreWithAgent(t);
  const odd = { type: "snmp", endpoint: "https://x.example" };
  const stdin = JSON.stringify({ sources: { ...OLD.sources, odd } });
  const ran = await core.run(["migrate-sync-json", "-"], { stdin });
  assert.equal(ran.code, 3);
  assert.match(ran.out, /\n {2}source odd: type "snmp" is unknown; known types are armis, netbox/);
  assert.match(ran.out, /^Source armis was created\./);
  const none = await core.run(["migrate-sync-json", "-"], { stdin: "{}" });
  assert.equal(none.code, 78);
  assert.match(none.err, /standard input: has no "sources" object$/);
});
