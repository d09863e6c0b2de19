/** Who is let in: the certificate decides, and nothing that a message says. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";

import { revokeAgent } from "../../src/control/agent-registration.ts";
import { listRefusals } from "../../src/control/refusal-list.ts";
import { countRefusal } from "../../src/control/refusals.ts";
import { SyncError } from "../../src/lib/errors.ts";
import { sha256Hex } from "../../src/lib/hash.ts";
import { makeAgent, makeCerts } from "../support/certs.ts";
import { startTestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";

const options = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });

function refusal(code: string, message: RegExp): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof SyncError, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(thrown.message, message);
    return true;
  };
}

test("an agent says hello as itself and is known afterwards", async (t) => {
  const core = await startTestCore(t);
  const client = core.client(await core.agent(core.acme, "agent-01"));
  const answer = await client.hello(
    { agentId: "agent-01", hostname: "edge-1", version: "9.9" },
    options(),
  );
  assert.equal(answer.accepted, true);
  assert.equal(answer.tenantSlug, "acme");
  assert.equal(answer.configOutdated, true);
  assert.equal(answer.heartbeatIntervalSec, 30);
  const { rows } = await core.db.query(
    "select tenant, hostname, version from sync.agents where agent_id = 'agent-01'",
  );
  assert.deepEqual(rows, [{ tenant: core.acme.tenant, hostname: "edge-1", version: "9.9" }]);
});

test("a hello makes the agent's own host a device, found by its agent id", async (t) => {
  const core = await startTestCore(t);
  const client = core.client(await core.agent(core.acme, "agent-01"));
  await client.hello({ agentId: "agent-01", hostname: "edge-1" }, options());
  await core.work();
  const { rows } = await core.db.query(
    "select hostname, sources, is_available from sync.devices where tenant = $1",
    [core.acme.tenant],
  );
  assert.deepEqual(rows, [{ hostname: "edge-1", sources: ["agent"], is_available: true }]);
});

test("ids that a message claims beside the certificate's are refused", async (t) => {
  const core = await startTestCore(t);
  const client = core.client(await core.agent(core.acme, "agent-01"));
  await assert.rejects(
    client.hello({ agentId: "" }, options()),
    refusal("invalid_argument", /agent_id is required/),
  );
  await assert.rejects(
    client.hello({ agentId: "agent-02" }, options()),
    refusal("permission_denied", /component_id mismatch/),
  );
  const claims = { agentId: "agent-01", services: [] };
  await assert.rejects(
    client.pushStatus({ ...claims, partition: "site-b" }, options()),
    refusal("permission_denied", /partition mismatch/),
  );
  await assert.rejects(
    client.pushStatus({ ...claims, tenantSlug: "globex" }, options()),
    refusal("permission_denied", /tenant_slug mismatch/),
  );
  await assert.rejects(
    client.pushStatus({ ...claims, tenantId: core.globex.uid }, options()),
    refusal("permission_denied", /tenant_id mismatch/),
  );
});

test("a certificate of one tenant's authority that names another tenant is refused", async (t) => {
  const core = await startTestCore(t);
  const issuer = await core.authorities.issuer(core.db, core.acme.tenant);
  const client = core.client(await makeAgent(issuer, { tenant: "globex" }));
  await assert.rejects(
    client.hello({ agentId: "agent-01" }, options()),
    refusal("permission_denied", /tenant_slug mismatch/),
  );
});

test("a certificate that the root signed itself belongs to no tenant", async (t) => {
  const core = await startTestCore(t);
  const client = core.client(
    await makeAgent(await core.authorities.root(core.db), { tenant: "acme" }),
  );
  await assert.rejects(
    client.hello({ agentId: "agent-01" }, options()),
    refusal("unauthenticated", /tenant identity missing/),
  );
});

test("a certificate without tenant label is the tenant's whose authority signed it", async (t) => {
  const core = await startTestCore(t);
  const issuer = await core.authorities.issuer(core.db, core.globex.tenant);
  const client = core.client(await makeAgent(issuer, { tenant: "globex", cnForm: 3 }));
  assert.equal((await client.hello({ agentId: "agent-01" }, options())).tenantSlug, "globex");
});

test("an authority that nobody knows fails in the handshake, and the core counts it", async (t) => {
  const core = await startTestCore(t);
  const stranger = await makeCerts();
  const client = core.client(stranger.agent);
  await assert.rejects(client.hello({ agentId: "agent-01" }, options()), SyncError);
  // The count is written behind the refusal.
  await eventually(async () => {
    const [counted] = await listRefusals(core.db, 0, { limit: 10 });
    const agentId = "Deno" in globalThis ? "" : "agent-01";
    assert.deepEqual([counted?.code, counted?.agentId], ["handshake", agentId]);
  });
});

test("a revoked agent is refused from then on", async (t) => {
  const core = await startTestCore(t);
  const client = core.client(await core.agent(core.acme, "agent-01"));
  await client.hello({ agentId: "agent-01" }, options());
  await revokeAgent(core.db, core.acme.tenant, { agentId: "agent-01", actor: "test" });
  await assert.rejects(
    client.hello({ agentId: "agent-01" }, options()),
    refusal("permission_denied", /agent revoked/),
  );
  await eventually(async () => {
    const [counted] = await listRefusals(core.db, core.acme.tenant, { limit: 10 });
    assert.deepEqual([counted?.agentId, counted?.message], ["agent-01", "agent revoked"]);
  });
  assert.deepEqual(await listRefusals(core.db, core.globex.tenant, { limit: 10 }), []);
  assert.deepEqual(await listRefusals(core.db, 0, { limit: 10 }), []);
});

test("a certificate that has expired fails in the handshake and is counted by its agent, tenant and number", async (t) => {
  const core = await startTestCore(t);
  const issuer = await core.authorities.issuer(core.db, core.acme.tenant);
  // So long ago that even the authority was not yet made; only the end is looked at first.
  const old = await makeAgent(issuer, { tenant: "acme", nowMs: Date.now() - 400 * 86_400_000 });
  await assert.rejects(core.client(old).hello({ agentId: "agent-01" }, options()), SyncError);
  // Deno does not tell whose certificate TLS refused.
  const tenant = "Deno" in globalThis ? 0 : core.acme.tenant;
  const counted = await eventually(async () => {
    const [first] = await listRefusals(core.db, tenant, { limit: 10 });
    assert.ok(first !== undefined);
    return first;
  });
  assert.equal(counted.code, "handshake");
  if (tenant === 0) return;
  assert.equal(counted.message, "CERT_HAS_EXPIRED");
  const { serialNumber, raw } = new X509Certificate(old.certificatePem);
  assert.equal(counted.agentId, "agent-01");
  assert.deepEqual(counted.certificate, {
    serial: serialNumber.toLowerCase(),
    sha256: sha256Hex(raw),
  });
});

test("names that strangers choose do not fill the table of refusals", async (t) => {
  const core = await startTestCore(t);
  await core.db.query(
    `insert into sync.refusals (tenant, agent_id, code, message, refused)
     select 0, 'a' || n, 'handshake', 'x', 1 from generate_series(1, 2000) n`,
  );
  const more = { tenant: 0, code: "handshake", message: "x" };
  for (const agentId of ["a1", "new-1", "new-2"]) {
    await countRefusal(core.db, { ...more, agentId });
  }
  const { rows } = await core.db.query(
    "select agent_id, refused from sync.refusals where tenant = 0 and agent_id in ('', 'a1', 'new-1') order by 1",
  );
  assert.deepEqual(rows, [
    { agent_id: "", refused: 2 },
    { agent_id: "a1", refused: 2 },
  ]);
});

test("an agent that is let in again is let in with its new certificate alone", async (t) => {
  const core = await startTestCore(t);
  const stolen = core.client(await core.agent(core.acme, "agent-01"));
  await revokeAgent(core.db, core.acme.tenant, { agentId: "agent-01", actor: "test" });
  const fresh = core.client(await core.agent(core.acme, "agent-01"));
  assert.equal((await fresh.hello({ agentId: "agent-01" }, options())).accepted, true);
  await assert.rejects(
    stolen.hello({ agentId: "agent-01" }, options()),
    refusal("permission_denied", /certificate revoked/),
  );
});

test("refusals are counted for the operator", async (t) => {
  const core = await startTestCore(t);
  const client = core.client(await core.agent(core.acme, "agent-01"));
  for (let i = 0; i < 2; i += 1) {
    await assert.rejects(client.hello({ agentId: "agent-02" }, options()));
  }
  // The count is written after the answer has gone out.
  await eventually(async () => {
    const { rows } = await core.db.query(
      "select tenant, agent_id, code, message, refused from sync.refusals",
    );
    assert.deepEqual(rows, [
      {
        tenant: core.acme.tenant,
        agent_id: "agent-01",
        code: "PERMISSION_DENIED",
        message: "component_id mismatch",
        refused: 2,
      },
    ]);
  });
});
