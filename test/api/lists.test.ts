/** Every list that is read page by page: all of it, once, in one order, and nothing of another tenant. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { AGENT_STATES } from "../../src/control/agent-state.ts";
import type { Db } from "../../src/db/pool.ts";
import { isoTime } from "../../src/lib/clock.ts";
import type { TestApi } from "../support/api-over.ts";
import { testApi } from "../support/api.ts";

const ACME = "/api/v1/tenants/acme";
/** Rows of each list: no multiple of the page sizes below, so last pages are short and full ones. */
const ROWS = 13;
const PAGE_SIZES = [1, 2, 4, 13, 14, 500];

type Row = Readonly<Record<string, unknown>>;
type Page = Readonly<Record<string, readonly Row[]>> & { readonly next?: string };

/** A list: where it is, its member of rows, what tells its rows apart, and SQL that adds rows `from` to `to`. */
interface List {
  readonly path: string;
  readonly name: string;
  readonly key: (row: Row) => string;
  readonly insert: string;
  /** Of a tenant, whose number is then the parameter $3; each row says in some member "of-" and that number. */
  readonly ofTenant: boolean;
}

const nameSql = "to_char(n, 'FM000')";

/** By path, so that a list that is forgotten here is seen in review of the routes. */
const LISTS: readonly List[] = [
  {
    path: `${ACME}/agents`,
    name: "agents",
    key: (row) => String(row["agent_id"]),
    ofTenant: true,
    insert: `insert into sync.agents (tenant, agent_id, partition, hostname)
             select $3::int, 'agent-' || ${nameSql}, 'default', 'of-' || $3::int from generate_series($1::int, $2::int) n`,
  },
  {
    path: `${ACME}/sources`,
    name: "sources",
    key: (row) => String(row["name"]),
    ofTenant: true,
    insert: `insert into sync.sources (tenant, source_no, service_id, name, type, endpoint, agent_id, partition)
             select $3::int, n, gen_random_uuid(), 'source-' || ${nameSql}, 'netbox', 'https://of-' || $3::int || '.test', 'agent-1', 'default'
               from generate_series($1::int, $2::int) n`,
  },
  {
    path: `${ACME}/tokens`,
    name: "tokens",
    key: (row) => String(row["token_no"]),
    ofTenant: true,
    insert: `insert into sync.api_tokens (tenant, token_no, name, sha256, role)
             select $3::int, 100 + n, 'of-' || $3::int, $3::int || ' ' || n, 'viewer' from generate_series($1::int, $2::int) n`,
  },
  {
    path: `${ACME}/members`,
    name: "members",
    key: (row) => String(row["username"]),
    ofTenant: true,
    insert: `with made as (
               insert into sync.users (username, display_name)
               select 'm' || $3::int || '-' || ${nameSql}, 'of-' || $3::int from generate_series($1::int, $2::int) n returning user_no)
             insert into sync.memberships (tenant, user_no, role) select $3::int, user_no, 'viewer' from made`,
  },
  {
    path: "/api/v1/users",
    name: "users",
    key: (row) => String(row["username"]),
    ofTenant: false,
    insert: `insert into sync.users (username, display_name)
             select 'u-' || ${nameSql}, 'Alike' from generate_series($1::int, $2::int) n`,
  },
  ...["tenants", "tenant-health"].map((path): List => ({
    path: `/api/v1/${path}`,
    name: "tenants",
    key: (row) => String(row["slug"]),
    ofTenant: false,
    insert: `insert into sync.tenants (tenant, uid, slug, name)
             select 1000 + n, gen_random_uuid(), 't-' || ${nameSql}, 'Alike' from generate_series($1::int, $2::int) n`,
  })),
  {
    path: `${ACME}/views`,
    name: "views",
    key: (row) => `${String(row["owner"])} ${String(row["name"])}`,
    ofTenant: true,
    // Three names for all of them, so most are alike but for who keeps them; a third is one's own.
    insert: `insert into sync.saved_views (tenant, owner, name, query, columns, sort, shared)
             select $3::int, case when n % 3 = 0 then 'local' else 'user:' || ${nameSql} end,
                    case when n % 3 = 0 then 'own ' || n else 'view ' || n % 3 end, 'of-' || $3::int, '[]', '[]', true
               from generate_series($1::int, $2::int) n`,
  },
  {
    path: `${ACME}/refusals`,
    name: "refusals",
    key: (row) => `${String(row["agent_id"])} ${String(row["code"])}`,
    ofTenant: true,
    // Four at a time to the microsecond, and the next four a microsecond apart: less than the page's times can show.
    insert: `insert into sync.refusals (tenant, agent_id, code, message, refused, last_at)
             select $3::int, 'agent-' || ${nameSql}, 'code-' || n % 2, 'of-' || $3::int, 1,
                    timestamptz '2026-01-30 08:15:00Z' + n / 4 * interval '1 microsecond' from generate_series($1::int, $2::int) n`,
  },
];

