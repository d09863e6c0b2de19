import assert from "node:assert/strict";
import { test } from "node:test";

import type { Answer } from "../support/api-over.ts";
import type { WireUpdate } from "../support/dire.ts";
import { armis, fleet, netbox, type Fleet } from "../support/said.ts";

const DEVICES = "/api/v1/tenants/acme/devices";

type Device = {
  readonly id: string;
  readonly hostname?: string;
  readonly ip?: string;
  readonly records: number;
  readonly sources: readonly string[];
};
type Page = {
  readonly devices: readonly Device[];
  readonly next?: string;
  readonly total?: number;
};
type Candidate = { readonly value: string; readonly source: string };
type Detail = Device & {
  readonly requested_id?: string;
  readonly deleted_at?: string;
  readonly fields: readonly (Candidate & {
    readonly field: string;
    readonly losers: readonly Candidate[];
  })[];
  readonly evidence: readonly {
    readonly source: string;
    readonly source_id: string;
    readonly kind: string;
    readonly native_id: string;
    readonly first_seen: string;
    readonly last_seen: string;
    readonly retracted_at?: string;
    readonly is_former: boolean;
    readonly payload?: { readonly metadata: Readonly<Record<string, string>> };
  }[];
  readonly aliases: readonly { readonly id: string; readonly reason: string }[];
  readonly merges: readonly { readonly from_id: string; readonly to_id: string }[];
};

async function names({ ask }: Fleet, query: string): Promise<readonly string[]> {
  const { status, json } = await ask<Page>(`GET ${DEVICES}?${query}`);
  assert.equal(status, 200, JSON.stringify(json));
  return json.devices.map(({ hostname, ip }) => hostname ?? ip ?? "").toSorted();
}

test("devices are paged each once, though others come, go and change meanwhile", async (t) => {
  const api = await fleet(t);
  const many = (from: number, until: number): WireUpdate[] =>
    Array.from({ length: until - from }, (_, i) =>
      netbox({ id: from + i, hostname: `h-${from + i}` }),
    );
  await api.say(...many(0, 30));
  const seen: (string | undefined)[] = [];
  let next: string | undefined = "";
  for (let page = 0; next !== undefined; page += 1) {
    assert.ok(page < 20);
    const { json }: Answer<Page> = await api.ask(
      `GET ${DEVICES}?limit=7${next && `&after=${next}`}`,
    );
    seen.push(...json.devices.map(({ hostname }) => hostname));
    next = json.next;
    if (page > 2) continue;
    // One that was listed changes, one that was not goes, and new ones come.
    await api.say(
      netbox({ id: page, hour: 1, hostname: `h-${page}`, metadata: { model: `new ${page}` } }),
      netbox({
        id: 29 - page,
        hour: 1,
        hostname: `h-${29 - page}`,
        metadata: { _deleted: "true" },
      }),
      netbox({ id: 100 + page, hostname: `h-${100 + page}` }),
    );
  }
  assert.equal(new Set(seen).size, seen.length);
  const stayed = Array.from({ length: 27 }, (_, i) => `h-${i}`);
  assert.deepEqual(
    stayed.filter((name) => !seen.includes(name)),
    [],
  );
});

test("a list is read from its end too, and a page begins at one place alone", async (t) => {
  const api = await fleet(t);
  await api.say(...Array.from({ length: 8 }, (_, id) => netbox({ id, hostname: `h-${id}` })));
  const forwards = (await api.ask<Page>(`GET ${DEVICES}`)).json.devices.map(({ id }) => id);
  const backwards: string[] = [];
  type Both = Page & { readonly previous?: string };
  let page = (await api.ask<Both>(`GET ${DEVICES}?limit=3&end=true`)).json;
  assert.equal(page.next, undefined);
  for (;;) {
    backwards.unshift(...page.devices.map(({ id }) => id));
    if (page.previous === undefined) break;
    page = (await api.ask<Both>(`GET ${DEVICES}?limit=3&before=${page.previous}`)).json;
  }
  assert.deepEqual(backwards, forwards);
  assert.equal((await api.ask(`GET ${DEVICES}?end=true&after=d1`)).status, 400);
});

