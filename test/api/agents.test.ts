import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";

import { revokeAgent } from "../../src/control/agent-registration.ts";
import { createKey } from "../../src/control/pki-keys.ts";
import { testApi } from "../support/api.ts";
import { signingRequest } from "../support/signing-request.ts";

const AGENTS = "/api/v1/tenants/acme/agents";

type Certified = {
  readonly outcome: string;
  readonly agent: { readonly agent_id: string; readonly partition: string; readonly state: string };
  readonly bundle: {
    readonly root_pem: string;
    readonly chain_pem: string;
    readonly private_key_pem?: string;
    readonly server_name: string;
  };
};

test("an agent's bundle is a key, its certificate, its issuer's and the root that ends the chain", async (t) => {
  const api = await testApi(t);
  const { admin: token } = await api.tenant("acme");
  const body = { agent_id: "agent-1", partition: "site-b" };
  const { status, json } = await api.ask<Certified>(`POST ${AGENTS}`, { token, body });
  assert.equal(status, 201);
  assert.equal(json.outcome, "created");
  assert.deepEqual(json.agent.state, "never_seen");
  const [leaf, issuer] = json.bundle.chain_pem
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .map((pem) => new X509Certificate(pem));
  const root = new X509Certificate(json.bundle.root_pem);
  assert.ok(leaf !== undefined && issuer !== undefined);
  assert.ok(leaf.checkIssued(issuer) && issuer.checkIssued(root));
  assert.match(leaf.subject, /CN=agent-1\.site-b\.acme\.serviceradar/);
  assert.match(
    leaf.subjectAltName ?? "",
    /spiffe:\/\/serviceradar.local\/agent\/acme\/site-b\/agent-1/,
  );
  const { rows } = await api.db.query<{ dump: string }>(
    "select json_agg(a)::text || (select json_agg(u)::text from sync.audit u) as dump from sync.agents a",
  );
  const keyLine = json.bundle.private_key_pem?.split("\n")[1] ?? "";
  assert.ok(keyLine.length > 20 && !(rows[0]?.dump ?? "").includes(keyLine));
  const again = await api.ask(`GET ${AGENTS}/agent-1`, { token });
  assert.ok(!JSON.stringify(again.json).includes("PRIVATE KEY"));
});

test("an agent that made its own key is certified for it and gets none", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const key = await createKey();
  const body = { agent_id: "agent-1", signing_request: await signingRequest(key, "CN=whatever") };
  const { status, json } = await api.ask<Certified>(`POST ${AGENTS}`, { body });
  assert.equal(status, 201);
  assert.equal(json.bundle.private_key_pem, undefined);
  const leaf = new X509Certificate(json.bundle.chain_pem);
  assert.deepEqual(leaf.publicKey.export({ type: "spki", format: "der" }), key.publicKeyDer);
  assert.match(leaf.subject, /CN=agent-1\.default\.acme/);
  const bad = await api.ask<{ detail: string }>(`POST ${AGENTS}`, {
    body: { agent_id: "agent-2", signing_request: "-----BEGIN" },
  });
  assert.equal(bad.status, 400);
  assert.match(bad.json.detail, /^signing_request: /);
  assert.equal((await api.ask(`GET ${AGENTS}/agent-2`)).status, 404);
});

test("a three-label name is made for gateways that know no tenants", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const body = { agent_id: "agent-1", cn_form: 3 };
  const { json } = await api.ask<Certified>(`POST ${AGENTS}`, { body });
  const { subject } = new X509Certificate(json.bundle.chain_pem);
  assert.match(subject, /CN=agent-1\.default\.serviceradar/);
});

test("a second certificate for an id is issued only to who asks for a renewal", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const create = async (more: object): Promise<readonly [number, string | undefined]> => {
    const body = { agent_id: "agent-1", ...more };
    const { status, json } = await api.ask<{ code?: string; outcome?: string }>(`POST ${AGENTS}`, {
      body,
    });
    return [status, json.code ?? json.outcome];
  };
  assert.deepEqual(await create({}), [201, "created"]);
  assert.deepEqual(await create({}), [409, "agent_exists"]);
  assert.deepEqual(await create({ renew: true, partition: "b" }), [
    409,
    "agent_in_other_partition",
  ]);
  assert.deepEqual(await create({ renew: true }), [201, "renewed"]);
});

