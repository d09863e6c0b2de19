/** What goes wrong between source and inventory costs nothing: the inventory ends as that of a tenant to whom nothing happened. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { layCable } from "./cable.ts";
import {
  E2E_MAX_MS,
  inventory,
  openInstallation,
  settled,
  type Installation,
  type TestTenant,
} from "./installation.ts";

const SECRET = "faults-secret-key";
const DEVICES = 600;
/** The least that an agent takes, so that a small fleet makes several windows. */
const SMALL_CHUNKS = { chunk_max_bytes: "64KB" };
/** What is left of the run after the first window takes some seconds. */
const SLOW_PAGES = { page_size: 50 };

const FLEET = ["--devices", String(DEVICES), "--seed", "11", "--latency-ms", "100"];
const ARMIS = ["test/fakes/armis-server.ts", "--secret-key", SECRET, ...FLEET];

type World = { readonly installation: Installation; readonly endpoint: string };

/** A tenant whose agent has one source, the Armis that all share. */
async function tenantOf(
  { installation, endpoint }: World,
  slug: string,
  settings: object = {},
): Promise<TestTenant> {
  const tenant = await installation.tenant(slug, { ...SMALL_CHUNKS, ...settings });
  const source = { type: "armis", endpoint, credentials: { secret_key: SECRET }, ...SLOW_PAGES };
  await installation.sources(tenant, { armis: source });
  return tenant;
}

const WINDOW_SENT = '"msg":"StreamStatus"';
const RUN_ENDED = '"msg":"sync run"';

test(
  "whatever is killed or cut, the inventory ends as if nothing had happened",
  { timeout: E2E_MAX_MS },
  async (t) => {
    // This core takes in and publishes nothing, as if it were too slow: what it acknowledges waits.
    const installation = await openInstallation(t, "--roles", "gateway,api");
    const { stage, startAgent } = installation;
    const { url: endpoint } = await installation.fake("armis", ...ARMIS);
    const world = { installation, endpoint };
    const calm = await tenantOf(world, "acme");
    const killed = await tenantOf(world, "killed");

    const first = startAgent(killed);
    await first.line(WINDOW_SENT);
    await first.kill();
    await startAgent(killed).line(RUN_ENDED);
    const { waiting } = await killed.ask<{ waiting: number }>("/inbox");
    assert.ok(waiting > 4, `${waiting} chunks wait`);
    assert.deepEqual(await inventory(killed), []);
    await stage.core.kill();
    await stage.restart();
    startAgent(calm);
    const [calmRun] = await settled(calm, "armis", 1);
    assert.deepEqual([calmRun?.outcome, calmRun?.created], ["success", DEVICES]);
    const undisturbed = await inventory(calm);
    assert.equal(undisturbed.length, DEVICES);

    await t.test(
      "an agent dies in a run, its core between acknowledgement and publication",
      async () => {
        const [run, abandoned] = await settled(killed, "armis", 1);
        assert.deepEqual([run?.outcome, run?.entries], ["success", DEVICES]);
        assert.equal(abandoned?.outcome, "running");
        assert.deepEqual(await inventory(killed), undisturbed);
      },
    );

    await t.test("a core dies in a run, and its connection breaks again and again", async () => {
      await using cable = await layCable(stage.grpc, { everyBytes: 120_000, cutsMax: 3 });
      const tenant = await tenantOf(world, "cut", { gateway_addr: cable.address });
      const agent = startAgent(tenant);
      await agent.line(WINDOW_SENT);
      await stage.core.kill();
      await stage.restart();
      const [run] = await settled(tenant, "armis", 1);
      assert.deepEqual([run?.outcome, run?.entries], ["success", DEVICES]);
      assert.deepEqual(await inventory(tenant), undisturbed);
      assert.equal(cable.cuts(), 3);
      assert.equal(await agent.stop(), 0);
    });
  },
);
