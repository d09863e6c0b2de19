import assert from "node:assert/strict";
import { test } from "node:test";

import { SyncError } from "../../src/lib/errors.ts";
import type { TestApi } from "../support/api-over.ts";
import { testApi } from "../support/api.ts";

type Problem = {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
};

async function acme(t: Parameters<typeof testApi>[0]): Promise<TestApi> {
  const api = await testApi(t);
  await api.ask("POST /api/v1/tenants", { body: { slug: "acme" } });
  return api;
}

const CASES: readonly {
  readonly what: string;
  readonly request: string;
  readonly body?: unknown;
  readonly expected: readonly [number, string, RegExp];
}[] = [
  {
    what: "a path that is none",
    request: "GET /api/v2/tenants",
    expected: [404, "not_found", /there is no GET \/api\/v2\/tenants/],
  },
  {
    what: "a method that the path has not",
    request: "DELETE /api/v1/tenants",
    expected: [405, "method_not_allowed", /takes GET, HEAD, POST, not DELETE/],
  },
  {
    what: "a method that the path of one thing has not",
    request: "PUT /api/v1/tenants/acme/runs/7/undo",
    expected: [405, "method_not_allowed", /undo takes POST, not PUT/],
  },
  {
    what: "a path that is one but for a part that is missing",
    request: "GET /api/v1/tenants/acme/runs/",
    expected: [404, "not_found", /there is no GET/],
  },
  {
    what: "a tenant that is none",
    request: "GET /api/v1/tenants/nobody/devices",
    expected: [404, "tenant_not_found", /there is no tenant "nobody"/],
  },
  {
    what: "a body that is no JSON",
    request: "POST /api/v1/tenants",
    body: '{"slug": "x"',
    expected: [400, "invalid_request", /Malformed JSON/],
  },
  {
    what: "a member that is unknown",
    request: "POST /api/v1/tenants",
    body: { slug: "x", colour: "red" },
    expected: [400, "invalid_request", /^body: has no colour$/],
  },
  {
    what: "a member of the wrong kind",
    request: "POST /api/v1/tenants",
    body: { slug: 7 },
    expected: [400, "invalid_request", /^slug: /],
  },
  {
    what: "a query member that is unknown",
    request: "GET /api/v1/tenants/acme/devices?limt=5",
    expected: [400, "invalid_request", /^query: has no limt$/],
  },
  {
    what: "a query member of a list that takes none",
    request: "GET /api/v1/tenants/acme/sources?agent=a1",
    expected: [400, "invalid_request", /^query: has no agent$/],
  },
  {
    what: "a page that is too long",
    request: "GET /api/v1/tenants/acme/runs?limit=501",
    expected: [400, "invalid_request", /^limit: /],
  },
  {
    what: "a cursor of another list",
    request: "GET /api/v1/tenants/acme/runs?after=d5",
    expected: [400, "invalid_request", /^after: "d5" is not/],
  },
  {
    what: "a cursor that no page gave",
    request: "GET /api/v1/tenants/acme/devices?after=dzzzzzzz",
    expected: [400, "invalid_request", /^after: /],
  },
  {
    what: "a body beyond the bound",
    request: "POST /api/v1/tenants",
    body: { slug: "x", name: "n".repeat(5 * 1024 ** 2) },
    expected: [413, "body_too_large", /longer than 4194304 bytes/],
  },
  {
    what: "a character that no text may have",
    request: "POST /api/v1/tenants",
    body: { slug: "x", name: "a\0b" },
    expected: [400, "invalid_request", /NUL/],
  },
  {
    what: "such a character in a path",
    request: "GET /api/v1/tenants/acme/agents/a%00b",
    expected: [400, "invalid_request", /NUL/],
  },
  {
    what: "a tenant's name that is taken",
    request: "POST /api/v1/tenants",
    body: { slug: "acme" },
    expected: [409, "tenant_exists", /exists already/],
  },
  {
    what: "a reserved tenant's name",
    request: "POST /api/v1/tenants",
    body: { slug: "platform" },
    expected: [400, "invalid_request", /reserved/],
  },
  {
    what: "half a surrogate pair in a source's settings, over which every look into them would fail",
    request: "POST /api/v1/tenants/acme/sources?agent_id=a1",
    body: { sources: { n: { type: "netbox", endpoint: "https://n", site: "\ud800" } } },
    expected: [400, "invalid_request", /half a surrogate pair/],
  },
  {
    what: "settings that are nested without end",
    request: "PATCH /api/v1/tenants/acme/sources/n",
    body: `{"filter":${nested(20_000)}}`,
    expected: [400, "invalid_request", /nested deeper than 64 levels/],
  },
  {
    what: "recorded updates that are nested without end",
    request: "POST /api/v1/tenants/acme/sources/n/recorded-chunks",
    body: `{"entries":[${nested(20_000)}]}`,
    expected: [400, "invalid_request", /nested deeper than 64 levels/],
  },
  {
    what: "a chunk's index that no ledger can hold",
    request: "POST /api/v1/tenants/acme/sources/n/recorded-chunks",
    body: { chunk_index: 2 ** 31, entries: [{}] },
    expected: [400, "invalid_request", /^chunk_index: /],
  },
];

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
}

