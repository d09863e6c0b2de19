/** Log-in by an identity provider, through a browser's redirects, against a fake one. */
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { ownPath } from "../../src/api/oidc-routes.ts";
import { Oidc } from "../../src/api/oidc.ts";
import { parseGroupRole, rolesOf } from "../../src/control/oidc-roles.ts";
import { makeOneTimeToken } from "../../src/control/one-time-tokens.ts";
import { Secret } from "../../src/lib/secret.ts";
import { CLIENT_ID, startOidc, type OidcFault } from "../fakes/oidc-server.ts";
import type { TestApi } from "../support/api-over.ts";
import { refuseInAudit, testApi } from "../support/api.ts";

const provider = await startOidc();
after(provider.stop);

async function withProvider(hooks: Parameters<typeof testApi>[0]): Promise<TestApi> {
  const { issuer, clientSecret } = provider;
  provider.fault = undefined;
  const oidc = new Oidc({
    issuer,
    clientId: CLIENT_ID,
    clientSecret: new Secret(clientSecret),
    name: "Our directory",
    groupsClaim: "groups",
    roles: [
      { group: "ops", tenant: "acme", role: "operator" },
      { group: "all", tenant: "acme", role: "viewer" },
      { group: "ops", tenant: "nowhere", role: "admin" },
    ],
    platformGroup: "roots",
  });
  return await testApi(hooks, { oidc });
}

type Step = { readonly location: string; readonly cookies: string };

async function get({ app }: TestApi, path: string, cookies = ""): Promise<Step> {
  const request = new Request(new URL(path, "http://core"), { headers: { cookie: cookies } });
  const answer = await app.fetch(request, {});
  await answer.text();
  assert.equal(answer.status, 302);
  const kept = answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0] ?? "");
  return { location: answer.headers.get("location") ?? "", cookies: kept.join("; ") };
}

/** Goes the whole way; gives where it ends, and the cookies of the end. */
async function logIn(api: TestApi, fault?: OidcFault): Promise<Step> {
  provider.fault = fault;
  const away = await get(api, "/api/v1/login/oidc?return_to=/t/acme");
  const there = await fetch(away.location, { redirect: "manual" });
  await there.text();
  const back = new URL(there.headers.get("location") ?? "");
  assert.equal(back.host, "core");
  return await get(api, `${back.pathname}${back.search}`, away.cookies);
}

type Session = {
  readonly user: { readonly username: string; readonly is_platform_admin: boolean };
  readonly tenants: readonly { readonly slug: string; readonly role: string }[];
};

async function sessionOf({ ask }: TestApi, { cookies }: Step): Promise<Session> {
  const browser = { cookie: cookies, csrf: "" };
  return (await ask<Session>("GET /api/v1/session", { browser })).json;
}

test("who is in a group that has a role is let in with it, and keeps what was given here", async (t) => {
  const api = await withProvider(t);
  await api.tenant("acme");
  await api.tenant("globex");
  provider.claims = { sub: "1", preferred_username: "Ann", name: "Ann B.", groups: ["ops", "all"] };
  const first = await logIn(api);
  assert.equal(first.location, "/t/acme");
  const { user, tenants } = await sessionOf(api, first);
  assert.deepEqual([user.username, user.is_platform_admin], ["ann", false]);
  assert.deepEqual(
    tenants.map(({ slug, role }) => `${slug}:${role}`),
    ["acme:operator"],
  );
  await api.ask("PUT /api/v1/tenants/globex/members/ann", { body: { role: "admin" } });
  provider.claims = { sub: "1", preferred_username: "ann.b", groups: ["roots"] };
  const second = await sessionOf(api, await logIn(api));
  assert.deepEqual([second.user.username, second.user.is_platform_admin], ["ann", true]);
  assert.deepEqual(
    second.tenants.map(({ slug, role }) => `${slug}:${role}`),
    ["globex:admin"],
  );
});

test("a provider's user whom the audit cannot note is not let in", async (t) => {
  const api = await withProvider(t);
  await api.tenant("acme");
  provider.claims = { sub: "7", preferred_username: "dan", groups: ["all"] };
  await refuseInAudit(api.db, "login.begin");
  await assert.rejects(logIn(api));
  assert.equal((await api.db.query("select from sync.sessions")).rows.length, 0);
});

