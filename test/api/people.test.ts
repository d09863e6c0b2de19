/** Log-in: the first user, passwords, one-time links, sessions and their ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";

import type { Client } from "../../src/api/caller.ts";
import { hashArgon2, matchesArgon2 } from "../../src/control/argon2.ts";
import { countAttempt } from "../../src/control/login-attempts.ts";
import { makeOneTimeToken, SETUP_LIFE_MS } from "../../src/control/one-time-tokens.ts";
import { Passwords } from "../../src/control/passwords.ts";
import { Secret } from "../../src/lib/secret.ts";
import { browserOf, type Answer, type TestApi } from "../support/api-over.ts";
import { refuseInAudit, testApi } from "../support/api.ts";

const HOUR_MS = 3_600_000;
const PASSWORD = "correct horse battery";

type Session = {
  readonly user: { readonly username: string; readonly is_platform_admin: boolean };
  readonly csrf_token: string;
  readonly tenants: readonly { readonly slug: string; readonly role: string }[];
  readonly code?: string;
};

const nobody = { browser: "nobody" } as const;

async function setupToken({ db, clock }: TestApi): Promise<string> {
  const made = await makeOneTimeToken(db, { nowMs: clock.nowMs, lifeMs: SETUP_LIFE_MS });
  return made.reveal();
}

function setUp(api: TestApi, token: string, username = "Root"): Promise<Answer<Session>> {
  const body = { token, username, password: PASSWORD };
  return api.ask<Session>("POST /api/v1/setup", { ...nobody, body });
}

async function tryPassword(
  { ask }: TestApi,
  { username = "root", password = PASSWORD } = {},
): Promise<readonly [number, string | undefined]> {
  const request = { ...nobody, body: { username, password } };
  const { status, json } = await ask<Session>("POST /api/v1/session", request);
  return [status, json.code];
}

test("the first user is made with the token of a start, once, and is admin of every tenant", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  await api.tenant("globex");
  const needed = async (): Promise<unknown> => (await api.ask("GET /api/v1/setup", nobody)).json;
  assert.deepEqual(await needed(), { needed: true });
  assert.equal((await setUp(api, "guessed")).status, 401);
  const [token, other] = [await setupToken(api), await setupToken(api)];
  const made = await setUp(api, token);
  assert.equal(made.status, 200);
  assert.equal(made.json.user.username, "root");
  assert.equal(made.json.user.is_platform_admin, true);
  assert.deepEqual(
    made.json.tenants.map(({ slug, role }) => `${slug}:${role}`),
    ["acme:admin", "globex:admin"],
  );
  assert.deepEqual(await needed(), { needed: false });
  assert.equal((await setUp(api, other, "second")).json.code, "set_up_already");
  const list = await api.ask<{ users: unknown[] }>("GET /api/v1/users", {
    browser: browserOf(made),
  });
  assert.equal(list.json.users.length, 1);
});

test("a set-up token ends with its time", async (t) => {
  const api = await testApi(t);
  const token = await setupToken(api);
  api.clock.nowMs += SETUP_LIFE_MS;
  assert.equal((await setUp(api, token)).json.code, "wrong_credentials");
});

test("a password logs in, a wrong one and an unknown name are told alike", async (t) => {
  const api = await testApi(t);
  await setUp(api, await setupToken(api));
  assert.deepEqual(await tryPassword(api, { username: " ROOT " }), [200, undefined]);
  const wrong = [401, "wrong_credentials"];
  assert.deepEqual(await tryPassword(api, { password: "wrong horse battery" }), wrong);
  assert.deepEqual(await tryPassword(api, { username: "nobody" }), wrong);
});

test("neither passwords nor session ids nor links are in the database, and no hash is in an answer", async (t) => {
  const api = await testApi(t);
  const made = await setUp(api, await setupToken(api));
  const browser = browserOf(made);
  const link = await api.ask<{ link: string }>("POST /api/v1/users/root/link");
  const { rows } = await api.db.query<{ dump: string }>(
    `select concat((select json_agg(a)::text from sync.users a), (select json_agg(a)::text from sync.sessions a),
                   (select json_agg(a)::text from sync.one_time_tokens a), (select json_agg(a)::text from sync.audit a)) as dump`,
  );
  const dump = rows[0]?.dump ?? "";
  const secrets = [PASSWORD, browser.cookie.split("=")[1] ?? "", browser.csrf, link.json.link];
  for (const secret of secrets) assert.ok(!dump.includes(secret));
  const { json } = await api.ask("GET /api/v1/users", { browser });
  assert.ok(!JSON.stringify(json).includes("argon2"));
});

test("a name may be tried ten times from an address in a quarter of an hour, whoever has it or not", async (t) => {
  const api = await testApi(t);
  for (let tried = 0; tried < 10; tried += 1) {
    assert.equal((await tryPassword(api, { username: "ghost" }))[0], 401);
  }
  const request = { ...nobody, body: { username: "ghost", password: PASSWORD } };
  const refused = await api.ask<Session>("POST /api/v1/session", request);
  assert.deepEqual([refused.status, refused.json.code], [429, "too_many_attempts"]);
  assert.equal(refused.headers.get("retry-after"), "900");
  api.clock.nowMs += HOUR_MS / 4;
  assert.equal((await tryPassword(api, { username: "ghost" }))[0], 401);
});

test("an address that tries too often is counted alone: it neither shuts names out nor fills the table", async (t) => {
  const { db, clock } = await testApi(t);
  const tried = async (username: string, address: string): Promise<number | undefined> =>
    await countAttempt(db, { username, address }, clock.nowMs);
  for (let no = 0; no < 60; no += 1) {
    assert.equal(await tried(`name-${no}`, "192.0.2.1"), undefined);
  }
  for (let no = 0; no < 20; no += 1) assert.equal(await tried("root", "192.0.2.1"), HOUR_MS / 4);
  assert.equal((await db.query("select from sync.login_attempts")).count, 1 + 2 * 60);
  assert.equal(await tried("root", "192.0.2.2"), undefined);
});

test("a stranger who tries a known name shuts nobody out elsewhere; ten addresses together are held back", async (t) => {
  const { db, clock } = await testApi(t);
  const tried = async (address: string): Promise<number | undefined> =>
    await countAttempt(db, { username: "root", address }, clock.nowMs);
  for (let no = 0; no < 30; no += 1) await tried("192.0.2.1");
  assert.equal(await tried("192.0.2.1"), HOUR_MS / 4);
  assert.equal(await tried("198.51.100.7"), undefined);
  for (let host = 2; host < 12; host += 1) {
    for (let no = 0; no < 10; no += 1) await tried(`192.0.2.${host}`);
  }
  assert.equal(await tried("198.51.100.7"), HOUR_MS / 4);
});

test("IPv6 is counted by the network of 64 bits that one host may have all of", async (t) => {
  const { db, clock } = await testApi(t);
  const tried = async (address: string): Promise<number | undefined> =>
    await countAttempt(db, { address }, clock.nowMs);
  for (let no = 1; no <= 60; no += 1) {
    assert.equal(await tried(`2001:db8:0:7::${no.toString(16)}`), undefined);
  }
  assert.equal(await tried("2001:db8:0:7:ffff::1"), HOUR_MS / 4);
  assert.equal(await tried("2001:db8:0:8::1"), undefined);
});

test("tries that are over leave the table though nobody ever logs in", async (t) => {
  const api = await testApi(t);
  await tryPassword(api, { username: "ghost" });
  await api.db.query("update sync.audit set at = now() - interval '401 days'");
  api.clock.nowMs += 25 * HOUR_MS;
  await tryPassword(api, { username: "other" });
  const { rows } = await api.db.query("select since from sync.login_attempts group by 1");
  assert.equal(rows.length, 1, "those of before are gone");
  const { json } = await api.ask<{ entries: unknown[] }>("GET /api/v1/audit?action=login");
  assert.equal(json.entries.length, 1, "log-ins leave the audit after 400 days");
});

test("log-ins are in the platform's audit, with how and from where; no name that nobody has is", async (t) => {
  const api = await testApi(t);
  await setUp(api, await setupToken(api));
  await tryPassword(api);
  await tryPassword(api, { password: "something else" });
  await tryPassword(api, { username: "my secret password", password: "x" });
  for (let no = 0; no < 12; no += 1) await tryPassword(api, { password: "something else" });
  type Entry = { action: string; subject: string; actor: string; after: object };
  const { json } = await api.ask<{ entries: Entry[] }>("GET /api/v1/audit?action=login");
  const refused = (subject: string, why: string): unknown => [
    "login.refuse",
    subject,
    { by: "password", address: "local", why },
  ];
  const entries = json.entries.map(({ action, subject, after }) => [action, subject, after]);
  const wrong = entries.filter((entry) =>
    isDeepStrictEqual(entry, refused("root", "wrong_password")),
  );
  assert.equal(wrong.length, 10, "ten of them were looked at");
  assert.deepEqual(entries.at(0), refused("root", "too_many_attempts"), "told once");
  assert.equal(entries.filter(([, subject]) => subject === "unknown").length, 1);
  assert.deepEqual(entries.slice(-2), [
    ["login.begin", "root", { by: "password", address: "local" }],
    ["login.begin", "root", { by: "set_up", address: "local" }],
  ]);
  assert.ok(!JSON.stringify(json).includes("my secret"));
});

test("a password's hash is the same whichever of the two ways it is made", async () => {
  const salt = Buffer.alloc(16, 1);
  // Of node's own and of hash-wasm 4.12 alike.
  const known =
    "$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$pAnFNQGl5e4mjzMetF/HBP9vNFFoqwXE3WkWXsbpCr8";
  assert.equal(await hashArgon2("hello world 12", salt), known);
  assert.equal(await matchesArgon2("hello world 12", known), true);
  assert.equal(await matchesArgon2("hello world 13", known), false);
  assert.equal(await matchesArgon2("hello world 12", "plain text"), false);
});

test("while hashes are made, and between those that wait, whatever else waits has its turn", async () => {
  const passwords = new Passwords();
  let turns = 0;
  const count = (): void => {
    turns += 1;
    loop = setImmediate(count);
  };
  let loop = setImmediate(count);
  const hashes = Array.from({ length: 3 }, () => passwords.matches(undefined, new Secret("x")));
  await hashes[0];
  // Deno makes them in the thread that asks.
  if (!("Deno" in globalThis)) assert.ok(turns > 10, `${turns} turns while the first was made`);
  const before = turns;
  await Promise.all(hashes);
  clearImmediate(loop);
  assert.ok(turns > before);
});

test("a link logs in once, within a quarter of an hour", async (t) => {
  const api = await testApi(t);
  await api.logIn("ann");
  const link = async (): Promise<string> =>
    (await api.ask<{ link: string }>("POST /api/v1/users/ann/link")).json.link;
  const follow = async (text: string): Promise<number> =>
    (await api.ask("POST /api/v1/session", { ...nobody, body: { link: text } })).status;
  const [once, late] = [await link(), await link()];
  assert.equal(await follow(once), 200);
  assert.equal(await follow(once), 401);
  api.clock.nowMs += HOUR_MS / 4;
  assert.equal(await follow(late), 401);
});

test("a link that would let nobody in is not made", async (t) => {
  const api = await testApi(t);
  await api.logIn("ann");
  await api.ask("PATCH /api/v1/users/ann", { body: { is_disabled: true } });
  const { status, json } = await api.ask<{ detail: string }>("POST /api/v1/users/ann/link");
  assert.deepEqual([status, /"ann" is disabled/.test(json.detail)], [409, true]);
});

test("a session ends when it is unused for half a day, and after a week however much it is used", async (t) => {
  const api = await testApi(t);
  const browser = await api.logIn("ann");
  const look = async (): Promise<number> =>
    (await api.ask("GET /api/v1/session", { browser })).status;
  for (let days = 0; days < 6.9; days += 0.4) {
    assert.equal(await look(), 200);
    api.clock.nowMs += 0.4 * 24 * HOUR_MS;
  }
  assert.equal(await look(), 401);
  const idle = await api.logIn("bob");
  api.clock.nowMs += 12 * HOUR_MS;
  assert.equal((await api.ask("GET /api/v1/session", { browser: idle })).status, 401);
});

test("logging out ends the session in the database, and in the browser", async (t) => {
  const api = await testApi(t);
  const browser = await api.logIn("ann");
  const out = await api.ask("DELETE /api/v1/session", { browser });
  assert.equal(out.status, 204);
  assert.match(out.headers.get("set-cookie") ?? "", /^serviceradar=; Max-Age=0/);
  assert.equal((await api.ask("GET /api/v1/session", { browser })).status, 401);
});

test("a change needs the session's token and a page of our own; looking does not", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const browser = await api.logIn("ann", { roles: { acme: "admin" } });
  const body = { name: "x" };
  const make = async (headers: Readonly<Record<string, string>>, csrf = browser.csrf) =>
    await api.ask<Session>("POST /api/v1/tenants/acme/tokens", {
      browser: { ...browser, csrf },
      headers,
      body,
    });
  assert.equal((await make({}, "")).json.code, "csrf");
  assert.equal((await make({ origin: "https://evil.example" })).json.code, "csrf");
  assert.equal((await make({ origin: "http://core" })).status, 201);
  const looking = { browser: { ...browser, csrf: "" } };
  assert.equal((await api.ask("GET /api/v1/tenants/acme", looking)).status, 200);
  const login = { ...nobody, body: { link: "x" }, headers: { origin: "https://evil.example" } };
  assert.equal((await api.ask<Session>("POST /api/v1/session", login)).json.code, "csrf");
});

test("a new password ends the other sessions, and being disabled ends all", async (t) => {
  const api = await testApi(t);
  const here = browserOf(await setUp(api, await setupToken(api)));
  const there = await api.logIn("root");
  const look = async (browser: typeof here): Promise<number> =>
    (await api.ask("GET /api/v1/session", { browser })).status;
  const change = async (body: object): Promise<number> =>
    (await api.ask("POST /api/v1/session/password", { browser: here, body })).status;
  assert.equal(await change({ current: "wrong", new: "a much longer one" }), 403);
  assert.equal(await change({ current: PASSWORD, new: "short" }), 400);
  assert.equal(await look(there), 200);
  assert.equal(await change({ current: PASSWORD, new: "a much longer one" }), 204);
  assert.deepEqual([await look(here), await look(there)], [200, 401]);
  assert.deepEqual(await tryPassword(api), [401, "wrong_credentials"]);
  assert.equal((await tryPassword(api, { password: "a much longer one" }))[0], 200);
  const disable = { body: { is_disabled: true } };
  assert.equal((await api.ask("PATCH /api/v1/users/root", disable)).status, 200);
  assert.equal(await look(here), 401);
  assert.equal((await tryPassword(api, { password: "a much longer one" }))[0], 401);
});

test("who came by a link alone sets a first password without one, and whoever has one never does", async (t) => {
  const api = await testApi(t);
  const browser = await api.logIn("ann");
  const change = async (body: object): Promise<number> =>
    (await api.ask("POST /api/v1/session/password", { browser, body })).status;
  await api.db.query("update sync.users set password_hash = null where username = 'ann'");
  await api.db.query(
    "update sync.users set oidc_issuer = 'i', oidc_subject = 's' where username = 'ann'",
  );
  assert.equal(await change({ new: "a much longer one" }), 403);
  await api.db.query(
    "update sync.users set oidc_issuer = null, oidc_subject = null where username = 'ann'",
  );
  assert.equal(await change({ new: "a much longer one" }), 204);
  assert.equal(await change({ new: "another longer one" }), 403);
});

test("the last administrator of the platform can neither go nor step down in the browser", async (t) => {
  const api = await testApi(t);
  const browser = browserOf(await setUp(api, await setupToken(api)));
  const code = async (request: string, body?: object): Promise<string | undefined> =>
    (await api.ask<Session | null>(request, { browser, body })).json?.code;
  assert.equal(await code("DELETE /api/v1/users/root"), "last_platform_admin");
  const down = { is_platform_admin: false };
  assert.equal(await code("PATCH /api/v1/users/root", down), "last_platform_admin");
  await api.logIn("deputy", { isPlatformAdmin: true });
  assert.equal(await code("PATCH /api/v1/users/root", down), undefined);
});

test("of two administrators who take each other's rights away at once, one keeps them", async (t) => {
  const api = await testApi(t);
  for (let round = 0; round < 3; round += 1) {
    const names = [`a-${round}`, `b-${round}`];
    await api.db.query("update sync.users set is_platform_admin = false");
    const browsers = await Promise.all(
      names.map((name) => api.logIn(name, { isPlatformAdmin: true })),
    );
    const codes = await Promise.all(
      browsers.map(async (browser, i) => {
        const path = `/api/v1/users/${names[1 - i] ?? ""}`;
        const asked =
          round === 2
            ? api.ask<Session | null>(`DELETE ${path}`, { browser })
            : api.ask<Session>(`PATCH ${path}`, { browser, body: { is_platform_admin: false } });
        return (await asked).status;
      }),
    );
    const { rows } = await api.db.query("select from sync.users where is_platform_admin");
    assert.equal(rows.length, 1, `round ${round}: ${codes.join()}`);
  }
});

test("over two replicas a session is one, ends as one, and tries to log in are counted together", async (t) => {
  const one = await testApi(t);
  const other = await testApi(t, { db: one.db });
  const browser = browserOf(await setUp(one, await setupToken(one)));
  const session = async ({ ask }: TestApi): Promise<number> =>
    (await ask("GET /api/v1/session", { browser })).status;
  assert.deepEqual([await session(one), await session(other)], [200, 200]);
  const out = await other.ask("DELETE /api/v1/session", { browser });
  assert.deepEqual([out.status, await session(one), await session(other)], [204, 401, 401]);
  const wrong = { password: "a guess of mine" };
  for (let no = 0; no < 10; no += 1) await tryPassword(no % 2 === 0 ? one : other, wrong);
  for (const api of [one, other]) {
    assert.deepEqual(await tryPassword(api), [429, "too_many_attempts"]);
  }
});

test("no session begins that the audit does not know", async (t) => {
  const api = await testApi(t);
  await setUp(api, await setupToken(api));
  await api.db.query("delete from sync.sessions");
  await refuseInAudit(api.db, "login.begin");
  const body = { username: "root", password: PASSWORD };
  const { status, headers } = await api.ask("POST /api/v1/session", { ...nobody, body });
  assert.deepEqual([status, headers.get("set-cookie")], [500, null]);
  assert.equal((await api.db.query("select from sync.sessions")).rows.length, 0);
});

test("what is done to users and members is in the audit, with what was before", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  await api.logIn("ann", { roles: { acme: "viewer" } });
  await api.ask("PUT /api/v1/tenants/acme/members/ann", { body: { role: "admin" } });
  await api.ask("PATCH /api/v1/users/ann", { body: { display_name: "Ann B." } });
  type Entries = {
    entries: { action: string; subject: string; before?: object; after?: object }[];
  };
  const of = async (path: string): Promise<Entries["entries"][number] | undefined> =>
    (await api.ask<Entries>(`GET ${path}`)).json.entries[0];
  const granted = await of("/api/v1/tenants/acme/audit?action=member&limit=1");
  assert.deepEqual(
    [granted?.action, granted?.subject, granted?.before, granted?.after],
    ["member.grant", "ann", { role: "viewer" }, { role: "admin" }],
  );
  const linked = await of("/api/v1/audit?action=user.link");
  assert.equal(linked?.subject, "ann");
  assert.deepEqual(Object.keys(linked?.after ?? {}), ["link_expires_at"]);
  const changed = await of("/api/v1/audit?action=user.change");
  assert.deepEqual(changed?.before, {
    display_name: "ann",
    is_platform_admin: false,
    is_disabled: false,
  });
});

test("a tenant that a user makes has him as its admin", async (t) => {
  const api = await testApi(t);
  const browser = await api.logIn("root", { isPlatformAdmin: true });
  const made = { browser, body: { slug: "acme" } };
  assert.equal((await api.ask("POST /api/v1/tenants", made)).status, 201);
  const { json } = await api.ask<Session>("GET /api/v1/session", { browser });
  assert.deepEqual(
    json.tenants.map(({ slug, role }) => `${slug}:${role}`),
    ["acme:admin"],
  );
});

test("a password is not taken over a line that others can read, and a page of another host is not ours", async (t) => {
  const api = await testApi(t);
  const ask = async (client: Client, headers: Readonly<Record<string, string>> = {}) => {
    const request = new Request("http://core/api/v1/session", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ username: "ann", password: PASSWORD }),
    });
    const answer = await api.app.fetch(request, { client });
    return ((await answer.json()) as Session).code;
  };
  const far = { address: "192.0.2.1", isTls: false, isPrivate: false, host: "core:8080" };
  assert.equal(await ask(far), "tls_required");
  const byTls = { ...far, isTls: true, isPrivate: true };
  assert.equal(await ask(byTls, { origin: "https://core:8080" }), "wrong_credentials");
  assert.equal(await ask(byTls, { origin: "http://core:8080" }), "csrf");
});