async function add(db: Db, list: List, [from, to]: readonly [number, number]): Promise<void> {
  if (!list.ofTenant) {
    await db.query(list.insert, [from, to]);
    return;
  }
  for (const slug of ["acme", "globex"]) {
    const { rows } = await db.query<{ tenant: number }>(
      "select tenant from sync.tenants where slug = $1",
      [slug],
    );
    await db.query(list.insert, [from, to, rows[0]?.tenant]);
  }
}

/** Reads a list to its end; `between` runs after the first page. */
async function readAll(
  { ask }: TestApi,
  { path, name, key }: List,
  { limit, between }: { readonly limit: number; readonly between?: () => Promise<void> },
): Promise<readonly string[]> {
  const keys: string[] = [];
  let after: string | undefined;
  for (let nth = 0; nth === 0 || after !== undefined; nth += 1) {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(after === undefined ? {} : { after }),
    });
    const { status, json } = await ask<Page>(`GET ${path}?${query.toString()}`);
    assert.equal(status, 200, JSON.stringify(json));
    const rows = json[name] ?? [];
    assert.ok(rows.length <= limit);
    assert.ok(rows.length === limit || json.next === undefined, "a page before the last is full");
    keys.push(...rows.map(key));
    after = json.next;
    if (nth === 0) await between?.();
  }
  return keys;
}

for (const list of LISTS) {
  // A platform's health takes at most 50 a page, and asks half a dozen questions a tenant.
  const sizes = list.path.endsWith("tenant-health") ? [4] : PAGE_SIZES;

  test(`GET ${list.path} gives every row once, whatever the page's size`, async (t) => {
    const api = await testApi(t);
    await api.tenant("acme");
    await api.tenant("globex");
    await add(api.db, list, [1, ROWS]);
    const whole = await readAll(api, list, { limit: 50 });
    assert.ok(whole.length >= ROWS);
    assert.equal(new Set(whole).size, whole.length);
    for (const size of sizes) {
      assert.deepEqual(await readAll(api, list, { limit: size }), whole, `${size}`);
    }
  });

  test(`GET ${list.path} gives what was there once, though rows are added meanwhile`, async (t) => {
    const api = await testApi(t);
    await api.tenant("acme");
    await api.tenant("globex");
    await add(api.db, list, [11, 11 + ROWS]);
    const before = await readAll(api, list, { limit: 50 });
    // Of lists in the order of a name some of these come before the page that was read, and some behind it.
    const between = async (): Promise<void> => {
      await add(api.db, list, [1, 5]);
      await add(api.db, list, [50, 55]);
    };
    const keys = await readAll(api, list, { limit: 4, between });
    assert.equal(new Set(keys).size, keys.length);
    assert.deepEqual(
      keys.filter((key) => before.includes(key)),
      before,
    );
  });
}

test("a list refuses a cursor that it did not give", async (t) => {
  const { ask, tenant } = await testApi(t);
  await tenant("acme");
  const made = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString("base64url");
  const letters = "aslmnhtovf".split("");
  const wrong = ["", "x", "r1", "%00", made(["a"]), ...letters.map((one) => one + made([null]))];
  const all = [...wrong, ...letters.map((one) => one + made(["\u0000"]))];
  for (const { path } of LISTS) {
    for (const cursor of all) {
      const asked = `GET ${path}?after=${encodeURIComponent(cursor)}`;
      const { status, json } = await ask<{ code: string }>(asked);
      assert.deepEqual([status, json.code], [400, "invalid_request"], asked);
    }
  }
});

