/** An agent that is killed with kill -9 at each step of a run: the next one makes good for it, and nothing is counted twice. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { readSource } from "../../src/control/source-settings.ts";
import { applySource } from "../../src/control/sources.ts";
import { createFleet } from "../fakes/fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { spawnAgent, type AgentStart } from "../support/agent-process.ts";
import { startTestCore, type TestCore } from "../support/core.ts";

const DEVICES = 600;
const fleet = createFleet({ seed: 9, devices: DEVICES });
/** Of the least size, so that the fleet makes several windows of them. */
const SMALL_CHUNKS = { chunk_max_bytes: "64KB" };

/** What happens on the way of a device; whoever waits for the next of a kind is told. */
class Watch {
  readonly #waiting = new Map<string, { left: number; readonly tell: () => void }>();

  /** Resolves when it has happened so many times from now on. */
  next(what: string, times = 1): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(what, { left: times, tell: resolve });
    return promise;
  }

  happened(what: string): void {
    const waiting = this.#waiting.get(what);
    if (waiting === undefined) return;
    waiting.left -= 1;
    if (waiting.left === 0) waiting.tell();
  }
}

type Scene = { readonly core: TestCore; readonly start: AgentStart; readonly watch: Watch };

/** A core and a NetBox that tell what an agent has them do. */
async function scene(t: TestContext): Promise<Scene> {
  const watch = new Watch();
  const judge = () => (sql: string) => {
    if (sql.includes("insert into sync.ledger")) watch.happened("chunk at the database");
    return "passes" as const;
  };
  const onStored = (): void => watch.happened("chunk committed");
  const core = await startTestCore(t, { line: { judge }, onStored });
  const netbox = await startNetboxFake({
    fleet,
    fault: () => {
      watch.happened("page asked for");
      return undefined;
    },
  });
  t.after(() => netbox[Symbol.asyncDispose]());
  const identity = await core.agent(core.acme, "agent-01");
  const { db, sealer, acme } = core;
  const credentials = { api_token: netbox.token };
  const draft = readSource("dc1", {
    type: "netbox",
    endpoint: netbox.url,
    credentials,
    page_size: 50,
  });
  assert.ok(draft.ok);
  const source = { draft: draft.value, agentId: "agent-01", actor: "test", sealer };
  assert.ok((await applySource(db, acme.tenant, source)).ok);
  const gateway = `127.0.0.1:${core.gateway.port}`;
  return { core, watch, start: { gateway, identity, caPem: core.rootPem, config: SMALL_CHUNKS } };
}

/** Every device with its id, and what the runs counted. */
async function outcomeOf({ core: { db, acme } }: Scene): Promise<unknown> {
  const { rows: devices } = await db.query(
    `select device_id, hostname, serial, record_count from sync.devices where tenant = $1 and 'netbox' = any(sources) order by 1`,
    [acme.tenant],
  );
  const { rows: counts } = await db.query(
    "select sum(created) as created, sum(changed) as changed, sum(rejected) as rejected from sync.runs where tenant = $1",
    [acme.tenant],
  );
  return { devices, counts };
}

/** Works what comes until a run of the source has succeeded. */
async function finish({ core, watch }: Scene): Promise<void> {
  for (;;) {
    const next = watch.next("chunk committed");
    await core.work();
    const { rows } = await core.db.query("select from sync.runs where outcome = 'success'");
    if (rows.length > 0) return;
    await next;
  }
}

test("an agent that is killed at any step of a run costs nothing, and what is published is the same", async (t) => {
  const calm = await scene(t);
  const calmAgent = await spawnAgent(t, calm.start);
  await finish(calm);
  await calmAgent.kill();
  const undisturbed = await outcomeOf(calm);
  assert.partialDeepStrictEqual(undisturbed, { counts: [{ created: DEVICES, changed: 0 }] });

  const at = await scene(t);
  const { watch } = at;
  let agent = await spawnAgent(t, at.start);
  for (const [step, times] of [
    ["page asked for", 4],
    ["chunk at the database", 2],
    ["chunk committed", 2],
  ] as const) {
    await watch.next(step, times);
    await agent.kill();
    agent = agent.startAgain();
  }
  await finish(at);
  await agent.kill();
  assert.deepEqual(await outcomeOf(at), undisturbed);
});
