/** The product end to end: real processes, real mTLS, a real database, recorded and generated sources, two tenants. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { E2E_MAX_MS, inventory, openInstallation, settled } from "./installation.ts";
import { heldByArmis, heldByNetbox } from "./oracle.ts";

const NETBOX_TOKEN = "0123456789abcdef0123456789abcdef01234567";
const ARMIS_SECRET = "e2e-secret-key";
const RECORDED = "test/recorded/netbox-4.5.10";
/** Some of the recorded devices: all of them come in test/sources/netbox-replay.test.ts. */
const NETBOX = ["test/fakes/netbox-replay-server.ts", "--folder", RECORDED, "--devices", "700"];
const ARMIS = ["test/fakes/armis-server.ts", "--secret-key", ARMIS_SECRET];

test(
  "two tenants' inventories hold what their sources hold, and stay so through a second run, an edit and a restart",
  { timeout: E2E_MAX_MS },
  async (t) => {
    const installation = await openInstallation(t);
    const { stage, fake, startAgent } = installation;
    const { url: netboxUrl } = await fake("netbox", ...NETBOX, "--token", NETBOX_TOKEN);
    const overlapping = ["--devices", "200", "--recorded", RECORDED];
    const { url: armisUrl, recorded: shared = 0 } = await fake(
      "armis",
      ...ARMIS,
      ...overlapping,
      "--seed",
      "7",
    );
    const { url: otherUrl } = await fake(
      "other-armis",
      ...ARMIS,
      "--devices",
      "120",
      "--seed",
      "7",
    );
    const acme = await installation.tenant("acme");
    const globex = await installation.tenant("globex");
    const netbox = {
      type: "netbox",
      endpoint: netboxUrl,
      credentials: { api_token: NETBOX_TOKEN },
    };
    const armis = { type: "armis", endpoint: armisUrl, credentials: { secret_key: ARMIS_SECRET } };
    await installation.sources(acme, { netbox_dc1: netbox, armis_prod: armis });
    await installation.sources(globex, { armis_hq: { ...armis, endpoint: otherUrl } });
    const agents = [startAgent(acme), startAgent(globex)];

    const inNetbox = await heldByNetbox(netboxUrl, NETBOX_TOKEN);
    const inArmis = await heldByArmis(armisUrl, ARMIS_SECRET);
    const inOther = await heldByArmis(otherUrl, ARMIS_SECRET);
    const [netboxRun] = await settled(acme, "netbox_dc1", 1);
    const [armisRun] = await settled(acme, "armis_prod", 1);
    const [otherRun] = await settled(globex, "armis_hq", 1);
    for (const [run, held] of [
      [netboxRun, inNetbox],
      [armisRun, inArmis],
      [otherRun, inOther],
    ] as const) {
      assert.deepEqual([run?.outcome, run?.created, run?.rejected], ["success", held.length, 0]);
    }

    const first = { acme: await inventory(acme), globex: await inventory(globex) };
    const serials = (all: readonly { readonly serial?: string }[]): string[] =>
      [...new Set(all.flatMap(({ serial }) => serial || []))].toSorted();
    const names = (
      all: readonly { readonly hostname?: string; readonly name?: string }[],
    ): string[] => all.flatMap(({ hostname, name }) => hostname || name || []).toSorted();
    assert.deepEqual(serials(first.acme), serials([...inNetbox, ...inArmis]));
    assert.deepEqual(serials(first.globex), serials(inOther));
    assert.deepEqual(names(first.globex), names(inOther));
    assert.ok(shared > 0);
    assert.equal(first.acme.length, inNetbox.length + inArmis.length - shared);
    assert.equal(first.acme.filter(({ sources }) => sources.length === 2).length, shared);
    assert.equal(first.globex.length, inOther.length);

    // Neither tenant's token opens the other's door.
    const strange = await fetch(`http://${stage.http}/api/v1/tenants/acme/devices`, {
      headers: { authorization: `Bearer ${globex.token}` },
    });
    assert.ok(strange.status === 403 || strange.status === 404, String(strange.status));
    // What the gateway took and the pipeline's thread did is told to whose it is.
    const scraped = await fetch(`http://${stage.http}/metrics`, {
      headers: { authorization: `Bearer ${globex.token}` },
    });
    const metrics = await scraped.text();
    assert.match(metrics, /^srs_chunks_total\{tenant="globex",outcome="stored"\} [1-9]/m);
    const created = /^srs_updates_total\{tenant="globex",outcome="created"\} (\d+)/m.exec(metrics);
    assert.ok(Number(created?.[1]) >= inOther.length, created?.[0]);
    assert.doesNotMatch(metrics, /acme/);
    const overview = await globex.ask<{ records: number }>("");
    assert.equal(overview.records, inOther.length + 1);

    // An agent that is stopped ends in order, and pulls everything again when it is back.
    for (const agent of agents) assert.equal(await agent.stop(), 0);
    startAgent(acme);
    startAgent(globex);
    for (const [tenant, source, held] of [
      [acme, "netbox_dc1", inNetbox],
      [acme, "armis_prod", inArmis],
      [globex, "armis_hq", inOther],
    ] as const) {
      const [run] = await settled(tenant, source, 2);
      const counts = [run?.outcome, run?.created, run?.changed, run?.unchanged];
      assert.deepEqual(counts, ["success", 0, 0, held.length]);
    }
    assert.deepEqual(await inventory(acme), first.acme);
    assert.deepEqual(await inventory(globex), first.globex);

    // A source that is added while the agent runs reaches it without a restart.
    const { url: moreUrl } = await fake("more-armis", ...ARMIS, "--devices", "30", "--seed", "8");
    await installation.sources(globex, { armis_branch: { ...armis, endpoint: moreUrl } });
    const inMore = await heldByArmis(moreUrl, ARMIS_SECRET);
    const [added] = await settled(globex, "armis_branch", 1);
    assert.deepEqual([added?.outcome, added?.created], ["success", inMore.length]);

    // So does the core: what it published is there again.
    const last = { acme: await inventory(acme), globex: await inventory(globex) };
    assert.equal(await stage.core.stop(), 0);
    await stage.restart();
    assert.deepEqual(await inventory(acme), last.acme);
    assert.deepEqual(await inventory(globex), last.globex);
  },
);
