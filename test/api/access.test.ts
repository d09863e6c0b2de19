/** Who may ask what: every route of the OpenAPI document is driven with tokens that must not pass. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Browser, TestApi } from "../support/api-over.ts";
import { testApi } from "../support/api.ts";
import { populate } from "../support/populated-tenant.ts";

type Operation = { readonly security?: readonly unknown[]; readonly description?: string };
type Document = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
type Route = {
  readonly method: string;
  readonly path: string;
  /** What the document says of who may ask. */
  readonly least: string;
  readonly isOpen: boolean;
};

async function documentOf({ ask }: TestApi): Promise<Document> {
  return (await ask<Document>("GET /openapi.json", { token: "none" })).json;
}

async function routesOf(api: TestApi): Promise<readonly Route[]> {
  const { paths } = await documentOf(api);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security = [], description = "" }]) => ({
      method: method.toUpperCase(),
      path,
      least: description,
      isOpen: security.length === 0,
    })),
  );
}

/** A request of a route with names filled in, and a body where one is taken; what is wrong in it is never looked at. */
function requestOf(
  { method, path }: Pick<Route, "method" | "path">,
  names: Readonly<Record<string, string>>,
): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? "x");
  return `${method} ${filled}`;
}

/** Numbers count in each tenant for itself; these nobody has. */
const ABSENT = { username: "nobody", token_no: "99", rehearsal: "99", hold: "99", change: "99" };

/** What anybody may ask, in order of the document. */
const OPEN = [
  "GET /api/v1/login",
  "GET /api/v1/setup",
  "POST /api/v1/setup",
  "POST /api/v1/session",
  "GET /api/v1/login/oidc",
  "GET /api/v1/login/oidc/callback",
  "GET /healthz",
  "GET /readyz",
  "GET /version",
];

test("the document is OpenAPI 3.1 and says of every route but the open ones who may ask", async (t) => {
  const api = await testApi(t);
  assert.equal((await documentOf(api)).openapi, "3.1.0");
  const routes = await routesOf(api);
  const open = routes.filter(({ isOpen }) => isOpen);
  assert.deepEqual(
    open.map(({ method, path }) => `${method} ${path}`),
    OPEN,
  );
  for (const { least, isOpen, path } of routes) assert.ok(isOpen || least !== "", path);
});

test("nothing is answered to whom nobody knows but what is open", async (t) => {
  const api = await testApi(t);
  const strangers = [
    { token: "wrong" },
    { browser: "nobody" },
    { browser: { cookie: "serviceradar=00ff", csrf: "x" } },
  ] as const;
  for (const route of await routesOf(api)) {
    for (const stranger of strangers) {
      const body = route.method === "GET" ? undefined : {};
      const request = requestOf(route, { tenant: "acme" });
      const { status } = await api.ask(request, { ...stranger, body });
      const isAnswered = status === 200 || status === 400 || /\/oidc/.test(route.path);
      if (route.isOpen) assert.ok(isAnswered, request);
      else assert.equal(status, 401, request);
    }
  }
});

test("a token of one tenant is refused under every path of another, whether that one exists or not", async (t) => {
  const api = await testApi(t);
  const { admin: token } = await api.tenant("acme");
  await api.tenant("globex");
  for (const route of await routesOf(api)) {
    if (!route.path.includes("{tenant}")) continue;
    for (const tenant of ["globex", "nobody"]) {
      const { status, json } = await api.ask<{ code: string; detail: string }>(
        requestOf(route, { tenant }),
        { token, body: route.method === "GET" ? undefined : {} },
      );
      assert.equal(status, 403, `${route.method} ${route.path}`);
      assert.equal(json.code, "other_tenant");
      assert.ok(!json.detail.includes(tenant));
    }
  }
});