test("a search finds by the beginning of a name, in upper or lower case, and by whole values", async (t) => {
  const api = await fleet(t);
  await api.say(
    netbox({ id: 1, hostname: "SW-core-1", ip: "10.0.0.1", metadata: { serial: "FDO1111AAAA" } }),
    netbox({
      id: 2,
      hostname: "sw-edge-2",
      ip: "10.0.0.2",
      mac: "00:1B:44:11:22:33",
      metadata: { all_ips: "10.0.0.2,192.168.7.7" },
    }),
    netbox({ id: 3, hostname: "fw_%-3", ip: "10.0.0.21" }),
    armis({ id: 9, hostname: "guest-10.0.0.9", ip: "10.0.0.9" }),
  );
  const { json } = await api.ask<Page>(`GET ${DEVICES}?q=sw-edge`);
  const id = json.devices[0]?.id ?? "";
  const found: Readonly<Record<string, readonly string[]>> = {
    "sw-": ["SW-core-1", "sw-edge-2"],
    "SW-": ["SW-core-1", "sw-edge-2"],
    "SW-core-1": ["SW-core-1"],
    fdo1111aaaa: ["SW-core-1"],
    "10.0.0.2": ["sw-edge-2"],
    "192.168.7.7": ["sw-edge-2"],
    "10.0.0": [],
    "001b.4411.2233": ["sw-edge-2"],
    [id]: ["sw-edge-2"],
    [id.slice(3).toUpperCase()]: ["sw-edge-2"],
    "fw_%": ["fw_%-3"],
    "%": [],
    _w: [],
    core: [],
  };
  for (const [q, expected] of Object.entries(found)) {
    assert.deepEqual(await names(api, `q=${encodeURIComponent(q)}`), expected, q);
  }
});

test("a value that a record no longer says finds nothing", async (t) => {
  const api = await fleet(t);
  await api.say(netbox({ hostname: "a", ip: "10.0.0.1", metadata: { serial: "OLDSERIAL1" } }));
  await api.say(
    netbox({ hour: 1, hostname: "a", ip: "10.0.0.2", metadata: { serial: "NEWSERIAL1" } }),
  );
  assert.deepEqual(await names(api, "q=OLDSERIAL1"), []);
  assert.deepEqual(await names(api, "q=NEWSERIAL1"), ["a"]);
  assert.deepEqual(await names(api, "q=10.0.0.1"), []);
});

test("filters narrow by source, type of source, kind, partition and state, and the total counts all that pass", async (t) => {
  const api = await fleet(t);
  await api.say(
    netbox({ id: 1, hostname: "sw-1", metadata: { role: "switch" } }),
    netbox({ id: 2, hostname: "fw-2", metadata: { role: "firewall" }, partition: "site-b" }),
    armis({ id: 3, hostname: "cam-3", metadata: { armis_type: "IP Camera" } }),
    netbox({ id: 4, hostname: "gone-4" }),
  );
  await api.say(netbox({ id: 4, hour: 1, hostname: "gone-4", metadata: { _deleted: "true" } }));
  assert.deepEqual(await names(api, ""), ["cam-3", "fw-2", "sw-1"]);
  assert.deepEqual(await names(api, "source=nb"), ["fw-2", "sw-1"]);
  assert.deepEqual(await names(api, "source=Armis"), ["cam-3"]);
  assert.deepEqual(await names(api, "source=nosuch"), []);
  assert.deepEqual(await names(api, "type=Switch"), ["sw-1"]);
  assert.deepEqual(await names(api, "type=9"), ["fw-2"]);
  assert.deepEqual(await names(api, "partition=site-b"), ["fw-2"]);
  assert.deepEqual(await names(api, "state=deleted"), ["gone-4"]);
  assert.deepEqual(await names(api, "state=all&source=nb"), ["fw-2", "gone-4", "sw-1"]);
  const { json } = await api.ask<Page>(`GET ${DEVICES}?limit=1&total=true&source=nb`);
  assert.deepEqual([json.devices.length, json.total], [1, 2]);
});

