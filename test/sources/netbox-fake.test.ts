import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { FAKE_TOKEN } from "../fakes/netbox-access.ts";
import { plainFleet } from "../fakes/netbox-fleet.ts";
import { startNetboxReplay } from "../fakes/netbox-replay-server.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";

/** The behaviours of docs/sources/netbox.md that the connector must bear, so that the fake stays as nasty as the real one. */

type Page = {
  readonly count: number | null;
  readonly next: string | null;
  readonly results: readonly Readonly<Record<string, unknown>>[];
};

test("the fake NetBox pages as the real one does", async () => {
  await using fake = await startNetboxFake({ fleet: plainFleet(120), maxPageSize: 100 });
  const devices = (query: string): Promise<Page> => get(fake.url, `dcim/devices/?${query}`);
  assert.equal((await devices("")).results.length, 50);
  assert.equal((await devices("limit=0")).results.length, 100);
  assert.equal((await devices("limit=5000")).results.length, 100);
  assert.equal((await devices("limit=abc")).results.length, 50);
  assert.deepEqual(await devices("offset=500"), {
    count: 120,
    next: null,
    previous: null,
    results: [],
  });
  assert.equal((await devices("bogus=1&limit=7")).count, 120);
  const keyset = await devices("ordering=id&id__gt=100&limit=10");
  assert.equal(keyset.count, 20);
  assert.equal(keyset.results[0]?.["id"], 101);
  assert.ok(keyset.next?.startsWith(fake.url));
  assert.notEqual((await devices("limit=1")).results[0]?.["id"], 1, "default order is not by id");
});

test("the fake NetBox knows the start cursor from 4.6 on, and ignores it before", async () => {
  await using old = await startNetboxFake({ fleet: plainFleet(20), version: "4.5" });
  assert.equal((await get(old.url, "dcim/devices/?start=11&limit=5")).count, 20);
  await using fake = await startNetboxFake({ fleet: plainFleet(20), version: "4.6" });
  const page = await get(fake.url, "dcim/devices/?start=16&limit=5");
  assert.equal(page.count, null);
  assert.deepEqual(
    page.results.map(({ id }) => id),
    [16, 17, 18, 19, 20],
  );
  assert.match(page.next ?? "", /start=21/);
  assert.equal((await get(fake.url, "dcim/devices/?start=21&limit=5")).next, null);
  assert.equal(await status(fake.url, "/api/dcim/devices/?start=1&ordering=id"), 400);
  assert.equal(await status(fake.url, "/api/dcim/devices/?start=x"), 400);
});

test("the fake NetBox keeps its doors, paths and change log as each version does", async () => {
  await using old = await startNetboxFake({ fleet: plainFleet(3), version: "3.7" });
  await using fake = await startNetboxFake({ fleet: plainFleet(3), version: "4.1" });
  assert.equal(await status(fake.url, "/api/dcim/devices/", "nonsense"), 403);
  assert.equal(await status(fake.url, `/api/dcim/devices/?x=${"y".repeat(5_000)}`), 400);
  assert.equal(await status(fake.url, "/api/dcim/interfaces/?device_id=99"), 400);
  assert.equal(await status(fake.url, "/api/dcim/mac-addresses/"), 404);
  for (const [server, path] of [
    [old, "extras"],
    [fake, "core"],
  ] as const) {
    server.deleteDevice(2);
    const { results } = await get(server.url, `${path}/object-changes/?ordering=id&id__gt=0`);
    assert.equal(results.at(-1)?.["changed_object_type"], "dcim.device");
    assert.equal(results.at(-1)?.["changed_object_id"], 2);
  }
  assert.equal(await status(fake.url, "/api/extras/object-changes/"), 404);
  assert.ok("config_context" in ((await get(old.url, "dcim/devices/?fields=id")).results[0] ?? {}));
  const [row] = (await get(fake.url, "dcim/devices/?fields=id,name")).results;
  assert.deepEqual(Object.keys(row ?? {}), ["id", "name"]);
});

test("the fake NetBox 4.6 invents no member that the recorded 4.6 lacks", async () => {
  const folder = fileURLToPath(new URL("../recorded/netbox-4.6.8", import.meta.url));
  assert.ok(readdirSync(folder).length > 0);
  await using replay = await startNetboxReplay({ folder });
  await using fake = await startNetboxFake({
    fleet: plainFleet(3),
    vms: plainFleet(3, 201),
    version: "4.6",
  });
  for (const list of [
    "dcim/devices",
    "virtualization/virtual-machines",
    "virtualization/interfaces",
  ]) {
    const [real] = (await get(replay.url, `${list}/?limit=1`)).results;
    const [made] = (await get(fake.url, `${list}/?limit=1`)).results;
    const unknown = Object.keys(made ?? {}).filter((member) => !(member in (real ?? {})));
    assert.deepEqual(unknown, [], list);
  }
});

async function get(url: string, path: string): Promise<Page> {
  const headers = { authorization: `Token ${FAKE_TOKEN}` };
  const response = await fetch(`${url}/api/${path}`, { headers });
  assert.equal(response.status, 200, path);
  return (await response.json()) as Page;
}

async function status(url: string, path: string, token = FAKE_TOKEN): Promise<number> {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Token ${token}` } });
  await response.arrayBuffer();
  return response.status;
}