test("a token of one tenant sees nothing of another on any route, even by the other's ids", async (t) => {
  const api = await testApi(t);
  const { admin: token } = await api.tenant("acme");
  await populate(api, "acme", "acme-mark");
  await api.tenant("globex");
  const others = await populate(api, "globex", "globex-mark");
  for (const route of await routesOf(api)) {
    if (route.method !== "GET" || route.isOpen) continue;
    const query = QUERIES[route.path.split("/").at(-1) ?? ""] ?? "";
    const request = `${requestOf(route, { ...others, uid: others.device_id, tenant: "acme" })}${query}`;
    const { status, json } = await api.ask(request, { token });
    const text = JSON.stringify(json).replaceAll(/"detail":"[^"\\]*(?:\\.[^"\\]*)*"/g, "");
    assert.ok(!text.includes("globex"), `${request}: ${text}`);
    const isOne = /\{(agent_id|source|run|device_id|uid|inbox_no|command_id|name|change)\}/.test(
      route.path,
    );
    if (isOne) assert.equal(status, 404, request);
    else assert.ok(status === 200 || status === 403, request);
  }
});

test("a token of one tenant changes nothing of another by the other's ids", async (t) => {
  const api = await testApi(t);
  const { admin: token } = await api.tenant("acme");
  await api.tenant("globex");
  const others = await populate(api, "globex", "globex-mark");
  const before = await everything(api, "globex");
  for (const route of await routesOf(api)) {
    if (route.method === "GET" || !/\{tenant\}.*\{\w+\}/.test(route.path)) continue;
    // A view of any name is the caller's own.
    if (route.path.endsWith("/views/{name}")) continue;
    const request = requestOf(route, { ...others, tenant: "acme", ...ABSENT });
    const body = BODIES[route.path.split("/").at(-1) ?? ""] ?? {};
    const { status } = await api.ask(request, { token, body });
    const isOfPlatform = route.least.startsWith("For the platform's");
    assert.equal(status, isOfPlatform ? 403 : 404, request);
  }
  assert.deepEqual(await everything(api, "globex"), before);
});

/** What a route that looks must be asked, by the last word of its path. */
const QUERIES: Readonly<Record<string, string>> = {
  completions: "?cursor=0",
  groups: `?query=${encodeURIComponent('stats:"count() by hostname"')}`,
};

/** What a route must be told before it looks for what it is about, by the last word of its path. */
const BODIES: Readonly<Record<string, object>> = {
  merge: { other: "sr:00000000-0000-4000-8000-000000000000" },
  "never-merge": { other: "sr:00000000-0000-4000-8000-000000000000" },
  "{username}": { role: "viewer" },
  lock: { field: "hostname", value: "x" },
  unlock: { field: "hostname" },
};

async function everything({ ask }: TestApi, tenant: string): Promise<unknown[]> {
  const parts = [
    "agents",
    "sources",
    "runs",
    "retractions",
    "retention",
    "devices",
    "tokens",
    "inbox",
    "refusals",
  ];
  const answers = parts.map((part) => ask(`GET /api/v1/tenants/${tenant}/${part}`));
  return (await Promise.all(answers)).map(({ json }) => json);
}

const RANKS = ["viewer", "operator", "admin"];

/** The rank that a route needs in the tenant of its path; Infinity where no role is enough. */
function rankNeeded({ least }: Route): number {
  const role = /^Least role: (\w+)/.exec(least)?.[1];
  if (role !== undefined) return RANKS.indexOf(role);
  return least === "For every caller who is known." ? -1 : Number.POSITIVE_INFINITY;
}

test("every route refuses a token and a user of too low a role, and lets pass those of enough", async (t) => {
  const api = await testApi(t);
  const tokens = Object.values(await api.tenant("acme"));
  const browsers: Browser[] = [];
  for (const role of RANKS) browsers.push(await api.logIn(role, { roles: { acme: role } }));
  for (const route of await routesOf(api)) {
    if (route.isOpen) continue;
    const needed = rankNeeded(route);
    const request = requestOf(route, { tenant: "acme", ...ABSENT });
    const body = route.method === "GET" ? undefined : {};
    const isOfSession = route.least.startsWith("For a browser's session");
    for (const rank of [Math.min(needed - 1, 2), needed].filter((one) => one in RANKS)) {
      const asked = isOfSession ? [] : [{ browser: browsers[rank] }];
      for (const who of [{ token: tokens[rank] }, ...asked]) {
        const { status } = await api.ask(request, { ...who, body });
        assert.equal(status === 403, rank < needed, `${RANKS[rank]} ${request}: ${status}`);
      }
    }
  }
});

test("a user sees nothing of a tenant where he is no member, whether it exists or not", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  await api.tenant("globex");
  const routes = (await routesOf(api)).filter(({ path }) => path.includes("{tenant}"));
  for (const role of RANKS) {
    const browser = await api.logIn(role, { roles: { acme: role } });
    for (const [no, route] of routes.entries()) {
      const body = route.method === "GET" ? undefined : {};
      const request = requestOf(route, { tenant: no % 2 === 0 ? "globex" : "nobody" });
      const { status, json } = await api.ask<{ code: string }>(request, { browser, body });
      assert.deepEqual([status, json.code], [403, "other_tenant"], request);
    }
  }
});

