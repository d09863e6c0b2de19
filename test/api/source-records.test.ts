/** What becomes of the records of a source that is deleted: kept, retired, or moved to the one that takes its place. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { Lease } from "../../src/inbox/lease.ts";
import type { TestApi } from "../support/api-over.ts";
import { testApi } from "../support/api.ts";
import { netboxDevice, playRun, workAll } from "../support/runs.ts";
import { leaseOf } from "../support/tenant-lease.ts";

const ROOT = "/api/v1/tenants/acme";

type Scene = TestApi & { lease: Lease; make: (name: string) => Promise<string> };

async function scene(t: TestContext): Promise<Scene> {
  const api = await testApi(t);
  await api.ask("POST /api/v1/tenants", { body: { slug: "acme" } });
  await api.ask(`POST ${ROOT}/agents`, { body: { agent_id: "agent-1" } });
  const make = async (name: string): Promise<string> => {
    const sources = { [name]: { type: "netbox", endpoint: "https://nb.example" } };
    const { json } = await api.ask<{ applied: { source: { id: string } }[] }>(
      `POST ${ROOT}/sources?agent_id=agent-1`,
      { body: { sources } },
    );
    return json.applied[0]?.source.id ?? "";
  };
  return { ...api, make, lease: await leaseOf(api.db, "acme") };
}

async function play(
  { db, lease }: Scene,
  serviceId: string,
  ids: readonly number[],
): Promise<void> {
  const updates = ids.map((id) => netboxDevice(id));
  await playRun(db, lease, { source: { serviceId }, updates });
}

/** An adoption fences the tenant's worker off; the test's own takes its lease anew. */
async function work({ db, lease }: Scene): Promise<void> {
  await db.query("update sync.tenant_ingest set epoch = 1");
  await workAll(db, lease);
}

async function devices({ ask }: Scene): Promise<readonly { id: string; hostname: string }[]> {
  const { json } = await ask<{ devices: { id: string; hostname: string }[] }>(
    `GET ${ROOT}/devices`,
  );
  return json.devices
    .map(({ id, hostname }) => ({ id, hostname }))
    .toSorted((a, b) => (a.hostname < b.hostname ? -1 : 1));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

test("a source is deleted with its records kept, unless retiring them is asked for", async (t) => {
  const at = await scene(t);
  await play(at, await at.make("nb"), [1, 2, 3]);
  const kept = await at.ask(`DELETE ${ROOT}/sources/nb`);
  assert.partialDeepStrictEqual(kept.json, { records: "kept", held_retractions: [] });
  await play(at, await at.make("other"), [7]);
  const retired = await at.ask(`DELETE ${ROOT}/sources/other?records=retire`);
  assert.partialDeepStrictEqual(retired.json, { records: "retiring", held_retractions: [] });
  await work(at);
  assert.deepEqual(
    (await devices(at)).map(({ hostname }) => hostname),
    ["host-1", "host-2", "host-3"],
  );
});

test("retiring the records of a large source is held until it is allowed", async (t) => {
  const at = await scene(t);
  await play(at, await at.make("nb"), upTo(20));
  const { json } = await at.ask<{ held_retractions: number[] }>(
    `DELETE ${ROOT}/sources/nb?records=retire`,
  );
  assert.partialDeepStrictEqual(json, { records: "held" });
  await work(at);
  assert.equal((await devices(at)).length, 20);
  const path = `${ROOT}/retractions/${json.held_retractions[0]}/allow`;
  assert.equal((await at.ask(`POST ${path}`)).status, 200);
  await work(at);
  assert.equal((await devices(at)).length, 0);
  assert.equal((await at.ask(`POST ${path}`)).status, 409);
});

test("records move to the source that takes the place of a deleted one; ids stay, and unchanged ones stay unchanged", async (t) => {
  const at = await scene(t);
  await play(at, await at.make("nb"), upTo(30));
  await play(at, (await at.ask<{ id: string }>(`GET ${ROOT}/sources/nb`)).json.id, upTo(30));
  const before = await devices(at);
  await at.ask(`DELETE ${ROOT}/sources/nb`);
  const made = await at.make("nb");
  const adopted = await at.ask(`POST ${ROOT}/sources/${made}/adopt`, { body: { from: "nb" } });
  assert.deepEqual(adopted.json, { moved: 30, retired: 0 });
  await work(at);
  assert.deepEqual(await devices(at), before);
  await play(at, made, upTo(30));
  const { rows } = await at.db.query(
    "select created, changed, unchanged from sync.runs order by run_no desc limit 1",
  );
  assert.deepEqual(rows, [{ created: 0, changed: 0, unchanged: 30 }]);
  assert.deepEqual(await devices(at), before);
});

test("a record that the new source lists already is retired behind its device, whose id stays", async (t) => {
  const at = await scene(t);
  await play(at, await at.make("nb"), [1, 2, 3]);
  const before = await devices(at);
  await at.ask(`DELETE ${ROOT}/sources/nb`);
  const made = await at.make("nb");
  await play(at, made, [1, 2]);
  const adopted = await at.ask(`POST ${ROOT}/sources/nb/adopt`, { body: { from: "nb" } });
  assert.deepEqual(adopted.json, { moved: 1, retired: 2 });
  await work(at);
  assert.deepEqual(await devices(at), before);
  const { json } = await at.ask<{ devices: { sources: string[]; records: number }[] }>(
    `GET ${ROOT}/devices?q=host-1`,
  );
  assert.deepEqual(json.devices[0]?.sources, ["nb"]);
});

test("a source that is still there gives nothing away", async (t) => {
  const at = await scene(t);
  await play(at, await at.make("nb"), [1]);
  const { json: source } = await at.ask<{ id: string }>(`GET ${ROOT}/sources/nb`);
  await at.make("other");
  const living = await at.ask<{ detail: string }>(`POST ${ROOT}/sources/other/adopt`, {
    body: { from: source.id },
  });
  assert.equal(living.status, 409);
  assert.match(living.json.detail, /source "nb" is not deleted/);
  const unknown = await at.ask(`POST ${ROOT}/sources/other/adopt`, { body: { from: "nope" } });
  assert.equal(unknown.status, 404);
});
