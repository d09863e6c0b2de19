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
  const workload = { maxConnections: 100, replicas: 1, devices: 400_000, tenants: 7 };
  const load = { size: 35, busy: 1, idle: 2, waiting: 0, delayMs: 1.7, timeouts: 0 };
  const shown = shownTuning({
    tuning,
    why,
    isGiven: (name) => name === "POOL_SIZE",
    pools: { main: load },
    database: {
      seconds: 60,
      running: 2.3,
      lockWaiting: 1,
      lockWaitMs: 40,
      host: { processors: 2, busyPercent: 95 },
    },
    now: { ...advise(workload), workload },
  });
  assert.deepEqual(shown.settings.slice(0, 2), [
    { name: "POOL_SIZE", value: 40, origin: "set", advised: 60 },
    { name: "DATABASE_QUEUE_TARGET_MS", value: 2_000, origin: "automatic", advised: 3_000 },
  ]);
  assert.deepEqual(shown.workload_now, {
    max_connections: 100,
    replicas: 1,
    devices: 400_000,
    tenants: 7,
  });
  assert.match(shown.why_now?.[0] ?? "", /400,000 devices of 7 tenants/);
  assert.deepEqual(shown.database, {
    seconds: 60,
    running: 2.3,
    lock_waiting: 1,
    lock_wait_ms: 40,
    host: { processors: 2, busy_percent: 95 },
  });
  assert.deepEqual(shown.pools, [
    { part: "main", size: 35, busy: 1, idle: 2, waiting: 0, wait_ms: 2, timeouts: 0 },
  ]);
});