test("a renewal does not let a revoked agent in again, asking for it anew does", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  await api.ask(`POST ${AGENTS}`, { body: { agent_id: "agent-1" } });
  const revoked = await api.ask<{ state: string }>(`POST ${AGENTS}/agent-1/revoke`);
  assert.deepEqual([revoked.status, revoked.json.state], [200, "revoked"]);
  const renewed = await api.ask<{ code: string }>(`POST ${AGENTS}`, {
    body: { agent_id: "agent-1", renew: true },
  });
  assert.deepEqual([renewed.status, renewed.json.code], [409, "agent_revoked"]);
  const anew = await api.ask<Certified>(`POST ${AGENTS}`, { body: { agent_id: "agent-1" } });
  assert.deepEqual([anew.status, anew.json.outcome], [201, "reinstated"]);
  assert.equal(anew.json.agent.state, "never_seen");
  assert.equal(await revokeAgent(api.db, 1, { agentId: "agent-2", actor: "t" }), false);
});

test("an agent's state follows its signs of life", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  await api.ask(`POST ${AGENTS}`, { body: { agent_id: "agent-1" } });
  const state = async (): Promise<string> =>
    (await api.ask<{ state: string }>(`GET ${AGENTS}/agent-1`)).json.state;
  assert.equal(await state(), "never_seen");
  await api.db.query("update sync.agents set last_seen_at = now()");
  assert.equal(await state(), "online");
  api.clock.nowMs += 120_000;
  assert.equal(await state(), "silent");
});

for (const [agentId, partition] of [
  ["a.b", "default"],
  ["", "default"],
  ["serviceradar", "default"],
  ["a", "x.y"],
]) {
  test(`an agent "${agentId}" in partition "${partition}" is refused by the name of the setting`, async (t) => {
    const api = await testApi(t);
    await api.tenant("acme");
    const body = { agent_id: agentId, partition };
    const { status, json } = await api.ask<{ detail: string }>(`POST ${AGENTS}`, { body });
    assert.equal(status, 400);
    assert.match(json.detail, partition === "default" ? /^agent_id / : /^partition /);
  });
}

test("an agent runs what it confirmed, or what its heartbeat says, whichever is newer", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  await api.ask(`POST ${AGENTS}`, { body: { agent_id: "agent-1" } });
  const running = async (set: string): Promise<string | undefined> => {
    await api.db.query(`update sync.agents set ${set}`);
    const { json } = await api.ask<{ config_running?: string }>(`GET ${AGENTS}/agent-1`);
    return json.config_running;
  };
  assert.equal(await running("config_offered = 'v2'"), undefined);
  assert.equal(await running("config_running = 'v1'"), "v1");
  assert.equal(await running(`status = '{"config_version": "v2"}'`), "v2");
  assert.equal(await running(`config_running = 'v2', status = '{"config_version": "v1"}'`), "v2");
  assert.equal(await running("status = '[1]'"), "v2");
});

test("an admin is told where hosts reach this process to enrol, and nothing of what it does not have", async (t) => {
  const there = { gateway_addr: "gw.example.net:50052", core_url: "https://gw.example.net:50053" };
  const beside = { gatewayAddress: there.gateway_addr, enrolmentUrl: there.core_url };
  const api = await testApi(t, beside);
  const { admin, operator } = await api.tenant("acme");
  const request = "GET /api/v1/tenants/acme/enrolments/addresses";
  assert.deepEqual((await api.ask(request, { token: admin })).json, there);
  assert.equal((await api.ask(request, { token: operator })).status, 403);
  const without = await testApi(t);
  assert.deepEqual(
    (await without.ask(request, { token: (await without.tenant("acme")).admin })).json,
    {},
  );
});