for (const { what, request, body, expected } of CASES) {
  test(`the answer says what is wrong: ${what}`, async (t) => {
    const { ask } = await acme(t);
    const answer = await ask<Problem>(request, { body });
    const [status, code, detail] = expected;
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal(answer.json.status, status);
    assert.equal(answer.json.code, code);
    assert.match(answer.json.detail, detail);
  });
}

test("a path that is asked by a method it has not says in a header which ones it has", async (t) => {
  const { ask } = await acme(t);
  const { headers } = await ask<Problem>("PATCH /api/v1/tenants/acme/views/mine", { body: {} });
  assert.equal(headers.get("allow"), "DELETE, GET, HEAD, PUT");
});

test("a bundle's chunk whose index no ledger can hold is refused", async (t) => {
  const { ask } = await acme(t);
  await ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: "a1" } });
  const body = [{ sync_meta: { sync_run_id: "r", chunk_index: 2 ** 31 } }];
  const path = "POST /api/v1/tenants/acme/imports/a1/updates";
  const { status, json } = await ask<Problem>(path, { body });
  assert.deepEqual([status, json.code], [409, "bundle_refused"]);
});

test("a body in another form than JSON is refused by that name", async (t) => {
  const { ask } = await acme(t);
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const { status, json } = await ask<Problem>("POST /api/v1/tenants", {
    body: "slug=x",
    headers: form,
  });
  assert.deepEqual([status, json.code], [415, "not_json"]);
  assert.match(json.detail, /content-type: application\/json/);
  const patched = { "content-type": "application/merge-patch+json; charset=utf-8" };
  const other = await ask("POST /api/v1/tenants", { body: { slug: "y" }, headers: patched });
  assert.equal(other.status, 201);
});

test("every member that is wrong is listed", async (t) => {
  const { ask } = await acme(t);
  const body = { agent_id: 5, cn_form: 9 };
  const { json } = await ask<Problem>("POST /api/v1/tenants/acme/agents", { body });
  assert.deepEqual(
    json.errors?.map(({ path }) => path),
    ["agent_id", "cn_form"],
  );
});

test("a database that is away is answered with 503 and when to come again", async (t) => {
  const api = await acme(t);
  const away = new SyncError("db_unreachable", "database: connection refused", {
    retry: "transient",
  });
  api.db.query = () => Promise.reject(away);
  for (const path of ["GET /api/v1/tenants", "GET /readyz"]) {
    const { status, headers, json } = await api.ask<Problem>(path);
    assert.deepEqual([status, json.code], [503, "db_unreachable"]);
    assert.equal(headers.get("retry-after"), "5");
  }
  assert.equal((await api.ask("GET /healthz")).status, 200);
});

test("a probe is answered whatever its load balancer adds to it", async (t) => {
  const { ask } = await acme(t);
  for (const path of ["healthz", "readyz", "version"]) {
    assert.equal((await ask(`GET /${path}?probe=1`)).status, 200, path);
  }
});

test("a failure of ours is answered with a number that the log has, and no word of it", async (t) => {
  const api = await acme(t);
  api.db.query = () => Promise.reject(new TypeError("secret insides of line 7"));
  const { status, json } = await api.ask<Problem & { request_id: string }>("GET /api/v1/tenants");
  assert.deepEqual([status, json.code], [500, "internal"]);
  assert.match(json.detail, /the core's log says why under [0-9a-f-]{36}$/);
  assert.ok(!JSON.stringify(json).includes("insides"));
});

test("what is answered is not to be stored by anybody on the way", async (t) => {
  const { ask } = await acme(t);
  const { headers } = await ask("GET /api/v1/tenants");
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(headers.get("x-content-type-options"), "nosniff");
});

test("a core whose schema is older than it is not ready", async (t) => {
  const { ask, db } = await acme(t);
  await db.query("delete from sync.migrations where id = (select max(id) from sync.migrations)");
  const { status, json } = await ask<Problem>("GET /readyz");
  assert.deepEqual([status, json.code], [503, "db_schema_older"]);
});
