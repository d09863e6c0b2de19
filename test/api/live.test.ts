/** What open pages are told, what is exported, and the views that are kept. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { TenantNews } from "../../src/api/tenant-news.ts";
import { testApi } from "../support/api.ts";
import { feed, settle } from "../support/dire.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { leaseOf } from "../support/tenant-lease.ts";

const ROOT = "/api/v1/tenants/acme";
const isLook = (ms: number): boolean => ms === 1_000;

test("an open page is told where something changed, once for several changes, and of quiet", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const { tenant } = await leaseOf(api.db, "acme");
  const clock = new ManualClock();
  const news = new TenantNews(clock);
  const page = news.open(tenant, api.db.forTenant(tenant));
  assert.ok(page);
  await clock.untilSleeping(isLook);
  for (const agent of ["a1", "a2"]) {
    await api.ask(`POST ${ROOT}/agents`, { body: { agent_id: agent } });
  }
  await clock.advance(1_000);
  const told = await page.next();
  assert.deepEqual([...(told?.keys() ?? [])], ["agents"]);
  assert.equal(told?.get("agents")?.["agents"], 2);
  const quiet = page.next();
  for (let looks = 0; looks < 15; looks += 1) {
    await clock.untilSleeping(isLook);
    await clock.advance(1_000);
  }
  assert.equal((await quiet)?.size, 0);
  news.close(tenant, page);
  assert.equal(await page.next(), undefined);
});

test("a page is told for five minutes, then it must ask anew", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const { tenant } = await leaseOf(api.db, "acme");
  const clock = new ManualClock();
  const news = new TenantNews(clock);
  const page = news.open(tenant, api.db.forTenant(tenant));
  assert.ok(page);
  await clock.untilSleeping(isLook);
  await clock.advance(300_000);
  while ((await page.next()) !== undefined);
});

test("pages of one tenant leave room for others'", async (t) => {
  const api = await testApi(t);
  const news = new TenantNews(new ManualClock());
  const open = (tenant: number): ReturnType<TenantNews["open"]> => {
    const page = news.open(tenant, api.db.forTenant(tenant));
    if (page !== undefined) t.after(() => news.close(tenant, page));
    return page;
  };
  for (let pages = 0; pages < 100; pages += 1) assert.ok(open(1));
  assert.equal(open(1), undefined);
  assert.ok(open(2));
});

test("the stream of events is one, and a stopped listener ends it", async (t) => {
  const api = await testApi(t);
  const { viewer } = await api.tenant("acme");
  const stopping = new AbortController();
  const request = new Request(`http://core${ROOT}/events`, {
    headers: { authorization: `Bearer ${viewer}` },
  });
  const answer = await api.app.fetch(request, { stopping: stopping.signal });
  assert.equal(answer.headers.get("content-type"), "text/event-stream; charset=utf-8");
  stopping.abort();
  assert.match(await answer.text(), /^retry: \d+\n\n/);
});

const NAMES = Array.from({ length: 2_001 }, (_, i) => `host-${String(i).padStart(4, "0")}`);

const named = (hostname: string, nth: number) => ({
  source: "netbox",
  hostname,
  timestamp: "2026-01-01T00:00:00Z",
  metadata: { integration_id: String(nth), netbox_device_id: String(nth), sync_service_id: "n" },
});

test("an export holds every device once, in each format, and what a query finds alone", async (t) => {
  const api = await testApi(t);
  const { viewer: token } = await api.tenant("acme");
  const lease = await leaseOf(api.db, "acme");
  await feed(api.db, lease, NAMES.map(named));
  await settle(api.db, lease);
  const ask = async <Body>(query: string): Promise<Body> =>
    (await api.ask<Body>(`GET ${ROOT}/devices/export?${query}`, { token })).json;
  const csv = (await ask<string>("format=csv")).trimEnd().split("\r\n").slice(1);
  assert.deepEqual(new Set(csv.map((line) => line.split(",")[1])), new Set(NAMES));
  assert.equal(csv.length, NAMES.length);
  const lines = (await ask<string>("format=ndjson&query=sort%3Ahostname%3Adesc"))
    .trimEnd()
    .split("\n");
  const found = lines.map((line) => (JSON.parse(line) as { hostname: string }).hostname);
  assert.deepEqual(found, NAMES.toReversed());
  const { devices } = await ask<{ devices: { name: string }[] }>(
    `format=ocsf&query=${encodeURIComponent("hostname:host-000%")}`,
  );
  assert.equal(devices.length, 10);
  const wrong = await api.ask<{ code: string }>(`GET ${ROOT}/devices/export?query=nonsense%3A1`, {
    token,
  });
  assert.deepEqual([wrong.status, wrong.json.code], [400, "invalid_request"]);
});

test("an export reads a page once the one before was taken, and none for who went away", async (t) => {
  const api = await testApi(t);
  const { viewer: token } = await api.tenant("acme");
  const lease = await leaseOf(api.db, "acme");
  await feed(api.db, lease, NAMES.slice(0, 1_000).map(named));
  await settle(api.db, lease);
  const begin = async (): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
    const headers = { authorization: `Bearer ${token}` };
    const url = `http://core${ROOT}/devices/export?format=ndjson`;
    const { body } = await api.app.fetch(new Request(url, { headers }), {});
    assert.ok(body);
    return body.getReader();
  };
  const lines = (part: { readonly value?: Uint8Array | undefined }): number =>
    new TextDecoder().decode(part.value).split("\n").length - 1;
  const [patient, gone] = [await begin(), await begin()];
  assert.equal(lines(await patient.read()), 0, "the head");
  assert.equal(lines(await patient.read()), 1_000);
  await gone.read();
  await gone.cancel();
  // What comes while the reader rests is in the file: so it was not read ahead.
  await feed(api.db, lease, [named("late", 5_000)]);
  await settle(api.db, lease);
  const last = await patient.read();
  assert.equal(lines(last), 1);
  assert.match(new TextDecoder().decode(last.value), /"hostname":"late"/);
  assert.equal((await patient.read()).done, true);
});

type Views = { readonly views: readonly { readonly name: string; readonly is_own: boolean }[] };

test("a view is its maker's until he shares it, which a viewer may not", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const ann = { browser: await api.logIn("ann", { roles: { acme: "viewer" } }) };
  const bob = { browser: await api.logIn("bob", { roles: { acme: "operator" } }) };
  const path = `${ROOT}/views/stale%20ones`;
  const body = { query: "sort:last_seen:asc", columns: ["hostname"] };
  assert.equal((await api.ask(`PUT ${path}`, { ...ann, body })).status, 200);
  const share = { ...body, shared: true };
  assert.equal((await api.ask(`PUT ${path}`, { ...ann, body: share })).status, 403);
  const seen = async (who: typeof ann): Promise<Views["views"]> =>
    (await api.ask<Views>(`GET ${ROOT}/views`, who)).json.views;
  assert.deepEqual(await seen(bob), []);
  assert.equal((await api.ask(`PUT ${path}`, { ...bob, body: share })).status, 200);
  assert.deepEqual(
    (await seen(ann)).map(({ name, is_own: isOwn }) => [name, isOwn]),
    [
      ["stale ones", true],
      ["stale ones", false],
    ],
  );
  assert.equal((await api.ask(`DELETE ${path}`, ann)).status, 204);
  assert.equal((await api.ask(`DELETE ${path}`, ann)).status, 404);
  assert.deepEqual((await api.ask<Views>(`GET ${path}`, ann)).status, 200);
});

test("a view that was somebody's own is gone with him, a shared one stays", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const roles = { acme: "operator" } as const;
  const ann = { browser: await api.logIn("ann", { roles }) };
  const body = { query: "sort:last_seen:asc", columns: ["hostname"] };
  await api.ask(`PUT ${ROOT}/views/own`, { ...ann, body });
  await api.ask(`PUT ${ROOT}/views/ours`, { ...ann, body: { ...body, shared: true } });
  assert.equal((await api.ask("DELETE /api/v1/users/ann")).status, 204);
  const another = { browser: await api.logIn("ann", { roles }) };
  const { json } = await api.ask<Views>(`GET ${ROOT}/views`, another);
  assert.deepEqual(
    json.views.map(({ name }) => name),
    ["ours"],
  );
});

test("the overview counts devices, sources, agents and what waits for judgement", async (t) => {
  const api = await testApi(t);
  const { viewer: token } = await api.tenant("acme");
  await api.ask(`POST ${ROOT}/agents`, { body: { agent_id: "a1" } });
  const sources = { n: { type: "netbox", endpoint: "https://n" } };
  await api.ask(`POST ${ROOT}/sources?agent_id=a1`, { body: { sources } });
  const { json } = await api.ask<{
    devices: { total: number };
    sources: { state: string }[];
    source_counts: object;
    agents: object;
    review: object;
    sources_without_agent: number;
  }>(`GET ${ROOT}/overview`, { token });
  assert.equal(json.sources_without_agent, 0);
  assert.equal(json.devices.total, 0);
  assert.deepEqual(
    json.sources.map(({ state }) => state),
    ["never_run"],
  );
  assert.deepEqual(json.agents, { total: 1, online: 0, silent: 0, stopped: 0, never_seen: 1 });
  const nothing = { quarantine: 0, contested: 0, held_retractions: 0, storms: 0 };
  assert.deepEqual(json.review, nothing);
});

test("a source whose last run was short of something is listed before those that are well, however many", async (t) => {
  const api = await testApi(t);
  const { viewer: token } = await api.tenant("acme");
  await api.ask(`POST ${ROOT}/agents`, { body: { agent_id: "a1" } });
  const names = Array.from({ length: 205 }, (_, i) => `s${String(i).padStart(3, "0")}`);
  const sources = Object.fromEntries(
    names.map((name) => [name, { type: "netbox", endpoint: "https://n" }]),
  );
  await api.ask(`POST ${ROOT}/sources?agent_id=a1`, { body: { sources } });
  await api.db.query(
    `with made as (
       insert into sync.instances (tenant, instance_no, name, source_type)
       select tenant, row_number() over (order by name), service_id::text, 'netbox' from sync.sources
       returning tenant, instance_no)
     insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, kind, started_at, active_at, ended_at, outcome)
     select tenant, instance_no, 'a1', 'run-' || instance_no, instance_no, 'full', now(), now(), now(),
            case when instance_no = 205 then 'partial' else 'success' end from made`,
  );
  type Overview = {
    readonly sources: readonly { readonly name: string; readonly state: string }[];
    readonly source_counts: { readonly ok: number; readonly partial: number };
  };
  const { json } = await api.ask<Overview>(`GET ${ROOT}/overview`, { token });
  assert.equal(json.sources.length, 200);
  assert.partialDeepStrictEqual(json.sources[0], { name: "s204", state: "ok" });
  assert.partialDeepStrictEqual(json.source_counts, { ok: 205, partial: 1 });
});

test("the overview counts sources whose agent was revoked, and agents with the configuration that is offered", async (t) => {
  const api = await testApi(t);
  const { viewer: token } = await api.tenant("acme");
  for (const id of ["a1", "a2"]) {
    await api.ask(`POST ${ROOT}/agents`, { body: { agent_id: id } });
    const sources = { [`of-${id}`]: { type: "netbox", endpoint: "https://n" } };
    await api.ask(`POST ${ROOT}/sources?agent_id=${id}`, { body: { sources } });
  }
  type Counts = { readonly sources_without_agent: number; readonly agents_as_offered: number };
  const counts = async (): Promise<readonly number[]> => {
    const { json } = await api.ask<Counts>(`GET ${ROOT}/overview`, { token });
    return [json.sources_without_agent, json.agents_as_offered];
  };
  const set =
    "update sync.agents set config_offered = 'v1', config_running = $2 where agent_id = $1";
  await api.db.query(set, ["a1", "v1"]);
  await api.db.query(set, ["a2", "v0"]);
  assert.deepEqual(await counts(), [0, 1]);
  await api.ask(`POST ${ROOT}/agents/a1/revoke`);
  assert.deepEqual(await counts(), [1, 0]);
});
