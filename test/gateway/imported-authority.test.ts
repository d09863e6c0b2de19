/** Agents of a PKI that was there before the core: whose they are, and that nobody else gets in with them. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { findAgent } from "../../src/control/agents.ts";
import { importAuthority, listAuthorities, sortChain } from "../../src/control/authority-import.ts";
import type { Tenant } from "../../src/control/tenants.ts";
import { isoTime } from "../../src/lib/clock.ts";
import type { Result } from "../../src/lib/result.ts";
import { makeAgent, makeCerts, slug } from "../support/certs.ts";
import { startTestCore, type TestCore } from "../support/core.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";

const foreign = await makeCerts();
const CHAIN = foreign.acme.certificatePem + foreign.root.certificatePem;
const options = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(20_000) });

async function importInto(core: TestCore, tenant: Tenant, text = CHAIN): Promise<Result<unknown>> {
  const who = { tenant: tenant.tenant, slug: slug(tenant.slug) };
  return await importAuthority(core.db, who, { text, actor: "test", nowMs: Date.now() });
}

/** A core that trusts the foreign authority for acme, and has noticed. */
async function coreWithImport(t: TestContext): Promise<{ core: TestCore; clock: ManualClock }> {
  const clock = new ManualClock();
  const core = await startTestCore(t, { clock });
  const imported = await importInto(core, core.acme);
  assert.ok(imported.ok);
  await clock.advance(10_000);
  return { core, clock };
}

test("agents of an imported authority are its tenant's, with and without tenant label, and get its sources", async (t) => {
  const { core } = await coreWithImport(t);
  await core.agent(core.acme, "agent-02");
  for (const cnForm of [4, 3] as const) {
    const identity = await makeAgent(foreign.acme, { tenant: "acme", cnForm });
    const chainPem = identity.chainPem;
    await eventually(async () => {
      const client = core.client({ ...identity, chainPem });
      const { tenantSlug } = await client.hello({ agentId: "agent-01" }, options());
      assert.equal(tenantSlug, "acme");
    });
  }
  const known = await findAgent(core.db.forTenant(core.acme.tenant), core.acme.tenant, "agent-01");
  assert.match(known?.certificateIssuer ?? "", /^CN=/);
  assert.ok((known?.certificateNotAfterMs ?? 0) > Date.now());
  await core.source(core.acme, "agent-01", { name: "netbox_dc1" });
  const client = core.client(await makeAgent(foreign.acme, { tenant: "acme" }));
  const { configJson } = await client.getConfig({ agentId: "agent-01" }, options());
  const { sources } = JSON.parse(configJson.toString()) as { sources: object };
  assert.deepEqual(Object.keys(sources), ["netbox_dc1"]);
});

test("another authority under the same root is no tenant's, and a name of another tenant is refused", async (t) => {
  const { core } = await coreWithImport(t);
  await eventually(async () => {
    const hello = core.client(foreign.otherAgent).hello({ agentId: "agent-01" }, options());
    await assert.rejects(hello, /tenant identity missing/);
  });
  const misnamed = core.client(await makeAgent(foreign.acme, { tenant: "globex" }));
  await assert.rejects(misnamed.hello({ agentId: "agent-01" }, options()), /tenant_slug mismatch/);
  const direct = core.client(await makeAgent(foreign.root, { tenant: "acme" }));
  await assert.rejects(direct.hello({ agentId: "agent-01" }, options()), /tenant identity missing/);
});

test("an authority is of one tenant alone, and ours are no imports", async (t) => {
  const core = await startTestCore(t);
  assert.ok((await importInto(core, core.acme)).ok);
  const again = await importInto(core, core.acme);
  assert.deepEqual(again, { ok: false, error: "holds an authority that is this tenant's already" });
  const other = await importInto(core, core.globex);
  assert.match(other.ok ? "" : other.error, /another tenant's/);
  const second = foreign.globex.certificatePem + foreign.root.certificatePem;
  assert.ok((await importInto(core, core.globex, second)).ok, "the root above may be shared");
  assert.match(String((await importInto(core, core.globex, core.rootPem)).ok), /false/);
  const shown = await listAuthorities(core.db, core.acme.tenant);
  assert.deepEqual(
    shown.map(({ subject, isImported }) => [subject, isImported]),
    [
      ["CN=tenant-acme.ca.serviceradar, O=ServiceRadar", false],
      ["CN=tenant-acme.ca.serviceradar, O=ServiceRadar", true],
    ],
  );
});

const late = await makeCerts(Date.now() - 4_000 * 86_400_000);
const FILES: readonly (readonly [string, string, RegExp])[] = [
  ["nothing", "hello", /holds no certificate in PEM/],
  [
    "an agent's certificate",
    foreign.agent.certificatePem,
    /is not the certificate of an authority/,
  ],
  [
    "an authority without its root",
    foreign.acme.certificatePem,
    /lacks the authority above it \(CN=root/,
  ],
  ["two authorities", `${CHAIN}${foreign.globex.certificatePem}`, /form no single chain/],
  ["a key", `${CHAIN}${foreign.acme.privateKeyPem}`, /holds a private key/],
];
for (const [what, text, why] of FILES) {
  test(`a file with ${what} is refused with the reason`, () => {
    const sorted = sortChain(text, slug("acme"));
    assert.match(sorted.ok ? "" : sorted.error, why);
  });
}

test("a root alone is an authority too, the order of a file is no matter, and one that has ended is refused", async (t) => {
  const alone = sortChain(foreign.root.certificatePem, slug("acme"));
  assert.deepEqual(alone.ok && alone.value.above, []);
  const turned = foreign.root.certificatePem + foreign.acme.certificatePem;
  assert.deepEqual(sortChain(turned, slug("acme")), sortChain(CHAIN, slug("acme")));
  const core = await startTestCore(t);
  const ended = await importInto(
    core,
    core.acme,
    late.acme.certificatePem + late.root.certificatePem,
  );
  const year = isoTime(Date.now() - 350 * 86_400_000).slice(0, 4);
  assert.match(ended.ok ? "" : ended.error, new RegExp(`holds an authority that ended ${year}`));
});