test("a tenant's lists have nothing of another tenant, also behind its cursors", async (t) => {
  const api = await testApi(t);
  const { admin } = await api.tenant("acme");
  await api.tenant("globex");
  for (const list of LISTS.filter(({ ofTenant }) => ofTenant)) {
    await add(api.db, list, [1, ROWS]);
    const foreign = list.path.replace("acme", "globex");
    const { json } = await api.ask<Page>(`GET ${foreign}?limit=2`);
    const page = await api.ask<Page>(`GET ${list.path}?after=${json.next ?? ""}&limit=500`, {
      token: admin,
    });
    assert.equal(page.status, 200);
    assert.ok(!JSON.stringify(page.json).includes("of-2"), list.path);
    const own = JSON.stringify((await api.ask(`GET ${list.path}`, { token: admin })).json);
    assert.ok(own.includes("of-1") && !own.includes("of-2"), `${list.path}: ${own}`);
    const refused = await api.ask(`GET ${foreign}`, { token: admin });
    assert.equal(refused.status, 403, foreign);
  }
  const { json } = await api.ask<Page>("GET /api/v1/tenants", { token: admin });
  assert.deepEqual(
    json["tenants"]?.map((row) => row["slug"]),
    ["acme"],
  );
});

test("a user finds the tenants that he works in, page by page", async (t) => {
  const api = await testApi(t);
  for (const slug of ["a", "b", "c", "d"]) await api.tenant(slug);
  const browser = await api.logIn("ann", { roles: { a: "viewer", c: "admin", d: "viewer" } });
  const slugs: unknown[] = [];
  let after: string | undefined;
  do {
    const query = after === undefined ? "" : `&after=${after}`;
    const { json } = await api.ask<Page>(`GET /api/v1/tenants?limit=2${query}`, { browser });
    slugs.push(...(json["tenants"] ?? []).map((row) => row["slug"]));
    after = json.next;
  } while (after !== undefined);
  assert.deepEqual(slugs, ["a", "c", "d"]);
});

test("the authorities of all tenants come page by page, those of one tenant on several pages too", async (t) => {
  const api = await testApi(t);
  for (const slug of ["acme", "globex", "initech"]) await api.tenant(slug);
  // Revoking a tenant's only authority makes it another one.
  for (const no of [1, 2]) await api.ask(`POST ${ACME}/authorities/${no}/revoke`);
  const list: List = {
    path: "/api/v1/authorities",
    name: "authorities",
    key: (row) => `${String(row["tenant"])} ${String(row["no"])}`,
    ofTenant: false,
    insert: "",
  };
  const whole = await readAll(api, list, { limit: 500 });
  assert.deepEqual(whole, ["acme 1", "acme 2", "acme 3", "globex 1", "initech 1"]);
  for (const size of [1, 2, 3, 5]) {
    assert.deepEqual(await readAll(api, list, { limit: size }), whole);
  }
  const own = { ...list, path: `${ACME}/authorities`, key: (row: Row) => String(row["no"]) };
  for (const size of [1, 2, 3]) {
    assert.deepEqual(await readAll(api, own, { limit: size }), ["1", "2", "3"]);
  }
  const { json } = await api.ask<{ root_pem: string }>(`GET ${ACME}/authorities?limit=1`);
  assert.match(json.root_pem, /BEGIN CERTIFICATE/);
});

test("a list finds a text in names as it stands, whatever its case, over all pages", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  await api.db.query(
    `insert into sync.agents (tenant, agent_id, partition, hostname)
     select 1, id, 'default', host from (values ('Site_A', 'north'), ('site-b', 'SITE'), ('siteXA', null), ('other', '100%')) v (id, host)`,
  );
  const found = async (q: string): Promise<readonly unknown[]> => {
    const query = new URLSearchParams({ q, limit: "500" });
    const { json } = await api.ask<Page>(`GET ${ACME}/agents?${query.toString()}`);
    return (json["agents"] ?? []).map((row) => row["agent_id"]);
  };
  assert.deepEqual(await found("site"), ["Site_A", "site-b", "siteXA"]);
  assert.deepEqual(await found("e_a"), ["Site_A"]);
  assert.deepEqual(await found("%"), ["other"]);
  assert.deepEqual(await found("\\"), []);
  assert.deepEqual(await found("NORTH"), ["Site_A"]);
});

