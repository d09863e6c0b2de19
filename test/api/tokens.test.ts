import assert from "node:assert/strict";
import { test } from "node:test";

import { testApi } from "../support/api.ts";

const TOKENS = "/api/v1/tenants/acme/tokens";
const HOUR_MS = 3_600_000;

type Token = {
  readonly token_no: number;
  readonly name: string;
  readonly state: string;
  readonly last_used_at?: string;
};

test("a token is shown once, and only its hash is kept", async (t) => {
  const { ask, db } = await testApi(t);
  await ask("POST /api/v1/tenants", { body: { slug: "acme" } });
  const { status, json } = await ask<{ token: string; about: Token }>(`POST ${TOKENS}`, {
    body: { name: "ci" },
  });
  assert.equal(status, 201);
  assert.match(json.token, /^srt_[0-9a-f]{64}$/);
  assert.equal(json.about.state, "valid");
  const list = await ask(`GET ${TOKENS}`);
  assert.ok(!JSON.stringify(list.json).includes(json.token));
  const { rows } = await db.query<{ dump: string }>(
    "select (select json_agg(a)::text from sync.api_tokens a) || (select json_agg(a)::text from sync.audit a) as dump",
  );
  assert.ok(!(rows[0]?.dump ?? "").includes(json.token.slice(4)));
});

test("a token holds until its time is over", async (t) => {
  const { ask, clock } = await testApi(t);
  await ask("POST /api/v1/tenants", { body: { slug: "acme" } });
  const { json } = await ask<{ token: string }>(`POST ${TOKENS}`, {
    body: { name: "brief", role: "admin", expires_in: "1h" },
  });
  const token = json.token;
  clock.nowMs += HOUR_MS - 1;
  assert.equal((await ask(`GET ${TOKENS}`, { token })).status, 200);
  clock.nowMs += 1;
  const late = await ask<{ code: string }>(`GET ${TOKENS}`, { token });
  assert.deepEqual([late.status, late.json.code], [401, "token_expired"]);
  assert.equal(late.headers.get("www-authenticate"), "Bearer");
  const list = await ask<{ tokens: Token[] }>(`GET ${TOKENS}`);
  assert.deepEqual(
    list.json.tokens.map(({ state }) => state),
    ["expired"],
  );
});

test("a revoked token is refused from the next request on", async (t) => {
  const api = await testApi(t);
  const { viewer } = await api.tenant("acme");
  const look = async (): Promise<readonly [number, string | undefined]> => {
    const { status, json } = await api.ask<{ code?: string }>("GET /api/v1/tenants/acme", {
      token: viewer,
    });
    return [status, json.code];
  };
  assert.deepEqual(await look(), [200, undefined]);
  const revoked = await api.ask<Token>(`POST ${TOKENS}/1/revoke`);
  assert.deepEqual([revoked.status, revoked.json.state], [200, "revoked"]);
  assert.deepEqual(await look(), [401, "token_revoked"]);
  assert.equal((await api.ask(`POST ${TOKENS}/1/revoke`)).status, 200);
  assert.equal((await api.ask(`POST ${TOKENS}/77/revoke`)).status, 404);
  assert.equal((await api.ask(`POST ${TOKENS}/one/revoke`)).status, 404);
});

test("a use is noted, and not again within the minute", async (t) => {
  const api = await testApi(t);
  const { viewer: token } = await api.tenant("acme");
  const noted = async (): Promise<string | undefined> => {
    const { json } = await api.ask<{ tokens: Token[] }>(`GET ${TOKENS}`);
    return json.tokens.find(({ name }) => name === "viewer")?.last_used_at;
  };
  assert.equal(await noted(), undefined);
  await api.ask("GET /api/v1/tenants/acme", { token });
  const first = await noted();
  assert.notEqual(first, undefined);
  await api.ask("GET /api/v1/tenants/acme", { token });
  assert.equal(await noted(), first);
});

for (const expires of ["-1h", "0", "soon", "100000h"]) {
  test(`a life of "${expires}" is refused by name`, async (t) => {
    const { ask } = await testApi(t);
    await ask("POST /api/v1/tenants", { body: { slug: "acme" } });
    const body = { name: "x", expires_in: expires };
    const { status, json } = await ask<{ detail: string }>(`POST ${TOKENS}`, { body });
    assert.equal(status, 400);
    assert.match(json.detail, /^expires_in /);
  });
}
