import assert from "node:assert/strict";
import { test } from "node:test";

import { shownTuning } from "../../src/api/tuning.ts";
import { advise } from "../../src/model/tuning.ts";
import { testApi } from "../support/api.ts";

type Advice = { readonly workload: string; readonly pool_budget: number; readonly tenants: number };

test("the tuning matrix can be asked for, for any workload", async (t) => {
  const { ask } = await testApi(t);
  const path = "GET /api/v1/tuning/advice?max_connections=1000&replicas=6&devices=1000000";
  const { status, json } = await ask<Advice>(path);
  assert.equal(status, 200);
  assert.deepEqual([json.workload, json.pool_budget, json.tenants], ["large", 100, 1]);
  const wrong = await ask<{ detail: string }>(`${path}&tenants=none`);
  assert.equal(wrong.status, 400);
  assert.match(wrong.json.detail, /tenants/);
});

test("where no server runs nothing is tuned, and an inbox says nothing of it", async (t) => {
  const { ask, tenant } = await testApi(t);
  await tenant("acme");
  assert.equal((await ask("GET /api/v1/tuning")).status, 404);
  const { json } = await ask<object>("GET /api/v1/tenants/acme/inbox");
  assert.ok(!("tuning" in json));
});

test("what is in force says where each value came from, and how busy the connections are", () => {
  const { tuning, why } = advise({ maxConnections: 100, replicas: 1, devices: 0, tenants: 1 });
  const load = { size: 35, busy: 1, idle: 2, waiting: 0, delayMs: 1.7, timeouts: 0 };
  const shown = shownTuning({
    tuning,
    why,
    isGiven: (name) => name === "POOL_SIZE",
    pools: { main: load },
  });
  assert.deepEqual(shown.settings.slice(0, 2), [
    { name: "POOL_SIZE", value: 40, origin: "set" },
    { name: "DATABASE_QUEUE_TARGET_MS", value: 2_000, origin: "automatic" },
  ]);
  assert.deepEqual(shown.pools, [
    { part: "main", size: 35, busy: 1, idle: 2, waiting: 0, wait_ms: 2, timeouts: 0 },
  ]);
});