test("a device shows for every field whose value stands and who says otherwise", async (t) => {
  const api = await fleet(t);
  const common = { mac: "00:1B:44:11:22:33", ip: "10.0.0.1" };
  await api.say(
    netbox({
      id: 7,
      ...common,
      hostname: "sw-1",
      metadata: { serial: "FDO1111AAAA", model: "C9300" },
    }),
    armis({ id: 70, hour: 5, ...common, hostname: "SW-1", metadata: { serial: "FDO1111AAAA" } }),
  );
  const { json: list } = await api.ask<Page>(`GET ${DEVICES}`);
  assert.equal(list.devices.length, 1);
  const { json } = await api.ask<Detail>(`GET ${DEVICES}/${list.devices[0]?.id}`);
  const hostname = json.fields.find(({ field }) => field === "hostname");
  assert.deepEqual([hostname?.value, hostname?.source], ["sw-1", "nb"]);
  assert.deepEqual(
    hostname?.losers.map(({ value, source }) => [value, source]),
    [["SW-1", "ar"]],
  );
  assert.deepEqual(
    json.evidence.map((record) => [record.source, record.kind, record.native_id, record.last_seen]),
    [
      ["nb", "integration", "7", "2026-01-01T00:00:00.000Z"],
      ["ar", "armis", "70", "2026-01-01T05:00:00.000Z"],
    ],
  );
  assert.equal(json.evidence[0]?.payload?.metadata["model"], "C9300");
  // What is published is what the evidence says.
  const published = json as unknown as Readonly<Record<string, unknown>>;
  for (const { field, value } of json.fields) {
    assert.equal(String(published[field]), value, field);
  }
});

test("a device shows its interfaces, tags, risk and addresses, and since when each value stands", async (t) => {
  const api = await fleet(t);
  const metadata = {
    armis_risk_level: "80",
    armis_tags: "IoT,owner=lab",
    all_ips: "10.0.0.1,10.0.0.9",
  };
  await api.say(
    armis({ id: 1, hostname: "cam-1", ip: "10.0.0.1", mac: "00:1B:44:11:22:33", metadata }),
  );
  const { json: list } = await api.ask<Page>(`GET ${DEVICES}`);
  const { json } = await api.ask<Detail & Readonly<Record<string, unknown>>>(
    `GET ${DEVICES}/${list.devices[0]?.id}`,
  );
  assert.deepEqual(json["network_interfaces"], [
    { ip: "10.0.0.1" },
    { ip: "10.0.0.9" },
    { mac: "00:1B:44:11:22:33" },
  ]);
  assert.deepEqual(json["tags"], { IoT: "", owner: "lab" });
  assert.deepEqual(
    [json["risk_level"], json["risk_level_id"], json["risk_score"]],
    ["High", 3, 80],
  );
  const day = { first_seen: "2026-01-01T00:00:00.000Z", last_seen: "2026-01-01T00:00:00.000Z" };
  assert.deepEqual(
    json["addresses"],
    ["10.0.0.1", "10.0.0.9"].map((value) => ({
      type: "ip",
      value,
      state: "stale",
      days: 1,
      ...day,
    })),
  );
  const hostname = json.fields.find(({ field }) => field === "hostname");
  assert.equal((hostname as unknown as { since: string }).since, "2026-01-01T00:00:00.000Z");
});

test("a list tells when a device was last seen, also by runs in which nothing changed", async (t) => {
  const api = await fleet(t);
  const seen = (hour: number): WireUpdate[] =>
    Array.from({ length: 20 }, (_, i) => netbox({ id: i, hour, hostname: `h-${i}` }));
  await api.say(...seen(0));
  await api.say(...seen(7));
  const { json } = await api.ask<{ devices: readonly { last_seen: string }[] }>(`GET ${DEVICES}`);
  assert.deepEqual(
    [...new Set(json.devices.map((device) => device.last_seen))],
    ["2026-01-01T07:00:00.000Z"],
  );
});

test("a retracted record is shown as such and says nothing while another stands", async (t) => {
  const api = await fleet(t);
  const common = { mac: "00:1B:44:11:22:33", metadata: { serial: "FDO1111AAAA" } };
  await api.say(
    netbox({ id: 7, hostname: "sw-1", ...common }),
    armis({ id: 70, hostname: "SW-1", ...common }),
  );
  await api.say(
    netbox({
      id: 7,
      hour: 1,
      hostname: "sw-1",
      metadata: { serial: "FDO1111AAAA", _deleted: "true" },
    }),
  );
  const { json: list } = await api.ask<Page>(`GET ${DEVICES}`);
  const { json } = await api.ask<Detail>(`GET ${DEVICES}/${list.devices[0]?.id}`);
  assert.equal(json.hostname, "SW-1");
  assert.deepEqual(
    json.fields.flatMap(({ source, losers }) => [source, ...losers.map((loser) => loser.source)]),
    json.fields.map(() => "ar"),
  );
  assert.deepEqual(
    json.evidence.map(({ source, retracted_at: at }) => [source, at]),
    [
      ["nb", "2026-01-01T01:00:00.000Z"],
      ["ar", undefined],
    ],
  );
});