test("agents are listed by the state that is shown of them, and counted so", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const { nowMs } = api.clock;
  const ago = (ms: number): string => isoTime(nowMs - ms);
  await api.db.query(
    `insert into sync.agents (tenant, agent_id, partition, last_seen_at, stopped_at, revoked_at, certificate_not_after) values
       (1, 'edge', 'default', $1, null, null, $6), (1, 'late', 'default', $2, null, null, $6), (1, 'off', 'default', $3, $3, null, $6),
       (1, 'new', 'default', null, null, null, $6), (1, 'gone', 'default', $4, null, $4, $5), (1, 'ends', 'default', $4, null, null, $5)`,
    [
      ago(90_000),
      ago(90_001),
      ago(500_000),
      ago(1_000),
      isoTime(nowMs + 13 * 86_400_000),
      isoTime(nowMs + 15 * 86_400_000),
    ],
  );
  type Agents = {
    readonly agents: readonly { readonly agent_id: string; readonly state: string }[];
  };
  const all = await api.ask<Agents>(`GET ${ACME}/agents`);
  assert.equal(all.json.agents.length, 6);
  for (const state of AGENT_STATES) {
    const { json } = await api.ask<Agents>(`GET ${ACME}/agents?state=${state}`);
    const shown = all.json.agents.filter((agent) => agent.state === state);
    assert.ok(shown.length > 0, state);
    assert.deepEqual(json.agents, shown);
  }
  const needing = await api.ask<Agents>(`GET ${ACME}/agents?attention=true`);
  assert.deepEqual(
    needing.json.agents.map((agent) => agent.agent_id),
    ["ends", "late", "new", "off"],
  );
  const { json } = await api.ask<{ agents: unknown }>(`GET ${ACME}/overview`);
  assert.deepEqual(json.agents, { total: 5, online: 2, silent: 1, stopped: 1, never_seen: 1 });
});

test("agents are found by their whole ids, and a source by its whole name", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  await api.tenant("globex");
  for (const { path, insert } of LISTS.filter(
    ({ name }) => name === "agents" || name === "sources",
  )) {
    assert.ok(path.startsWith(ACME));
    for (const tenant of [1, 2]) await api.db.query(insert, [1, ROWS, tenant]);
  }
  const found = async (list: "agents" | "sources", query: string): Promise<readonly unknown[]> => {
    const { status, json } = await api.ask<Page>(`GET ${ACME}/${list}?${query}`);
    assert.equal(status, 200);
    return (json[list] ?? []).map((row) => row[list === "agents" ? "agent_id" : "name"]);
  };
  assert.deepEqual(await found("agents", "ids=agent-007,agent-002,agent-00,AGENT-003,agent-007"), [
    "agent-002",
    "agent-007",
  ]);
  assert.deepEqual(await found("agents", "ids=agent-002,agent-007&q=007"), ["agent-007"]);
  assert.deepEqual(await found("agents", "ids="), []);
  assert.deepEqual(await found("sources", "name=source-004"), ["source-004"]);
  for (const none of ["source-00", "SOURCE-004", "source-0040", ""]) {
    assert.deepEqual(await found("sources", `name=${none}`), []);
  }
  const long = await api.ask(`GET ${ACME}/agents?ids=${"a".repeat(8_193)}`);
  assert.equal(long.status, 400);
});

test("of refusals the last of each agent can be had, and those of some agents alone", async (t) => {
  const api = await testApi(t);
  const { admin: token } = await api.tenant("acme");
  await api.tenant("globex");
  await api.db.query(
    `insert into sync.refusals (tenant, agent_id, code, message, refused, last_at)
     select tenant, agent, code, 'said', 1, timestamptz '2026-01-30 08:15:00Z' + code::int * interval '1 second'
       from sync.tenants, unnest(array['a', 'b', 'c']) agent, unnest(array['1', '2']) code`,
  );
  type Refused = {
    readonly refusals: readonly { readonly agent_id: string; readonly code: string }[];
  };
  const found = async (query: string): Promise<readonly string[]> => {
    const { json } = await api.ask<Refused>(`GET ${ACME}/refusals?${query}`, { token });
    return json.refusals.map(({ agent_id: id, code }) => id + code);
  };
  assert.deepEqual(await found("last=true"), ["c2", "b2", "a2"]);
  assert.deepEqual(await found("ids=a,c&last=true"), ["c2", "a2"]);
  assert.deepEqual(await found("ids=a"), ["a2", "a1"]);
});