test("who is in no such group, is disabled, or bears a local user's name, is not let in", async (t) => {
  const api = await withProvider(t);
  await api.tenant("acme");
  provider.claims = { sub: "2", preferred_username: "bob", groups: ["others"] };
  assert.equal((await logIn(api)).location, "/login#error=oidc_no_role");
  await api.logIn("bob");
  provider.claims = { sub: "2", preferred_username: "bob", groups: ["all"] };
  assert.equal((await logIn(api)).location, "/login#error=oidc_name_taken");
  provider.claims = { sub: "3", preferred_username: "cid", groups: "all" };
  assert.equal((await logIn(api)).location, "/t/acme");
  await api.ask("PATCH /api/v1/users/cid", { body: { is_disabled: true } });
  assert.equal((await logIn(api)).location, "/login#error=oidc_disabled");
});

test("a provider's user who comes before the set-up leaves it open; log-ins by a provider are in the audit", async (t) => {
  const api = await withProvider(t);
  await api.tenant("acme");
  provider.claims = { sub: "9", preferred_username: "eve", groups: ["all"] };
  assert.equal((await logIn(api)).location, "/t/acme");
  const nobody = { browser: "nobody" } as const;
  const needed = async (): Promise<unknown> => (await api.ask("GET /api/v1/setup", nobody)).json;
  assert.deepEqual(await needed(), { needed: true });
  const made = await makeOneTimeToken(api.db, { nowMs: api.clock.nowMs, lifeMs: 60_000 });
  const setUp = async (username: string): Promise<number> => {
    const body = { token: made.reveal(), username, password: "correct horse battery" };
    return (await api.ask("POST /api/v1/setup", { ...nobody, body })).status;
  };
  assert.equal(await setUp("eve"), 409, "her name is hers");
  assert.equal(await setUp("root"), 200);
  assert.deepEqual(await needed(), { needed: false });
  const { json } = await api.ask<{ entries: { subject: string; after: object }[] }>(
    "GET /api/v1/audit?action=login.begin",
  );
  assert.deepEqual(json.entries.at(-1)?.after, { by: "oidc", address: "local" });
  assert.equal(json.entries.at(-1)?.subject, "eve");
});

for (const fault of ["nonce", "signature", "audience", "expired", "pkce"] as const) {
  test(`an answer of the provider with a wrong ${fault} lets nobody in`, async (t) => {
    const api = await withProvider(t);
    await api.tenant("acme");
    provider.claims = { sub: "1", preferred_username: "ann", groups: ["ops"] };
    const end = await logIn(api, fault);
    assert.equal(end.location, "/login#error=oidc_refused");
    assert.doesNotMatch(end.cookies, /serviceradar=[0-9a-f]/);
  });
}

test("an answer without the cookie of its beginning, or after ten minutes, lets nobody in", async (t) => {
  const api = await withProvider(t);
  const strange = await get(api, "/api/v1/login/oidc/callback?code=x&state=y");
  assert.equal(strange.location, "/login#error=oidc_expired");
  const away = await get(api, "/api/v1/login/oidc");
  api.clock.nowMs += 600_000;
  const late = await get(api, "/api/v1/login/oidc/callback?code=x&state=y", away.cookies);
  assert.equal(late.location, "/login#error=oidc_expired");
});

test("the ways of log-in name the provider, and without one there is none", async (t) => {
  const api = await withProvider(t);
  const ways = await api.ask("GET /api/v1/login", { browser: "nobody" });
  assert.deepEqual(ways.json, { password: true, oidc: { name: "Our directory" } });
  const without = await testApi(t);
  const nobody = { browser: "nobody" } as const;
  assert.equal((await without.ask("GET /api/v1/login/oidc", nobody)).status, 404);
});

/** Of our origin until they are resolved: then a path that a browser reads as a host. */
const HIDDEN = ["/.//evil.example", "/x/..//evil.example", "/%2e//evil.example"];

test("a log-in returns to a path of our own alone", () => {
  assert.equal(ownPath("/t/acme/devices?q=a#b"), "/t/acme/devices?q=a#b");
  for (const foreign of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "x",
    "",
    ...HIDDEN,
  ]) {
    assert.equal(ownPath(foreign), "/", foreign);
  }
});

test("of several groups the highest role counts, and a mapping is read by its last equals sign", () => {
  const read = parseGroupRole("cn=ops,dc=x=acme:admin");
  assert.deepEqual(read, {
    ok: true,
    value: { group: "cn=ops,dc=x", tenant: "acme", role: "admin" },
  });
  for (const wrong of ["ops", "ops=acme", "ops=acme:root", "=acme:admin"]) {
    assert.equal(parseGroupRole(wrong).ok, false, wrong);
  }
  const mapping = [
    { group: "a", tenant: "t", role: "admin" },
    { group: "b", tenant: "t", role: "viewer" },
  ] as const;
  assert.deepEqual([...rolesOf(["b", "a"], mapping)], [["t", "admin"]]);
});