test("a former id leads to the device, which tells of the merge", async (t) => {
  const api = await fleet(t);
  await api.say(netbox({ id: 7, hostname: "alpha", mac: "00:1B:44:11:22:33" }));
  await api.say(armis({ id: 70, hour: 1, hostname: "other", ip: "10.0.0.7" }));
  const { json: apart } = await api.ask<Page>(`GET ${DEVICES}`);
  assert.equal(apart.devices.length, 2);
  const metadata = { serial: "FDO1111AAAA" };
  await api.say(
    netbox({ id: 7, hour: 2, hostname: "alpha", mac: "00:1B:44:11:22:33", metadata }),
    armis({ id: 70, hour: 2, hostname: "other", mac: "00:1B:44:11:22:33", metadata }),
  );
  const { json: merged } = await api.ask<Page>(`GET ${DEVICES}`);
  assert.equal(merged.devices.length, 1);
  const id = merged.devices[0]?.id ?? "";
  const former = apart.devices.find((device) => device.id !== id)?.id ?? "";
  const { status, json } = await api.ask<Detail>(`GET ${DEVICES}/${former}`);
  assert.equal(status, 200);
  assert.deepEqual([json.id, json.requested_id], [id, former]);
  assert.deepEqual(
    json.aliases.map((alias) => alias.id),
    [former],
  );
  assert.deepEqual(
    json.merges.map((merge) => [merge.from_id, merge.to_id]),
    [[former, id]],
  );
  assert.deepEqual(await names(api, `q=${former}`), ["alpha"]);
});

test("an id that no device has or had is a plain no", async (t) => {
  const { ask } = await fleet(t);
  for (const id of ["sr:00000000-0000-4000-8000-000000000000", "x", "sr:", "%F0%9F%98%80"]) {
    const { status, json } = await ask<{ code: string }>(`GET ${DEVICES}/${id}`);
    assert.deepEqual([status, json.code], [404, "device_not_found"], id);
  }
});

test("a device whose only record was given to another machine goes with its own name", async (t) => {
  const api = await fleet(t);
  const at = { ip: "10.0.0.1", mac: "00:1B:44:11:22:33" };
  await api.say(netbox({ id: 7, ...at, hostname: "Rack-1", metadata: { serial: "PF3RT9AB" } }));
  await api.say(
    netbox({
      id: 7,
      hour: 900,
      ip: "10.0.0.9",
      mac: "00:1B:44:44:55:66",
      hostname: "shop-9",
      metadata: { serial: "PF4RT8CD" },
    }),
  );
  const { json } = await api.ask<{ devices: readonly Readonly<Record<string, unknown>>[] }>(
    `GET ${DEVICES}?state=all`,
  );
  assert.deepEqual(
    json.devices.map(({ hostname, ip, mac, serial, deleted_at: gone }) => [
      hostname,
      ip,
      mac,
      serial,
      gone !== undefined,
    ]),
    [
      ["rack-1", "10.0.0.1", "00:1B:44:11:22:33", "PF3RT9AB", true],
      ["shop-9", "10.0.0.9", "00:1B:44:44:55:66", "PF4RT8CD", false],
    ],
  );
});

test("a record that was given to another machine stays with the first as its past, without the other's words", async (t) => {
  const api = await fleet(t);
  const first = {
    mac: "00:1B:44:11:22:33",
    hostname: "rack-1",
    metadata: { serial: "SERIALAAAA1" },
  };
  const second = {
    mac: "00:1B:44:44:55:66",
    hostname: "shop-9",
    metadata: { serial: "SERIALBBBB2" },
  };
  await api.say(netbox({ id: 7, ...first }), armis({ id: 70, ...first }));
  await api.say(netbox({ id: 7, hour: 900, ...second }), armis({ id: 70, hour: 900, ...first }));
  const { json: list } = await api.ask<Page>(`GET ${DEVICES}`);
  const details = await Promise.all(
    list.devices.map(async ({ id }) => (await api.ask<Detail>(`GET ${DEVICES}/${id}`)).json),
  );
  const told = details.map(({ hostname, evidence }) => [
    hostname,
    evidence.map((record) => [record.source, record.is_former, record.payload !== undefined]),
  ]);
  assert.deepEqual(Object.fromEntries(told), {
    "rack-1": [
      ["nb", true, false],
      ["ar", false, true],
    ],
    "shop-9": [["nb", false, true]],
  });
});
