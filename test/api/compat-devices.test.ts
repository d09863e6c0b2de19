/** The original's device routes: its envelopes, parameters and errors. */
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { readCompatPage, readExportFilter, readListFilter } from "../../src/api/compat-query.ts";
import { testApi } from "../support/api.ts";
import { feed, settle } from "../support/dire.ts";
import { leaseOf } from "../support/tenant-lease.ts";

const api = await testApi({ after });
const { viewer: token } = await api.tenant("acme");
const lease = await leaseOf(api.db, "acme");
await feed(
  api.db,
  lease,
  ["web-1", "web-2", "db_1"].map((hostname, i) => ({
    source: "netbox",
    hostname,
    timestamp: `2026-01-0${i + 1}T00:00:00Z`,
    ip: `10.0.0.${i + 1}`,
    is_available: i > 0,
    metadata: { integration_id: hostname, netbox_device_id: hostname, sync_service_id: "n" },
  })),
);
await settle(api.db, lease);

type Device = { readonly uid: string; readonly hostname: string; readonly tags: object };
type List = {
  readonly data: readonly Device[];
  readonly pagination: { readonly next_offset: number | null };
  readonly error?: string;
};

const list = async (query: string): Promise<List> =>
  (await api.ask<List>(`GET /api/devices?${query}`, { token })).json;

test("devices come with the newest seen first, by offset or page, and say where to go on", async () => {
  const names = async (query: string): Promise<readonly string[]> =>
    (await list(query)).data.map(({ hostname }) => hostname);
  assert.deepEqual(await names(""), ["db_1", "web-2", "web-1"]);
  assert.deepEqual(await names("limit=2"), ["db_1", "web-2"]);
  assert.deepEqual((await list("limit=2")).pagination, { limit: 2, offset: 0, next_offset: 2 });
  assert.deepEqual(await names("limit=2&page=2"), ["web-1"]);
  assert.equal((await list("limit=2&offset=2")).pagination.next_offset, null);
  assert.deepEqual(await names("search=WEB"), ["web-2", "web-1"]);
  assert.deepEqual(await names("search=_1"), ["db_1"]);
  assert.deepEqual(await names("status=offline"), ["web-1"]);
});

test("one device is answered by its uid, and an unknown one as the original answers", async () => {
  const { data } = await list("limit=1");
  const uid = data[0]?.uid ?? "";
  const one = await api.ask<{ data: Device }>(`GET /api/devices/${uid}`, { token });
  assert.deepEqual(one.json.data, data[0]);
  const none = await api.ask(`GET /api/devices/sr:x`, { token });
  assert.deepEqual([none.status, none.json], [404, { error: "device not found" }]);
});

test("the export has the envelope of OCSF 1.7.0, and its filters", async () => {
  type Export = {
    readonly ocsf_version: string;
    readonly class_uid: number;
    readonly count: number;
  };
  const ask = async (query: string): Promise<Export> =>
    (await api.ask<Export>(`GET /api/devices/ocsf/export?${query}`, { token })).json;
  const { ocsf_version: version, class_uid: uid, count } = await ask("");
  assert.deepEqual([version, uid, count], ["1.7.0", 5001, 3]);
  assert.equal((await ask("last_seen_after=2026-01-02T00:00:00Z")).count, 2);
  assert.equal((await ask("type_id=12")).count, 0);
});

test("an export's times are taken with any offset, and days that no month has are refused", async () => {
  const path = "GET /api/devices/ocsf/export?last_seen_after=";
  type Outcome = { readonly count?: number; readonly error?: string };
  const ask = async (time: string): Promise<Outcome> =>
    (await api.ask<Outcome>(`${path}${encodeURIComponent(time)}`, { token })).json;
  assert.equal((await ask("2026-01-02T23:59:00+23:59")).count, 2);
  for (const time of ["2026-02-30T00:00:00Z", "2026-01-02T25:00:00Z", "2026-01-02"]) {
    assert.equal((await ask(time)).error, "invalid datetime format (use ISO8601)", time);
  }
});

test("what the original refuses is refused in its words", async () => {
  assert.equal((await list("limit=0")).error, "invalid limit");
  assert.equal((await list("offset=100001")).error, "offset too large");
  assert.equal((await list("status=odd")).error, "invalid status: odd");
  assert.equal((await list("status=constructor")).error, "invalid status: constructor");
  assert.deepEqual(readCompatPage({ limit: "9999", page: "" }, 500), {
    ok: true,
    value: { limit: 500, offset: 0 },
  });
  assert.equal(readExportFilter({ first_seen_after: "yesterday" }).ok, false);
  assert.equal(readListFilter({ gateway_id: "g" }).ok, false);
});

test("a token's tenant is meant, and another's is refused", async () => {
  await api.tenant("globex");
  const other = await api.ask<{ code: string }>("GET /api/devices?tenant=globex", { token });
  assert.deepEqual([other.status, other.json.code], [403, "other_tenant"]);
  const none = await api.ask<{ code: string }>("GET /api/devices");
  assert.deepEqual([none.status, none.json.code], [400, "invalid_request"]);
  const browser = await api.logIn("root", { isPlatformAdmin: true });
  assert.equal((await api.ask("GET /api/devices", { browser })).status, 403);
});

test("every refusal has the original's error, also where nobody is known, the tenant is another's, or the method is unknown", async () => {
  type Refused = { readonly error?: string; readonly detail: string };
  for (const [request, status, of] of [
    ["GET /api/devices", 401, { token: "none" }],
    ["GET /api/devices?tenant=globex", 403, { token }],
    ["PUT /api/devices/sr:x", 405, { token }],
  ] as const) {
    const { json, ...answer } = await api.ask<Refused>(request, of);
    assert.equal(answer.status, status, request);
    assert.ok(json.error !== undefined && json.error === json.detail, request);
  }
  const ours = await api.ask<Refused>("GET /api/v1/tenants/globex/devices", { token });
  assert.deepEqual([ours.status, ours.json.error], [403, undefined]);
});

test("an answer that is known already is not sent again", async () => {
  const path = "GET /api/v1/tenants/acme/devices";
  const first = await api.ask(path, { token });
  const etag = first.headers.get("etag") ?? "";
  assert.match(etag, /^W\/"[0-9a-f]{24}"$/);
  const again = await api.ask(path, { token, headers: { "if-none-match": `"x", ${etag}` } });
  assert.deepEqual([again.status, again.json], [304, null]);
  const other = await api.ask(`${path}?limit=1`, { token, headers: { "if-none-match": etag } });
  assert.equal(other.status, 200);
});