test("the platform's administrator sees no devices of a tenant without a role there", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const browser = await api.logIn("root", { isPlatformAdmin: true });
  for (const route of await routesOf(api)) {
    if (!route.path.includes("{tenant}") || /platform/.test(route.least)) continue;
    const body = route.method === "GET" ? undefined : {};
    const request = requestOf(route, { tenant: "acme" });
    const { status, json } = await api.ask<{ code: string }>(request, { browser, body });
    assert.deepEqual([status, json.code], [403, "role_too_low"], request);
  }
  const own = { browser, body: { role: "viewer" } };
  assert.equal((await api.ask("PUT /api/v1/tenants/acme/members/root", own)).status, 200);
  assert.equal((await api.ask("GET /api/v1/tenants/acme/devices", { browser })).status, 200);
});

test("an operator's token changes sources, but neither agents nor tokens", async (t) => {
  const api = await testApi(t);
  const { operator: token } = await api.tenant("acme");
  await api.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: "a1" } });
  const body = { sources: { n: { type: "netbox", endpoint: "https://n" } } };
  const ask = async (request: string): Promise<number> =>
    (await api.ask(request, { token, body })).status;
  assert.equal(await ask("POST /api/v1/tenants/acme/sources?agent_id=a1"), 200);
  assert.equal(await ask("POST /api/v1/tenants/acme/agents"), 403);
  assert.equal(await ask("POST /api/v1/tenants/acme/tokens"), 403);
  assert.equal(await ask("POST /api/v1/tenants"), 403);
});

test("a token's tenants are its own; the platform's administrator sees all", async (t) => {
  const api = await testApi(t);
  const { viewer: token } = await api.tenant("acme");
  await api.tenant("globex");
  const slugs = async (options: { token?: string }): Promise<readonly string[]> => {
    const path = "GET /api/v1/tenants";
    const { json } = await api.ask<{ tenants: { slug: string }[] }>(path, options);
    return json.tenants.map(({ slug }) => slug);
  };
  assert.deepEqual(await slugs({ token }), ["acme"]);
  assert.deepEqual(await slugs({}), ["acme", "globex"]);
});

test("no header makes a token's bearer the platform's administrator", async (t) => {
  const api = await testApi(t);
  const { admin: token } = await api.tenant("acme");
  const headers = { "x-serviceradar-actor": "root", "x-forwarded-for": "127.0.0.1" };
  const made = await api.ask("POST /api/v1/tenants", { token, headers, body: { slug: "evil" } });
  assert.equal(made.status, 403);
  await api.ask("POST /api/v1/tenants/acme/agents", { token, headers, body: { agent_id: "a1" } });
  const { rows } = await api.db.query<{ actor: string }>(
    "select actor from sync.audit where action = 'agent.register'",
  );
  assert.deepEqual(rows, [{ actor: "token:admin" }]);
});

