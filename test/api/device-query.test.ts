/** Device queries in SRQL, over HTTP and against a real database. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { pageQuery } from "../../src/api/contract.ts";
import { positionText, readPosition } from "../../src/api/device-query.ts";
import { noteHello } from "../../src/control/agents.ts";
import { countWhileCheap } from "../../src/inventory/count.ts";
import { DEVICE_FIELDS } from "../../src/model/srql-fields.ts";
import type { WireUpdate } from "../support/dire.ts";
import { armis, fleet, netbox, type Fleet } from "../support/said.ts";

const DEVICES = "/api/v1/tenants/acme/devices";

const HOST = {
  partition: "default",
  hostname: "h",
  version: "1",
  os: "linux",
  arch: "amd64",
  sourceIp: "192.0.2.7",
  capabilities: [],
  labels: {},
  certificateIssuer: "CN=test",
  certificateNotAfterMs: 0,
};

type Page = {
  readonly devices: readonly { readonly hostname?: string; readonly ip?: string }[];
  readonly next?: string;
  readonly previous?: string;
  readonly total?: number;
};
type Problem = {
  readonly detail: string;
  readonly errors?: readonly {
    readonly position?: { readonly from: number; readonly to: number };
    readonly suggestion?: string;
  }[];
};

const web = { hostname: "web-1", ip: "10.1.0.1", mac: "00:1b:44:11:3a:01" };
const SAID: readonly WireUpdate[] = [
  netbox({
    id: 1,
    ...web,
    metadata: {
      serial: "SN-W1",
      model: "R740",
      manufacturer: "Dell",
      site: "Berlin",
      role: "server",
    },
  }),
  armis({
    id: 1,
    hour: 30,
    ...web,
    metadata: { serial: "SN-W1", armis_category: "Servers", tags: "role=web,prod" },
  }),
  netbox({
    id: 2,
    hostname: "WEB-2",
    ip: "10.1.0.2",
    metadata: {
      serial: "SN-W2",
      model: "R640",
      manufacturer: "Dell",
      site: "Paris",
      asset_tag: "A_2",
    },
  }),
  netbox({
    id: 3,
    hostname: "core-sw",
    ip: "10.2.0.1",
    metadata: {
      serial: "SN-S1",
      model: "C9300",
      manufacturer: "Cisco",
      site: "Berlin",
      role: "switch",
    },
  }),
  armis({
    id: 9,
    hour: 50,
    hostname: "printer",
    ip: "2001:db8::9",
    metadata: { serial: "SN-P1", manufacturer: "HP" },
  }),
];

async function names({ ask }: Fleet, query: string): Promise<readonly string[]> {
  const { status, json } = await ask<Page & Problem>(
    `GET ${DEVICES}?query=${encodeURIComponent(query)}`,
  );
  assert.equal(status, 200, `${query}: ${json.detail}`);
  return json.devices.map(({ hostname, ip }) => hostname ?? ip ?? "");
}

test("a query finds by every kind of field, whatever its case", async (t) => {
  const api = await fleet(t);
  await api.say(...SAID);
  const finds: Readonly<Record<string, readonly string[]>> = {
    "in:devices": ["web-1", "WEB-2", "core-sw", "printer"],
    "hostname:web-1": ["web-1"],
    "hostname:web%": ["web-1", "WEB-2"],
    '!hostname:"web%"': ["web-1", "WEB-2", "core-sw", "printer"],
    "!hostname:web%": ["core-sw", "printer"],
    "vendor:dell site:berlin": ["web-1"],
    "vendor:(dell,cisco) site:(berlin)": ["web-1", "core-sw"],
    "ip:10.1.0.0/16": ["web-1", "WEB-2"],
    "ip:(10.1.0.2,2001:db8::9)": ["WEB-2", "printer"],
    "ip:10.2.%": ["core-sw"],
    "mac:001b.4411.3a01": ["web-1"],
    "serial:sn-s1": ["core-sw"],
    "source:netbox source:armis": ["web-1"],
    "source:(netbox,armis) !source:netbox": ["printer"],
    "source:nb": ["web-1", "WEB-2", "core-sw"],
    "asset_tag:a_2": ["WEB-2"],
    "asset_tag:a_%": ["WEB-2"],
    "asset_tag:__2": [],
    "netbox_device_id:3": ["core-sw"],
    "metadata.role:switch": ["core-sw"],
    "tags.role:web": ["web-1"],
    "tags:(role:WEB)": ["web-1"],
    "is_provisional:false partition:default": ["web-1", "WEB-2", "core-sw", "printer"],
    "time:[2026-01-02T12:00:00Z,]": ["printer"],
    "first_seen:<2026-01-02": ["web-1", "WEB-2", "core-sw"],
    "last_seen:>=2026-01-02": ["web-1", "printer"],
    "time:last_7d": [],
    "serial:10.1.0.1": [],
    "device_id:SN-W1": [],
    "time:last_999999w": ["web-1", "WEB-2", "core-sw", "printer"],
    "last_seen:<0000-01-01": [],
    "sort:hostname:desc limit:2": ["WEB-2", "web-1"],
    "sort:vendor,hostname": ["core-sw", "web-1", "WEB-2", "printer"],
  };
  for (const [query, expected] of Object.entries(finds)) {
    const found = await names(api, query);
    const same = query.includes("sort:") ? found : found.toSorted();
    assert.deepEqual(same, query.includes("sort:") ? expected : expected.toSorted(), query);
  }
});

test("a gateway's devices are those that its agents report, also after they went to another one", async (t) => {
  const api = await fleet(t);
  const { lease, db } = api;
  await api.say(
    netbox({ id: 1, hostname: "one", agent_id: "agent-1", metadata: { serial: "SN-1" } }),
    netbox({ id: 2, hostname: "two", agent_id: "agent-2", metadata: { serial: "SN-2" } }),
    netbox({ id: 3, hostname: "recorded", metadata: { serial: "SN-3" } }),
  );
  const greets = async (agentId: string, gatewayId: string): Promise<void> =>
    await noteHello(db, lease.tenant, { ...HOST, agentId, gatewayId });
  await greets("agent-1", "gw-1");
  await greets("agent-2", "gw-2");
  assert.deepEqual(await names(api, "gateway_id:gw-1"), ["one"]);
  assert.deepEqual(await names(api, "gateway_id:gw% sort:hostname"), ["one", "two"]);
  await greets("agent-1", "gw-2");
  assert.deepEqual(await names(api, "gateway_id:GW-2 sort:hostname"), ["one", "two"]);
  assert.deepEqual(await names(api, "!gateway_id:gw-2"), ["recorded"]);
});

test("pages in any order hold each device once, those without a value last, and are the same backwards", async (t) => {
  const api = await fleet(t);
  const sites = ["b", undefined, "A", "c", undefined, "a"];
  await api.say(
    ...sites.map((site, id) =>
      netbox({
        id,
        hostname: `h${id}`,
        metadata: { serial: `SN-${id}`, ...(site === undefined ? {} : { site }) },
      }),
    ),
  );
  for (const [sort, expected] of [
    ["site", ["h2", "h5", "h0", "h3", "h1", "h4"]],
    ["site:desc", ["h3", "h0", "h5", "h2", "h4", "h1"]],
    ["site:desc,hostname:desc", ["h3", "h0", "h5", "h2", "h4", "h1"]],
    ["last_seen:desc,hostname", ["h0", "h1", "h2", "h3", "h4", "h5"]],
  ] as const) {
    const pages: (readonly string[])[] = [];
    const read = async (place: string): Promise<Page> => {
      const path = `GET ${DEVICES}?limit=2&total=true&query=${encodeURIComponent(`sort:${sort}`)}${place}`;
      const { status, json } = await api.ask<Page & Problem>(path);
      assert.equal(status, 200, json.detail);
      assert.equal(json.total, sites.length);
      pages.push(json.devices.map(({ hostname = "" }) => hostname));
      return json;
    };
    let page = await read("");
    while (page.next !== undefined) page = await read(`&after=${page.next}`);
    const forwards = pages.splice(0);
    assert.deepEqual(forwards.flat(), expected, sort);
    while (page.previous !== undefined) page = await read(`&before=${page.previous}`);
    assert.deepEqual([...pages.toReversed(), forwards.at(-1)], forwards, `${sort} backwards`);
    pages.splice(0);
    page = await read("&end=true");
    assert.equal(page.next, undefined, "nothing stands behind the end");
    while (page.previous !== undefined) page = await read(`&before=${page.previous}`);
    assert.deepEqual(pages.toReversed(), forwards, `${sort} from its end`);
  }
});

test("devices stand by when they were seen, also those of which every run says the same", async (t) => {
  const api = await fleet(t);
  const seen = (
    id: number,
    hour: number,
    more: Readonly<Record<string, string>> = {},
  ): WireUpdate =>
    netbox({ id, hour, hostname: `h${id}`, metadata: { serial: `SN-${id}`, ...more } });
  const ids = Array.from({ length: 24 }, (_, id) => id);
  await api.say(...ids.map((id) => seen(id, 0)));
  await api.say(...ids.slice(4).map((id) => seen(id, 30)));
  await api.say(seen(9, 40), seen(2, 41, { site: "Berlin" }));
  await api.say(...ids.slice(6).map((id) => seen(id, 60)));
  type Seen = { readonly hostname: string; readonly last_seen: string };
  type Seens = {
    readonly devices: readonly Seen[];
    readonly next?: string;
    readonly previous?: string;
  };
  const { json } = await api.ask<Seens>(`GET ${DEVICES}`);
  // The list's own order is that of the devices' numbers, which settles ties.
  const upwards = json.devices.toSorted((a, b) => a.last_seen.localeCompare(b.last_seen));
  assert.equal(new Set(upwards.map(({ last_seen: at }) => at)).size, 4);
  for (const [sort, expected] of [
    ["last_seen", upwards],
    ["last_seen:desc", upwards.toReversed()],
  ] as const) {
    const read = async (place: string): Promise<Seens> =>
      (await api.ask<Seens>(`GET ${DEVICES}?limit=5&query=sort:${sort}${place}`)).json;
    const pages = [await read("")];
    for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) {
      pages.push(await read(`&after=${next}`));
    }
    const shown = (all: readonly Seens[]): readonly string[] =>
      all.flatMap(({ devices }) => devices.map(({ hostname }) => hostname));
    assert.deepEqual(
      shown(pages),
      expected.map(({ hostname }) => hostname),
      sort,
    );
    const back = pages.slice(-1);
    for (let before = back[0]?.previous; before !== undefined; before = back[0]?.previous) {
      back.unshift(await read(`&before=${before}`));
    }
    assert.deepEqual(shown(back), shown(pages), `${sort} backwards`);
    back.splice(0, back.length, await read("&end=true"));
    for (let before = back[0]?.previous; before !== undefined; before = back[0]?.previous) {
      back.unshift(await read(`&before=${before}`));
    }
    assert.deepEqual(shown(back), shown(pages), `${sort} from its end`);
  }
});

test("a list is entered where its order reaches a beginning of a name, an address, a number or a day", async (t) => {
  const api = await fleet(t);
  await api.say(
    ...["fra-1", "LON-1", "lon-2", "nyc-1"].map((hostname, id) =>
      netbox({ id, hour: id * 24, hostname, ip: `10.${id}.0.9`, metadata: { serial: `SN-${id}` } }),
    ),
  );
  const at = async (sort: string, from: string): Promise<readonly string[]> => {
    const path = `GET ${DEVICES}?query=${encodeURIComponent(`sort:${sort}`)}&from=${from}`;
    const { status, json } = await api.ask<Page & Problem>(path);
    assert.equal(status, 200, json.detail);
    const [first] = json.devices;
    const before = await api.ask<Page>(
      `GET ${DEVICES}?query=${encodeURIComponent(`sort:${sort}`)}&before=${json.previous}`,
    );
    return [before.json.devices.at(-1)?.hostname ?? "", first?.hostname ?? ""];
  };
  assert.deepEqual(await at("hostname", "Lon"), ["fra-1", "LON-1"]);
  assert.deepEqual(await at("hostname:desc", "lon"), ["nyc-1", "lon-2"]);
  assert.deepEqual(await at("hostname", "z"), ["nyc-1", ""]);
  assert.deepEqual(await at("ip", "10.2"), ["LON-1", "lon-2"]);
  assert.deepEqual(await at("ip:desc", "10.2."), ["nyc-1", "lon-2"]);
  const { json } = await api.ask<{ devices: { first_seen: string }[] }>(
    `GET ${DEVICES}?query=sort:first_seen`,
  );
  const day = json.devices[2]?.first_seen.slice(0, 10) ?? "";
  assert.deepEqual(await at("first_seen", day), ["LON-1", "lon-2"]);
  assert.deepEqual(await at("first_seen:desc", day), ["nyc-1", "lon-2"]);
  for (const [sort, from] of [
    ["ip", "ten"],
    ["risk_score", "high"],
    ["risk_score", "0x10"],
    ["last_seen", "monday"],
    ["hostname", "a&after=q"],
  ]) {
    const { status } = await api.ask(`GET ${DEVICES}?query=sort:${sort}&from=${from}`);
    assert.equal(status, 400, `${sort} from ${from}`);
  }
  assert.equal((await api.ask(`GET ${DEVICES}?from=a`)).status, 400);
});

test("what is rare is looked for among the records that hold its letters, also behind escapes", async (t) => {
  const api = await fleet(t);
  await api.say(
    netbox({ id: 1, hostname: "one", metadata: { serial: "SN-1", rack: "A-17" } }),
    netbox({ id: 2, hostname: "two", metadata: { serial: "SN-2", rack: "Zürich\u0001" } }),
    netbox({ id: 3, hostname: "three", metadata: { serial: "SN-3", tags: "rack:a-17, bare" } }),
  );
  const finds: Readonly<Record<string, readonly string[]>> = {
    "metadata.rack:a-17": ["one"],
    "!metadata.rack:a-17": ["two", "three"],
    'metadata.rack:"A-1%"': [],
    "metadata.rack:A-1%": ["one"],
    "metadata.rack:z%": ["two"],
    "tags.rack:A-17": ["three"],
    "tags.bare:%": ["three"],
    "tags.rack:(nothing,%17)": ["three"],
  };
  for (const [query, expected] of Object.entries(finds)) {
    assert.deepEqual(await names(api, query), expected, query);
  }
});

test("a total that costs too much to count is what a sample of the tenant's own devices says, and is marked", async (t) => {
  const { db, lease } = await fleet(t);
  const fill = async (tenant: number, devices: number): Promise<void> =>
    void (await db.query(
      `insert into sync.devices (tenant, device_no, device_id, partition_no, site, instances, sources, record_count, first_seen, last_seen)
       select $1, n, gen_random_uuid(), 1, 'dc-' || n % 40, '{1}', '{netbox}', 1, now(), now() from generate_series(1, $2::int) n`,
      [tenant, devices],
    ));
  const other = lease.tenant + 1;
  await fill(other, 20_000);
  await fill(lease.tenant, 4_000);
  const parameters = [lease.tenant];
  const where = "d.tenant = $1 and d.site = 'dc-7'";
  assert.deepEqual(await countWhileCheap(db, { where, parameters }), {
    count: 100,
    isEstimate: false,
  });
  const cheap = { costMax: 0, sampleCost: 0, sampleMin: 1_000 };
  const all = { where: "d.tenant = $1", parameters };
  assert.deepEqual(await countWhileCheap(db, all, cheap), { count: 4_000, isEstimate: true });
  const { count, isEstimate } = await countWhileCheap(db, { where, parameters }, cheap);
  assert.ok(isEstimate && count > 60 && count < 150, `${count}`);
  const whole = { ...cheap, sampleMin: 4_000 };
  assert.deepEqual(await countWhileCheap(db, { where, parameters }, whole), {
    count: 100,
    isEstimate: false,
  });
});

test("groups are counted, the largest first, small ones left out", async (t) => {
  const api = await fleet(t);
  await api.say(...SAID);
  const asked = async (query: string): Promise<unknown> =>
    (await api.ask(`GET ${DEVICES}/groups?query=${encodeURIComponent(query)}`)).json;
  assert.deepEqual(await asked('source:netbox stats:"count() by vendor_name"'), {
    by: ["vendor_name"],
    groups: [
      { values: ["Dell"], devices: 2 },
      { values: ["Cisco"], devices: 1 },
    ],
    is_complete: true,
  });
  assert.deepEqual(await asked('stats:"count() by vendor, site" having:"count() > 1"'), {
    by: ["vendor_name", "site"],
    groups: [],
    is_complete: true,
  });
  assert.deepEqual(await asked('stats:"count()"'), {
    by: [],
    groups: [{ values: [], devices: 4 }],
    is_complete: true,
  });
});

test("an error tells where in the query it is and what was meant", async (t) => {
  const api = await fleet(t);
  const { status, json } = await api.ask<Problem>(`GET ${DEVICES}?query=in:devices%20hostnam:web`);
  assert.equal(status, 400);
  assert.equal(
    json.detail,
    'query: devices have no field "hostnam", did you mean "hostname"?, at 12',
  );
  assert.deepEqual(json.errors?.[0]?.position, { from: 11, to: 18 });
  assert.equal(json.errors[0].suggestion, "hostname");
  const made = (...values: unknown[]): string =>
    `q${Buffer.from(JSON.stringify(values)).toString("base64url")}`;
  for (const after of ["x", made(1), made(2 ** 40, "a"), made(1, "no time")]) {
    const { status: refused } = await api.ask(`GET ${DEVICES}?query=sort:last_seen&after=${after}`);
    assert.equal(refused, 400, after);
  }
  const cursor = await api.ask<Problem>(`GET ${DEVICES}?query=sort:site&after=qWzFd`);
  assert.deepEqual(
    [cursor.status, cursor.json.detail],
    [400, "after: is not the `next` of a list in this order"],
  );
});

test("completion offers the values that devices have, the most frequent first, and sources by name", async (t) => {
  const api = await fleet(t);
  await api.say(...SAID);
  type Offered = { readonly text: string; readonly about: string; readonly from: number };
  const offered = async (query: string): Promise<readonly (string | number)[][]> => {
    const asked = `?query=${encodeURIComponent(query)}&cursor=${query.length}`;
    const { json } = await api.ask<{ completions: readonly Offered[] }>(
      `GET ${DEVICES}/completions${asked}`,
    );
    return json.completions.map(({ text, about, from }) => [text, about, from]);
  };
  assert.deepEqual(await offered("source:netbox vendor:"), [
    ["Dell", "2 devices", 21],
    ["Cisco", "1 device", 21],
    ["HP", "1 device", 21],
  ]);
  assert.deepEqual(await offered("vendor:ci"), [["Cisco", "1 device", 7]]);
  await api.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: "dc1" } });
  const lab = { type: "netbox", endpoint: "https://netbox.example.com" };
  await api.ask("POST /api/v1/tenants/acme/sources?agent_id=dc1", { body: { sources: { lab } } });
  assert.deepEqual(await offered("source:la"), [["lab", "", 7]]);
  assert.deepEqual(await offered("hostname:we"), []);
});

test("a query that subscribes is a list to who takes JSON, and goes on for who takes events", async (t) => {
  const api = await fleet(t);
  await api.say(...SAID);
  const { viewer } = await api.tenant("acme");
  const plain = await api.ask<Page>(`GET ${DEVICES}?query=stream:true&limit=1`);
  assert.equal(plain.json.devices.length, 1);
  const stopping = new AbortController();
  const headers = { authorization: `Bearer ${viewer}`, accept: "text/event-stream" };
  const request = new Request(`http://core${DEVICES}?query=stream:true&limit=1`, { headers });
  const answer = await api.app.fetch(request, { stopping: stopping.signal });
  assert.equal(answer.headers.get("content-type"), "text/event-stream; charset=utf-8");
  stopping.abort();
  const text = await answer.text();
  const [, data = ""] = /^retry: \d+\n\nevent: page\ndata: (.+)\n\n$/.exec(text) ?? [];
  assert.deepEqual(JSON.parse(data), plain.json);
});

test("every field answers every test that the language takes for it", async (t) => {
  const api = await fleet(t);
  await api.say(...SAID);
  const values = [
    "x%",
    "1",
    "true",
    '"O\'Neil; drop table"',
    ">1",
    "[1,2]",
    "(a,b%)",
    "10.0.0.0/8",
    "2026-01-01",
    "last_7d",
    "[2026-01-01,]",
    "\\_%",
  ];
  const keys = DEVICE_FIELDS.map(({ name, kind }) => (kind === "map" ? `${name}.a'b` : name));
  const term = fc.tuple(
    fc.constantFrom("", "!"),
    fc.constantFrom(...keys),
    fc.constantFrom(...values),
  );
  const sort = fc.constantFrom(
    "",
    ...DEVICE_FIELDS.filter((one) => one.isOrdered).map(({ name }) => ` sort:${name}:desc`),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(term, { minLength: 1, maxLength: 4 }), sort, async (terms, order) => {
      const query = terms.map(([not, key, value]) => `${not}${key}:${value}`).join(" ") + order;
      const { status, json } = await api.ask<Problem>(
        `GET ${DEVICES}?query=${encodeURIComponent(query)}`,
      );
      assert.ok(status === 200 || status === 400, `${query}: ${json.detail}`);
    }),
    { numRuns: 150 },
  );
  for (const { name, isOrdered } of DEVICE_FIELDS) {
    if (isOrdered) await names(api, `sort:${name}`);
  }
});

test("a page that ends at the longest text that a device may have is gone on from", () => {
  const longest = { deviceNo: -(2 ** 31 - 1), values: ["\u20ac".repeat(2_000)] };
  const three = { deviceNo: 2 ** 31 - 1, values: ["a", "b", "c"].map((one) => one.repeat(2_000)) };
  for (const position of [longest, three]) {
    const { after } = pageQuery.parse({ after: positionText(position) });
    assert.deepEqual(readPosition(after, position.values.length), position);
  }
});
