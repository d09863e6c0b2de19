/** What the core tells Prometheus: whom it tells what, that it is true, and that docs/metrics.md says all of it. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { createApi } from "../../src/api/app.ts";
import { PLATFORM_ADMIN } from "../../src/api/caller.ts";
import { COUNTERS, GAUGES, HISTOGRAMS } from "../../src/api/metric-list.ts";
import { createMetricsApp } from "../../src/api/metrics-routes.ts";
import { Metrics } from "../../src/api/metrics.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { TestApi } from "../support/api-over.ts";
import { testApi } from "../support/api.ts";
import { codeOf, readDocument, sectionOf, tableOf } from "../support/markdown.ts";
import { netboxDevice, playRun } from "../support/runs.ts";
import { leaseOf } from "../support/tenant-lease.ts";

const PAGE = readDocument("docs/metrics.md");
const KINDS = { counter: COUNTERS, histogram: HISTOGRAMS, gauge: GAUGES };
const ALL = Object.entries(KINDS).flatMap(([type, list]) =>
  Object.entries<{ readonly help: string; readonly labels: readonly string[] }>(list).map(
    ([name, about]) => ({ name, type, ...about }),
  ),
);

type Scraped = {
  readonly api: TestApi;
  readonly metrics: Metrics;
  readonly scrape: (token?: string) => Promise<string>;
};

function scraped(api: TestApi): Scraped {
  const { db, clock, sealer } = api;
  const log = silentLog();
  const ticking = { now: () => clock.nowMs, sleep: () => Promise.resolve() };
  const metrics = new Metrics({
    db,
    clock: ticking,
    log,
    pools: () => ({ main: db.load() }),
  });
  const authorities = undefined as never;
  const app = createApi({ db, sealer, authorities, clock: ticking, log }, { metrics });
  const scrape = async (token?: string): Promise<string> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const request = new Request("http://core/metrics", { headers });
    const answer = await app.fetch(request, token === undefined ? PLATFORM_ADMIN : {});
    assert.equal(answer.status, token === "wrong" ? 401 : 200);
    return await answer.text();
  };
  return { api, metrics, scrape };
}

/** Two tenants with a run each, one chunk that waits, and steps that were told. */
async function busy(t: TestContext): Promise<Scraped & { readonly tokens: readonly string[] }> {
  const api = await testApi(t);
  const one = scraped(api);
  const tokens: string[] = [];
  for (const slug of ["acme", "globex"]) {
    tokens.push((await api.tenant(slug)).viewer);
    const serviceId = `5f0c3bb0-0000-4000-8000-00000000000${tokens.length}`;
    await api.db.query(
      `insert into sync.sources (tenant, source_no, service_id, name, type, endpoint, agent_id, partition)
       select tenant, 1, $2, 'source-of-' || slug, 'netbox', 'https://n.example', 'agent-of-' || slug, 'default'
         from sync.tenants where slug = $1`,
      [slug, serviceId],
    );
    await api.db.query(
      `insert into sync.agents (tenant, agent_id, partition, certificate_not_after, last_seen_at)
       select tenant, 'agent-of-' || slug, 'default', to_timestamp($2), to_timestamp($2) from sync.tenants where slug = $1`,
      [slug, api.clock.nowMs / 1_000 + 3_600],
    );
    await api.db.query(
      `insert into sync.record_moves (tenant, day, record_no, moves, from_device_id, to_device_id)
       select tenant, floor(extract(epoch from now()) / 86400)::int - u.ago, u.record, u.moves, gen_random_uuid(), gen_random_uuid()
         from sync.tenants, (values (1, 0, 1), (1, 20, 2), (2, 0, 2), (3, 2, 3), (4, 31, 9), (4, 1, 1)) u(record, ago, moves) where slug = $1`,
      [slug],
    );
    const updates = [netboxDevice(1), netboxDevice(2), netboxDevice(3)];
    await playRun(api.db, await leaseOf(api.db, slug), { source: { serviceId }, updates });
    await api.db.query(
      `insert into sync.inbox (tenant, agent_id, run_id, chunk_index, sender, raw_bytes, body, received_at)
       select tenant, 'a', 'r', 0, '{}', 700, '', to_timestamp($2) from sync.tenants where slug = $1`,
      [slug, api.clock.nowMs / 1_000 - 90],
    );
    const counts = { created: 3, changed: 0, unchanged: 4, retracted: 0, rejected: 1 };
    const sizes = { chunks: 1, bytes: 700, entries: 8 };
    const told = { tenant: slug, ...counts, ...sizes, ended: ["success"], ms: 20 };
    one.metrics.noteWork({ step: "ingested", ...told });
    const decided = [
      { rule: "armis", outcome: "created", devices: 2 },
      { rule: "mac", outcome: "updated", devices: 1 },
      { rule: "identifier_conflict", outcome: "merged", devices: 1 },
    ] as const;
    const published = { records: 3, devices: 3, created: 2, merged: 1, held: 0, decided };
    one.metrics.noteWork({ step: "published", tenant: slug, ms: 20, ...published });
    one.metrics.noteIntake({ kind: "chunk", tenant: slug, outcome: "stored", bytes: 700 });
  }
  one.metrics.noteIntake({ kind: "refused", code: "PERMISSION_DENIED" });
  return { ...one, tokens };
}

/** Values by what stands before them. */
function valuesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
  );
}