test("the platform's administrator sees a tenant's authorities without a role there", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const browser = await api.logIn("root", { isPlatformAdmin: true });
  const path = "GET /api/v1/tenants/acme/authorities";
  assert.equal((await api.ask(path, { browser })).status, 200);
  const stranger = await api.logIn("ann");
  assert.equal((await api.ask(path, { browser: stranger })).status, 403);
});

test("the platform's administrator sees all tenants' authorities in one answer, and nobody else does", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const { admin: token } = await api.tenant("globex");
  const path = "GET /api/v1/authorities";
  const browser = await api.logIn("root", { isPlatformAdmin: true });
  type Answer = {
    readonly authorities: readonly { readonly tenant: string }[];
    readonly next?: string;
  };
  const listed = async (query: string): Promise<readonly [readonly string[], string]> => {
    const { json } = await api.ask<Answer>(`${path}${query}`, { browser });
    return [json.authorities.map(({ tenant }) => tenant), json.next ?? ""];
  };
  assert.deepEqual(await listed(""), [["acme", "globex"], ""]);
  const [first, next] = await listed("?limit=1");
  assert.deepEqual(first, ["acme"]);
  assert.deepEqual(await listed(`?after=${next}`), [["globex"], ""]);
  assert.equal((await api.ask(path, { token })).status, 403);
});

test("the platform's administrator sees how every tenant fares, and nobody else does", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const { admin: token } = await api.tenant("globex");
  await api.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: "a1" } });
  const path = "GET /api/v1/tenant-health";
  const browser = await api.logIn("root", { isPlatformAdmin: true });
  type Health = { readonly slug: string; readonly agents: object; readonly authorities: number };
  const { json } = await api.ask<{ tenants: readonly Health[] }>(path, { browser });
  assert.deepEqual(
    json.tenants.map(({ slug, agents, authorities }) => [slug, agents, authorities]),
    [
      ["acme", { total: 1, online: 0, silent: 0, stopped: 0, never_seen: 1 }, 1],
      ["globex", { total: 0, online: 0, silent: 0, stopped: 0, never_seen: 0 }, 1],
    ],
  );
  const { next } = (await api.ask<{ next?: string }>(`${path}?limit=1`, { browser })).json;
  const rest = await api.ask<{ tenants: readonly Health[] }>(`${path}?after=${next}`, { browser });
  assert.deepEqual(
    rest.json.tenants.map(({ slug }) => slug),
    ["globex"],
  );
  assert.equal((await api.ask(path, { token })).status, 403);
  // One that was revoked certifies nobody, so it neither counts nor ends.
  const { json: all } = await api.ask<{ authorities: readonly { readonly no: number }[] }>(
    "GET /api/v1/tenants/acme/authorities",
    { browser },
  );
  const revoke = `POST /api/v1/tenants/acme/authorities/${all.authorities[0]?.no}/revoke`;
  const revoked = await api.ask(revoke, { browser });
  assert.equal(revoked.status, 200);
  const after = await api.ask<{ tenants: readonly Health[] }>(path, { browser });
  assert.equal(after.json.tenants[0]?.authorities, 1);
});

test("how long the audit is kept an admin alone may say, since an operator stands in it", async (t) => {
  const api = await testApi(t);
  const { admin, operator } = await api.tenant("acme");
  const path = "PATCH /api/v1/tenants/acme/retention";
  const asked = async (token: string, body: object): Promise<number> =>
    (await api.ask(path, { token, body })).status;
  assert.equal(await asked(operator, { audit_days: 30 }), 403);
  assert.equal(await asked(operator, { command_days: 30 }), 200);
  assert.equal(await asked(admin, { audit_days: 30 }), 200);
});
