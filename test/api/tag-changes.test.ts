/** Tags that operators give: to many at once, with what was before, kept whatever sources and reconciliation do. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { tx } from "../../src/db/tx.ts";
import { rederive } from "../../src/dire/rederive.ts";
import { takeSlices } from "../../src/inventory/device-tags.ts";
import { forgetTagChanges } from "../../src/inventory/forget-tag-changes.ts";
import { armis, fleet, netbox, type Fleet } from "../support/said.ts";

const BASE = "/api/v1/tenants/acme";

type Device = {
  readonly id: string;
  readonly hostname: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly own_tags: readonly string[];
};
type Change = {
  readonly change_no: number;
  readonly state: string;
  readonly devices: number;
  readonly changed: number;
  readonly restored: number;
  readonly skipped: number;
};

async function devices({ ask }: Fleet, query = "in:devices"): Promise<ReadonlyMap<string, Device>> {
  const { json } = await ask<{ devices: readonly Device[] }>(
    `GET ${BASE}/devices?query=${encodeURIComponent(query)}`,
  );
  return new Map(json.devices.map((device) => [device.hostname, device]));
}

async function tagsOf(api: Fleet): Promise<Readonly<Record<string, unknown>>> {
  return Object.fromEntries([...(await devices(api))].map(([name, { tags }]) => [name, tags]));
}

async function change(api: Fleet, body: object, path = ""): Promise<Change> {
  const { status, json } = await api.ask<Change>(`POST ${BASE}/tag-changes${path}`, { body });
  assert.ok(status === 200 || status === 201, JSON.stringify(json));
  return json;
}

const SAID = [
  netbox({ id: 1, hostname: "one", metadata: { serial: "SN-1", tags: "prod,role=web" } }),
  netbox({ id: 2, hostname: "two", metadata: { serial: "SN-2" } }),
  armis({ id: 3, hostname: "three", metadata: { serial: "SN-3" } }),
];

test("tags are given to what a query finds and to what is named, found by, exported, and taken back", async (t) => {
  const api = await fleet(t);
  await api.say(...SAID);
  const rehearsed = await api.ask(`POST ${BASE}/tag-changes`, {
    body: { query: "source:netbox", add: { role: "edge" }, dry_run: true },
  });
  assert.deepEqual([rehearsed.status, rehearsed.json], [200, { is_rehearsal: true, devices: 2 }]);
  const first = await change(api, { query: "source:netbox", add: { role: "edge", lab: "" } });
  assert.deepEqual([first.state, first.devices, first.changed], ["done", 2, 4]);
  const [three, one] = [(await devices(api)).get("three"), (await devices(api)).get("one")];
  const second = await change(api, {
    device_ids: [three?.id, one?.id],
    add: { role: "core" },
    remove: ["lab", "prod"],
  });
  assert.deepEqual([second.devices, second.changed], [2, 3]);
  assert.deepEqual(await tagsOf(api), {
    // What a source says is not an operator's to remove.
    one: { prod: "", role: "core" },
    two: { role: "edge", lab: "" },
    three: { role: "core" },
  });
  assert.deepEqual((await devices(api)).get("one")?.own_tags, ["role"]);
  assert.deepEqual([...(await devices(api, "tags.role:CORE")).keys()], ["one", "three"]);
  assert.deepEqual([...(await devices(api, "!tags.role:%")).keys()], []);
  const exported = await api.ask<string>(`GET ${BASE}/devices/export?query=tags.lab:%25`);
  assert.match(exported.json, /,two,.*,(?:role=edge lab|lab role=edge),/);
  const { json: what } = await api.ask<{ tags: readonly object[] }>(
    `GET ${BASE}/tag-changes/${second.change_no}/tags`,
  );
  assert.deepEqual(
    new Set(what.tags.map((tag) => JSON.stringify(tag))),
    new Set(
      [
        { device_id: one?.id, key: "lab", before: "", is_undone: false },
        { device_id: one?.id, key: "role", before: "edge", after: "core", is_undone: false },
        { device_id: three?.id, key: "role", after: "core", is_undone: false },
      ].map((tag) => JSON.stringify(tag)),
    ),
  );
  // What was changed again since stays.
  const undone = await change(api, {}, `/${first.change_no}/undo`);
  assert.deepEqual([undone.state, undone.restored, undone.skipped], ["undone", 2, 2]);
  assert.deepEqual(await tagsOf(api), {
    one: { prod: "", role: "core" },
    two: {},
    three: { role: "core" },
  });
  // What stood between is taken back already: what was before all of it stands again.
  assert.equal((await change(api, {}, `/${second.change_no}/undo`)).restored, 2);
  assert.deepEqual(await tagsOf(api), {
    one: { prod: "", role: "web" },
    two: {},
    three: {},
  });
  const { json: log } = await api.ask<{ entries: readonly { readonly action: string }[] }>(
    `GET ${BASE}/audit?action=device`,
  );
  assert.deepEqual(
    log.entries.slice(0, 5).map(({ action }) => action),
    [
      "device.tag_undone",
      "device.tag_undo",
      "device.tag_undone",
      "device.tag_undo",
      "device.tagged",
    ],
  );
  const { tenant } = api.lease;
  const left = await change(api, { query: "in:devices", add: { role: "left" } });
  await api.db.query(
    "update sync.tag_changes set state = 'running', ended_at = null, worked_at = now() - interval '8 days' where change_no = $1",
    [left.change_no],
  );
  const forget = async (): Promise<number> =>
    await forgetTagChanges(api.db.forTenant(tenant), tenant, { days: 90, batch: 1 });
  assert.equal(await forget(), 0);
  // One that nobody went on with ends as it stands, and can still be taken back.
  assert.equal((await change(api, {}, `/${left.change_no}/continue`)).state, "stopped");
  const back = await change(api, {}, `/${left.change_no}/undo`);
  assert.deepEqual([back.state, back.restored], ["undone", 3]);
  await change(api, { query: "in:devices", add: { role: "kept" } });
  const bare = await change(api, { query: "hostname:one", remove: ["role"] });
  await api.db.query("update sync.tag_changes set ended_at = now() - interval '91 days'");
  assert.equal(await forget(), 5);
  assert.equal((await devices(api)).get("two")?.tags["role"], "kept");
  assert.equal((await api.ask(`POST ${BASE}/tag-changes/${bare.change_no}/undo`)).status, 404);
  const { rows: kept } = await api.db.query<{ tags: number; tagged: number }>(
    `select (select count(*) from sync.device_tags)::int as tags, (select count(*) from sync.tagged)::int as tagged`,
  );
  assert.deepEqual(kept, [{ tags: 2, tagged: 0 }]);
  const { json: listed } = await api.ask<{ tag_changes: readonly unknown[] }>(
    `GET ${BASE}/tag-changes`,
  );
  assert.deepEqual(listed.tag_changes, []);
});

test("while a slice of the tenant is under way others are answered at once with the change as it stands", async (t) => {
  const api = await fleet(t);
  await api.say(...SAID);
  const wanted = { query: "in:devices", add: { role: "edge" } };
  // More at once than the pool has connections.
  const begun = await tx(api.db, async (open) => {
    assert.ok(await takeSlices(open, api.lease.tenant));
    const changes = await Promise.all(Array.from({ length: 8 }, () => change(api, wanted)));
    const [first] = changes;
    return [...changes, await change(api, {}, `/${first?.change_no}/undo`)];
  });
  assert.equal(new Set(begun.map(({ change_no: no }) => no)).size, 8);
  assert.deepEqual(
    begun.map(({ state, devices: worked }) => `${state} ${worked}`),
    [...Array.from({ length: 8 }, () => "running 0"), "undoing 0"],
  );
  const ended = [];
  for (const { change_no: no } of begun.slice(0, 2)) {
    const { state, devices: worked } = await change(api, {}, `/${no}/continue`);
    ended.push(`${state} ${worked}`);
  }
  assert.deepEqual(ended, ["undone 0", "done 3"]);
});

const SETS: Readonly<Record<string, object>> = {
  r: { remove: ["x"] },
  ...Object.fromEntries(["1", "2", "3"].map((x) => [x, { add: { x } }])),
};

test("a change that is taken back leaves what any other change set since, also to the same value", async (t) => {
  const api = await fleet(t);
  await api.say(...SAID);
  for (const [sets, undone, left] of [
    // What is set one after another, which of these are taken back, and what then stands of each.
    ["121", [0], ["1"]],
    ["11", [0, 1], ["1", undefined]],
    ["12", [0, 1], ["2", undefined]],
    ["123", [2, 1], ["2", "1"]],
    ["123", [1, 0, 2], ["3", "3", undefined]],
    ["1r2r", [1, 3, 2], [undefined, "2", "1"]],
    ["1rr", [1, 2], [undefined, "1"]],
  ] as const) {
    const made = [];
    for (const set of sets) {
      made.push(await change(api, { query: "hostname:two", ...SETS[set] }));
    }
    for (const [i, at] of undone.entries()) {
      const { state } = await change(api, {}, `/${made[at]?.change_no}/undo`);
      const { x } = (await devices(api)).get("two")?.tags ?? {};
      assert.deepEqual(
        [state, x],
        ["undone", left[i]],
        `${sets}, taken back ${undone.slice(0, i + 1).join(", ")}`,
      );
    }
    for (const { change_no: no } of made) await change(api, {}, `/${no}/undo`);
    assert.deepEqual((await devices(api)).get("two")?.tags, {}, sets);
  }
});

test("a device that a running change meets again has its word once more, and the other change's stays below it", async (t) => {
  const api = await fleet(t);
  await api.say(...SAID);
  const [first, other] = [
    await change(api, { query: "hostname:two", add: { x: "1" } }),
    await change(api, { query: "hostname:two", add: { x: "2" } }),
  ];
  // As when the device is published anew, with a number that the change has not come to.
  await api.db.query(
    "update sync.tag_changes set state = 'running', after_no = 0 where change_no = $1",
    [first.change_no],
  );
  const x = async (path: string): Promise<string | undefined> => {
    await change(api, {}, path);
    return (await devices(api)).get("two")?.tags["x"];
  };
  assert.equal(await x(`/${first.change_no}/continue`), "1");
  assert.equal(await x(`/${first.change_no}/undo`), "2");
  assert.equal(await x(`/${other.change_no}/undo`), undefined);
});

test("a device keeps its tags through syncs, merges, splits and rederivation", async (t) => {
  const api = await fleet(t);
  await api.say(...SAID);
  await change(api, { query: "hostname:one", add: { rack: "A1", only: "one" } });
  await change(api, { query: "hostname:two", add: { rack: "B2" } });
  await api.say(
    ...SAID.map((said) => ({ ...said, timestamp: "2026-01-05T00:00:00.000Z", ip: "10.0.0.1" })),
  );
  const tags = { prod: "", role: "web", rack: "A1", only: "one" };
  assert.deepEqual((await devices(api)).get("one")?.tags, tags);
  const [one, two] = [(await devices(api)).get("one"), (await devices(api)).get("two")];
  const merged = await api.ask(`POST ${BASE}/devices/${one?.id}/merge`, {
    body: { other: two?.id },
  });
  assert.equal(merged.status, 200);
  const [both] = [...(await devices(api, "source:netbox")).values()];
  assert.deepEqual(both?.tags, { ...tags, rack: "B2" });
  await rederive(api.db.forTenant(api.lease.tenant), api.lease.tenant, {
    isDryRun: false,
    after: undefined,
  });
  assert.deepEqual(
    (await devices(api, `device_id:${both?.id}`)).get(both?.hostname ?? "")?.tags,
    both?.tags,
  );
  // The word that stands may be that of either id; a new one is given over both.
  const again = await change(api, { query: "source:netbox", add: { rack: "A1" } });
  const once = await change(api, { query: "source:netbox", add: { rack: "A1" } });
  assert.deepEqual([again.changed, once.changed], [1, 0]);
  assert.equal((await devices(api, "source:netbox")).get(both?.hostname ?? "")?.tags["rack"], "A1");
  for (const { change_no: no } of [once, again]) await change(api, {}, `/${no}/undo`);
  assert.equal((await devices(api, "source:netbox")).get(both?.hostname ?? "")?.tags["rack"], "B2");
  const parted = await api.ask(`POST ${BASE}/devices/${both?.id}/unmerge`, { body: {} });
  assert.equal(parted.status, 200);
  assert.deepEqual((await devices(api)).get("one")?.tags, tags);
  assert.deepEqual((await devices(api)).get("two")?.tags, { rack: "B2" });
});

test("tags are an operator's to give, and what cannot be a tag is refused", async (t) => {
  const api = await fleet(t);
  await api.say(...SAID);
  const viewer = await api.ask<{ token: string }>(`POST ${BASE}/tokens`, {
    body: { name: "v", role: "viewer" },
  });
  const { token } = viewer.json;
  const body = { query: "in:devices", add: { a: "b" } };
  assert.equal((await api.ask(`POST ${BASE}/tag-changes`, { token, body })).status, 403);
  for (const wrong of [
    { add: { a: "b" } },
    { query: "in:devices" },
    { query: "in:devices", device_ids: ["sr:x"], add: { a: "b" } },
    { query: "in:devices", add: { "a b": "c" } },
    { query: "in:devices", add: { a: "b\u0007" } },
    { query: "in:devices", add: { a: "b" }, remove: ["a"] },
    { query: "hostnam:x", add: { a: "b" } },
    { query: 'stats:"count() by site"', add: { a: "b" } },
    { query: "in:devices limit:1", add: { a: "b" } },
    { query: "in:devices sort:hostname", add: { a: "b" } },
  ]) {
    const { status } = await api.ask(`POST ${BASE}/tag-changes`, { body: wrong });
    assert.equal(status, 400, JSON.stringify(wrong));
  }
  const limited = await api.ask<{ detail: string }>(`POST ${BASE}/tag-changes`, {
    body: { query: "in:devices limit:1", add: { a: "b" }, dry_run: true },
  });
  assert.match(limited.json.detail, /^query: limit: a change of tags is of all devices/);
  const [one, two] = [(await devices(api)).get("one"), (await devices(api)).get("two")];
  assert.deepEqual(two?.tags, {});
  // A removed device is none that a change reaches.
  await api.db.query(
    "update sync.devices set deleted_at = now() where device_no = (select device_no from sync.devices where hostname = 'one')",
  );
  const rehearsed = await api.ask(`POST ${BASE}/tag-changes`, {
    body: { device_ids: [one?.id, two?.id], add: { a: "b" }, dry_run: true },
  });
  assert.deepEqual(rehearsed.json, { is_rehearsal: true, devices: 1, skipped: [one?.id] });
});