test("docs/metrics.md tells every metric with its type, labels and meaning, and no other", () => {
  const told = tableOf(sectionOf(PAGE, "## All of them")).map(
    ([name, type, labels = "", help]) => ({
      name,
      type,
      labels: labels.match(/[a-z]+/g) ?? [],
      help,
    }),
  );
  const listed = ALL.map(({ name, type, labels, help }) => ({
    name,
    type,
    labels: [...labels],
    help,
  }));
  assert.deepEqual(told, listed);
  const watched = codeOf(sectionOf(PAGE, "## What to watch")).flatMap(
    (code) => code.match(/srs_\w+/g) ?? [],
  );
  assert.ok(watched.length > 8);
  assert.deepEqual(
    watched.filter((name) => !ALL.some((metric) => metric.name === name)),
    [],
  );
});

test("a scrape has every metric of the list, with its help", async (t) => {
  const { scrape } = await busy(t);
  const text = await scrape();
  for (const { name, type, help } of ALL) {
    assert.ok(text.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`), name);
  }
});

test("a scrape tells what was worked and how things stand", async (t) => {
  const { scrape, api } = await busy(t);
  const values = valuesOf(await scrape());
  const expected: Readonly<Record<string, number>> = {
    'srs_updates_total{tenant="acme",outcome="unchanged"}': 4,
    'srs_runs_total{tenant="acme",outcome="success"}': 1,
    'srs_reconcile_decisions_total{tenant="acme",rule="identifier_conflict",outcome="merged"}': 1,
    'srs_reconcile_decisions_total{tenant="acme",rule="mac",outcome="updated"}': 1,
    'srs_reconcile_decisions_total{tenant="acme",rule="armis",outcome="created"}': 2,
    'srs_chunks_total{tenant="acme",outcome="stored"}': 1,
    'srs_refusals_total{code="PERMISSION_DENIED"}': 1,
    srs_ingest_duration_seconds_count: 2,
    'srs_inbox_chunks{tenant="acme"}': 1,
    'srs_inbox_bytes{tenant="acme"}': 700,
    'srs_ingest_lag_seconds{tenant="acme"}': 90,
    // The first of four: the others moved too seldom, rest for two days, or moved too long ago.
    'srs_identity_flapping{tenant="acme",kind="records"}': 1,
    'srs_identity_flapping{tenant="acme",kind="values"}': 0,
    'srs_source_devices{tenant="acme",source="source-of-acme",op="created"}': 3,
    'srs_source_run_duration_seconds{tenant="acme",source="source-of-acme"}': 60,
    'srs_source_poll_interval_seconds{tenant="acme",source="source-of-acme"}': 600,
    'srs_cert_expiry_seconds{tenant="acme",agent="agent-of-acme"}': 3_600,
    srs_database_up: 1,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(values.get(name), value, name);
  assert.ok((values.get("process_resident_memory_bytes") ?? 0) > 10_000_000);
  assert.ok((values.get('srs_pool_size{pool="main"}') ?? 0) > 0);
  // Counted elsewhere, so told anew and not added up.
  assert.equal(values.get('srs_pool_queue_timeouts_total{pool="main"}'), 0);
  const spent = (): number => process.cpuUsage().user + process.cpuUsage().system;
  const cpu = valuesOf(await scrape()).get("process_cpu_seconds_total") ?? 0;
  assert.ok(cpu > 0 && cpu <= spent() / 1e6, String(cpu));
  // What stands is asked anew after some seconds; what is gone is told no more.
  await api.db.query("delete from sync.inbox");
  api.clock.nowMs += 4_000;
  assert.equal(valuesOf(await scrape()).get('srs_inbox_chunks{tenant="acme"}'), 1);
  api.clock.nowMs += 2_000;
  assert.equal(valuesOf(await scrape()).get('srs_inbox_chunks{tenant="acme"}'), 0);
});

test("a token sees what bears its tenant's label, and nothing of others or of the process", async (t) => {
  const { scrape, tokens } = await busy(t);
  await scrape("wrong");
  const all = valuesOf(await scrape());
  for (const [i, slug] of ["acme", "globex"].entries()) {
    const text = await scrape(tokens[i]);
    const own = [...all.keys()].filter((name) => name.includes(`tenant="${slug}"`));
    assert.ok(own.length > 20);
    assert.deepEqual([...valuesOf(text).keys()], own);
    assert.ok(!text.includes(slug === "acme" ? "globex" : "acme"));
  }
});

test("a database that is away is told as such, and the port for watchers needs no token", async (t) => {
  const { metrics, api } = await busy(t);
  const { db, sealer } = api;
  const clock = { now: () => api.clock.nowMs, sleep: () => Promise.resolve() };
  const context = { db, sealer, authorities: undefined as never, clock, log: silentLog() };
  const app = createMetricsApp(context, metrics);
  const ask = async (path: string): Promise<{ status: number; text: string }> => {
    const answer = await app.fetch(new Request(`http://core${path}`), {});
    return { status: answer.status, text: await answer.text() };
  };
  assert.equal((await ask("/readyz")).status, 200);
  assert.equal((await ask("/api/v1/tenants")).status, 404);
  assert.match((await ask("/metrics")).text, /^srs_database_up 1$/m);
  await db.end();
  api.clock.nowMs += 60_000;
  const { status, text } = await ask("/metrics");
  assert.equal(status, 200);
  assert.match(text, /^srs_database_up 0$/m);
  assert.match(text, /^srs_refusals_total\{code="PERMISSION_DENIED"\} 1$/m);
  assert.doesNotMatch(text, /^srs_inbox_chunks\{/m);
  assert.equal((await ask("/healthz")).status, 200);
});
