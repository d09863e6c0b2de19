/** What operators decide of devices: it changes what it says, can be tried first, and is taken back without a trace. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Db } from "../../src/db/pool.ts";
import { armis, fleet, netbox, type Fleet } from "../support/said.ts";

const BASE = "/api/v1/tenants/acme";

type Device = { readonly id: string; readonly hostname?: string; readonly records: number };
type Assertion = {
  readonly assertion_no: number;
  readonly kind: string;
  readonly state: string;
  readonly made: { readonly by: string; readonly reason: string };
  readonly revoked?: { readonly by: string };
  readonly records: readonly { readonly native_id: string; readonly device_id?: string }[];
};
type Outcome = {
  readonly is_rehearsal: boolean;
  readonly made: readonly Assertion[];
  readonly revoked: readonly Assertion[];
  readonly moves: readonly {
    readonly record: { readonly record_no: number; readonly native_id: string };
    readonly from_id?: string;
    readonly to_id?: string;
  }[];
  readonly devices: readonly {
    readonly id: string;
    readonly records_before: number;
    readonly records_after: number;
  }[];
};
type Problem = { readonly code: string; readonly detail: string };

/** Devices by hostname. */
async function devices({ ask }: Fleet): Promise<ReadonlyMap<string, Device>> {
  const { json } = await ask<{ devices: readonly Device[] }>(`GET ${BASE}/devices`);
  return new Map(json.devices.map((device) => [device.hostname ?? "", device]));
}

async function does(
  { ask }: Fleet,
  path: string,
  body: Readonly<Record<string, unknown>> = {},
): Promise<Outcome> {
  const { status, json } = await ask<Outcome>(`POST ${BASE}/${path}`, { body });
  assert.equal(status, 200, JSON.stringify(json));
  return json;
}

async function mayNot(
  { ask }: Fleet,
  path: string,
  body: Readonly<Record<string, unknown>> = {},
): Promise<Problem> {
  const { status, json } = await ask<Problem>(`POST ${BASE}/${path}`, { body });
  assert.ok(status >= 400 && status < 500, JSON.stringify(json));
  return json;
}

/** Everything that is published, but for when it was last written. */
async function published(db: Db): Promise<readonly string[]> {
  const tables = ["devices", "members", "aliases", "value_states"];
  const lines = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await db.query<{ line: string }>(
        `select (to_jsonb(t) - 'modified_at')::text as line from sync.${table} t order by 1`,
      );
      return rows.map(({ line }) => `${table} ${line}`);
    }),
  );
  return lines.flat();
}

/** Two laptops, each in both sources. */
async function laptops(t: Parameters<typeof fleet>[0]): Promise<Fleet> {
  const api = await fleet(t);
  await api.say(
    netbox({ id: 1, hostname: "lap-1", metadata: { serial: "SN-A001" } }),
    armis({ id: 11, hour: 1, hostname: "lap-1", metadata: { serial: "SN-A001" } }),
    netbox({ id: 2, hour: 2, hostname: "lap-2", metadata: { serial: "SN-B002" } }),
    armis({ id: 12, hour: 3, hostname: "lap-2", metadata: { serial: "SN-B002" } }),
  );
  return api;
}

const idOf = (all: ReadonlyMap<string, Device>, hostname: string): string =>
  all.get(hostname)?.id ?? "";

test("a merge makes one device of two, and unmerge gives them back as they were", async (t) => {
  const api = await laptops(t);
  const before = await published(api.db);
  const two = await devices(api);
  const [one, other] = [idOf(two, "lap-1"), idOf(two, "lap-2")];
  const merged = await does(api, `devices/${one}/merge`, { other, reason: "same lid" });
  const counts = new Map(
    merged.devices.map(({ id, records_before: was, records_after: is }) => [id, [was, is]]),
  );
  assert.deepEqual(
    [counts.get(one), counts.get(other)],
    [
      [2, 4],
      [2, 0],
    ],
  );
  const { json } = await api.ask<Device & { merges: { reason: string; from_id: string }[] }>(
    `GET ${BASE}/devices/${other}`,
  );
  assert.equal(json.id, one);
  assert.deepEqual(
    json.merges.map(({ reason, from_id: from }) => [reason, from]),
    [["manual_merge", other]],
  );
  const undone = await does(api, `devices/${one}/unmerge`);
  assert.equal(undone.revoked[0]?.assertion_no, merged.made[0]?.assertion_no);
  assert.deepEqual(await published(api.db), before);
});

test("a dry run says what a merge does, and does nothing", async (t) => {
  const api = await laptops(t);
  const before = await published(api.db);
  const two = await devices(api);
  const path = `devices/${idOf(two, "lap-1")}/merge`;
  const body = { other: idOf(two, "lap-2") };
  const tried = await does(api, path, { ...body, dry_run: true });
  assert.equal(tried.is_rehearsal, true);
  assert.deepEqual(await published(api.db), before);
  const { json } = await api.ask<{ assertions: unknown[] }>(`GET ${BASE}/assertions?state=all`);
  assert.deepEqual(json.assertions, []);
  const done = await does(api, path, body);
  assert.deepEqual(done.moves, tried.moves);
});

test("a merge holds through syncs that say otherwise", async (t) => {
  const api = await laptops(t);
  const two = await devices(api);
  await does(api, `devices/${idOf(two, "lap-1")}/merge`, { other: idOf(two, "lap-2") });
  await api.say(
    netbox({ id: 1, hour: 30, hostname: "lap-1", metadata: { serial: "SN-D004" } }),
    netbox({ id: 2, hour: 30, hostname: "lap-2", metadata: { serial: "SN-C003" } }),
  );
  const [only, ...others] = (await devices(api)).values();
  assert.deepEqual([only?.records, others.length], [4, 0]);
});

test("never-merge keeps apart what a source comes to join", async (t) => {
  const api = await fleet(t);
  const said = (hour: number, metadata: Readonly<Record<string, string>>) => [
    netbox({ id: 1, hour, hostname: "lap-1", metadata }),
    armis({ id: 12, hour, hostname: "lap-2", metadata }),
  ];
  await api.say(...said(0, {}));
  const two = await devices(api);
  const body = { other: idOf(two, "lap-2") };
  await does(api, `devices/${idOf(two, "lap-1")}/never-merge`, body);
  await api.say(...said(30, { serial: "SN-A001" }));
  assert.deepEqual([...(await devices(api)).keys()], ["lap-1", "lap-2"]);
  const reasons = async (query: string): Promise<readonly string[]> => {
    const { json } = await api.ask<{ pairs: readonly { reason: string }[] }>(
      `GET ${BASE}/quarantine?limit=1${query}`,
    );
    return json.pairs.map(({ reason }) => reason);
  };
  assert.deepEqual(await reasons(""), ["cannot_link"]);
  assert.deepEqual(await reasons("&open=true"), [], "it is decided, and takes no place of others");
  const {
    json: {
      assertions: [only],
    },
  } = await api.ask<{ assertions: readonly Assertion[] }>(`GET ${BASE}/assertions`);
  await does(api, `assertions/${only?.assertion_no}/revoke`);
  assert.equal((await devices(api)).size, 1, "without it, they are joined");
});

test("unmerge takes a record out for good, and says so in the merge audit", async (t) => {
  const api = await laptops(t);
  const one = idOf(await devices(api), "lap-1");
  const { json } = await api.ask<{ evidence: { native_id: string; record_no: number }[] }>(
    `GET ${BASE}/devices/${one}`,
  );
  const record = json.evidence.find(({ native_id: native }) => native === "11")?.record_no;
  const out = await does(api, `devices/${one}/unmerge`, { record_no: record });
  assert.deepEqual(
    out.moves.map(({ record: moved, from_id: from }) => [moved.native_id, from]),
    [["11", one]],
  );
  await api.say(armis({ id: 11, hour: 60, hostname: "lap-1", metadata: { serial: "SN-A001" } }));
  const again = await api.ask<Device>(`GET ${BASE}/devices/${one}`);
  assert.equal(again.json.records, 1);
  const { rows } = await api.db.query<{ reason: string; parted: string }>(
    "select reason, 'sr:' || from_device_id as parted from sync.merge_audit",
  );
  assert.deepEqual(rows, [{ reason: "unmerge", parted: out.moves[0]?.to_id }]);
});

test("a decision that contradicts one that stands is refused with the sentence why", async (t) => {
  const api = await laptops(t);
  const two = await devices(api);
  const [one, other] = [idOf(two, "lap-1"), idOf(two, "lap-2")];
  const apart = await does(api, `devices/${one}/never-merge`, { other });
  const no = apart.made[0]?.assertion_no;
  const refused = await mayNot(api, `devices/${one}/merge`, { other });
  assert.equal(refused.code, "not_allowed");
  assert.match(refused.detail, new RegExp(`assertion ${no} .*never one device; revoke it first`));
  await does(api, `assertions/${no}/revoke`);
  await does(api, `devices/${one}/merge`, { other });
  assert.match((await mayNot(api, `devices/${one}/merge`, { other })).detail, /one device already/);
  assert.match(
    (await mayNot(api, `devices/${one}/never-merge`, { other })).detail,
    /one device now; unmerge/,
  );
  assert.equal((await mayNot(api, `assertions/${no}/revoke`)).code, "assertion_not_found");
});

test("devices of two partitions, and one that is but an address, are not merged", async (t) => {
  const api = await laptops(t);
  await api.say(
    netbox({ id: 3, hostname: "far", partition: "site-b", metadata: { serial: "SN-C003" } }),
    { source: "sweep", ip: "10.9.9.9", timestamp: "2026-01-01T00:00:00Z", hostname: "" },
  );
  const all = await devices(api);
  const one = idOf(all, "lap-1");
  const far = await mayNot(api, `devices/${one}/merge`, { other: idOf(all, "far") });
  assert.match(far.detail, /different partitions/);
  const swept = await mayNot(api, `devices/${one}/merge`, { other: idOf(all, "") });
  assert.match(swept.detail, /known by an address alone/);
});

test("a locked field stands through syncs and merges until it is unlocked", async (t) => {
  const api = await laptops(t);
  const two = await devices(api);
  const [one, other] = [idOf(two, "lap-1"), idOf(two, "lap-2")];
  const before = await published(api.db);
  await does(api, `devices/${other}/lock`, { field: "hostname", value: "reception" });
  await api.say(netbox({ id: 2, hour: 30, hostname: "lap-2b", metadata: { serial: "SN-B002" } }));
  assert.equal(idOf(await devices(api), "reception"), other);
  await does(api, `devices/${one}/merge`, { other });
  assert.equal(idOf(await devices(api), "reception"), one);
  await does(api, `devices/${one}/unmerge`);
  await does(api, `devices/${other}/unlock`, { field: "hostname" });
  assert.equal(idOf(await devices(api), "lap-2b"), other);
  assert.match(
    (await mayNot(api, `devices/${other}/unlock`, { field: "hostname" })).detail,
    /is not locked/,
  );
  await api.say(netbox({ id: 2, hour: 2, hostname: "lap-2", metadata: { serial: "SN-B002" } }));
  assert.equal((await published(api.db)).length, before.length);
});

test("a lock takes only what the field can hold", async (t) => {
  const api = await laptops(t);
  const one = idOf(await devices(api), "lap-1");
  const wrong = await mayNot(api, `devices/${one}/lock`, { field: "ip", value: "10.0.0.300" });
  assert.equal(wrong.detail, 'ip: "10.0.0.300" is no IP address');
});

test("a blocked value joins nothing until that is taken back; the id it gave rise to leads on", async (t) => {
  const api = await laptops(t);
  const before = await published(api.db);
  const blocked = await does(api, "values/block", { type: "serial", value: "sn-a001" });
  assert.equal(blocked.moves.length, 0, "the name still joins them");
  const named = await does(api, "values/block", { type: "host", value: "lap-1.example.net" });
  assert.equal(named.moves.length, 1);
  for (const { assertion_no: no } of [...blocked.made, ...named.made]) {
    await does(api, `assertions/${no}/revoke`, { reason: "mistaken" });
  }
  const after = await published(api.db);
  assert.deepEqual(
    after.filter((line) => !line.startsWith("aliases")),
    before,
  );
  const junk = await mayNot(api, "values/block", { type: "mac", value: "nonsense" });
  assert.equal(junk.code, "invalid_request");
});

test("assertions are listed newest first, page by page, with who said them and why", async (t) => {
  const api = await laptops(t);
  const two = await devices(api);
  const one = idOf(two, "lap-1");
  for (const value of ["a", "b", "c"]) {
    await does(api, `devices/${one}/lock`, { field: "hostname", value, reason: `so ${value}` });
  }
  type Page = { readonly assertions: readonly Assertion[]; readonly next?: string };
  const first = await api.ask<Page>(`GET ${BASE}/assertions?limit=2`);
  assert.deepEqual(
    first.json.assertions.map(({ made }) => made),
    ["so c", "so b"].map((reason) => ({
      by: "cli:local",
      reason,
      at: new Date(api.clock.nowMs).toISOString(),
    })),
  );
  const rest = await api.ask<Page>(`GET ${BASE}/assertions?limit=2&after=${first.json.next}`);
  assert.deepEqual(
    rest.json.assertions.map(({ records }) => records[0]?.device_id),
    [one],
  );
  const { rows } = await api.db.query<{ action: string; subject: string }>(
    "select action, subject from sync.audit where action like 'device.%' order by audit_no",
  );
  assert.deepEqual(rows[0], { action: "device.lock", subject: `${one} hostname` });
});

test("an operator's token may decide, a viewer's may look, another tenant's may neither", async (t) => {
  const api = await laptops(t);
  const [mine, theirs] = [await api.tenant("acme"), await api.tenant("globex")];
  const one = idOf(await devices(api), "lap-1");
  const acts: readonly (readonly [string, object])[] = [
    [`devices/${one}/lock`, { field: "hostname", value: "x" }],
    [`devices/${one}/unlock`, { field: "hostname" }],
    [`devices/${one}/merge`, { other: one }],
    [`devices/${one}/never-merge`, { other: one }],
    [`devices/${one}/unmerge`, {}],
    ["values/block", { type: "host", value: "lap-1" }],
    ["values/allow", { type: "host", value: "lap-1" }],
    ["assertions/1/revoke", {}],
  ];
  for (const [path, body] of acts) {
    const as = async (token: string): Promise<Problem> =>
      (await api.ask<Problem>(`POST ${BASE}/${path}`, { token, body })).json;
    assert.equal((await as(mine.viewer)).code, "role_too_low", path);
    assert.equal((await as(theirs.admin)).code, "other_tenant", path);
    assert.notEqual((await as(mine.operator)).code, "role_too_low", path);
    const inTheirs = path.replace("devices/", "devices/");
    const { json } = await api.ask<Problem>(`POST /api/v1/tenants/globex/${inTheirs}`, {
      token: theirs.operator,
      body,
    });
    assert.match(json.code, /not_found|not_allowed/, path);
  }
  const list = await api.ask(`GET ${BASE}/assertions`, { token: mine.viewer });
  assert.equal(list.status, 200);
});

test("what looked like one device and is not stands in quarantine until it no longer does", async (t) => {
  const api = await fleet(t);
  const mac = "00:1B:44:11:22:33";
  await api.say(
    netbox({ id: 1, hostname: "lap-1", mac }),
    armis({ id: 11, hour: 1, mac }),
    netbox({ id: 2, hostname: "srv-1", metadata: { serial: "SN-A001" } }),
    netbox({ id: 3, hostname: "srv-2", metadata: { serial: "SN-A001" } }),
    armis({ id: 12, metadata: { serial: "SN-A001" } }),
  );
  type Pair = {
    readonly reason: string;
    readonly points: number;
    readonly records: readonly { readonly native_id: string; readonly device_id?: string }[];
  };
  const pairs = async (query = ""): Promise<readonly string[]> => {
    const { json } = await api.ask<{ pairs: readonly Pair[] }>(`GET ${BASE}/quarantine${query}`);
    assert.ok(json.pairs.every(({ records }) => records.every((one) => one.device_id)));
    return json.pairs
      .map(({ reason, points, records }) =>
        [reason, points, ...records.map(({ native_id: native }) => native)].join(" "),
      )
      .toSorted();
  };
  assert.deepEqual(await pairs(), [
    "contested 12 2 12",
    "contested 12 3 12",
    "mac_only_conflict 5 1 11",
  ]);
  assert.deepEqual(await pairs("?reason=mac_only_conflict"), ["mac_only_conflict 5 1 11"]);
  const quality = await api.ask<{ quarantined_pairs: number }>(`GET ${BASE}/dire/quality`);
  assert.equal(quality.json.quarantined_pairs, 3);
  await api.say(armis({ id: 11, hour: 2, mac, hostname: "lap-1" }));
  assert.deepEqual(await pairs(), ["contested 12 2 12", "contested 12 3 12"]);
  const first = await api.ask<{ pairs: readonly Pair[]; next: string }>(
    `GET ${BASE}/quarantine?limit=1`,
  );
  const rest = await api.ask<{ pairs: readonly Pair[]; next?: string }>(
    `GET ${BASE}/quarantine?limit=1&after=${first.json.next}`,
  );
  assert.notDeepEqual(rest.json.pairs, first.json.pairs);
  assert.equal(rest.json.next, undefined);
});

test("a pair that a contested value brought waits no longer once it is kept apart, until that is taken back", async (t) => {
  const api = await fleet(t);
  const metadata = { serial: "SN-A001" };
  await api.say(
    netbox({ id: 2, hostname: "srv-1", metadata }),
    netbox({ id: 3, hostname: "srv-2", metadata }),
    armis({ id: 12, hostname: "srv", metadata }),
  );
  const waiting = async (): Promise<readonly string[]> => {
    const path = `GET ${BASE}/quarantine?open=true`;
    type Pairs = {
      readonly pairs: readonly {
        readonly reason: string;
        readonly records: readonly { readonly native_id: string }[];
      }[];
    };
    const { json } = await api.ask<Pairs>(path);
    return json.pairs
      .map(({ reason, records }) => [reason, ...records.map((one) => one.native_id)].join(" "))
      .toSorted();
  };
  const counted = async (): Promise<number> =>
    (await api.ask<{ held_apart: number }>(`GET ${BASE}/dire/quality`)).json.held_apart;
  const both = ["contested 2 12", "contested 3 12"];
  assert.deepEqual([await waiting(), await counted()], [both, 2]);
  const found = await devices(api);
  const other = idOf(found, "srv");
  const { made } = await does(api, `devices/${idOf(found, "srv-1")}/never-merge`, { other });
  assert.deepEqual([await waiting(), await counted()], [["contested 3 12"], 1]);
  // Said anew of the one side alone, it stays decided.
  await api.say(armis({ id: 12, hour: 2, hostname: "srv", metadata: { ...metadata, os: "x" } }));
  assert.deepEqual(await waiting(), ["contested 3 12"]);
  await api.say(netbox({ id: 2, hour: 3, hostname: "srv-1", metadata: { ...metadata, os: "x" } }));
  assert.deepEqual(await waiting(), ["contested 3 12"]);
  await does(api, `assertions/${made[0]?.assertion_no}/revoke`);
  assert.deepEqual([await waiting(), await counted()], [both, 2]);
});

test("a value that was learnt waits no longer once an operator said what it is worth, until that is taken back", async (t) => {
  const api = await fleet(t);
  const metadata = { serial: "SN-A001" };
  await api.say(
    netbox({ id: 2, hostname: "srv-1", metadata }),
    netbox({ id: 3, hostname: "srv-2", metadata }),
  );
  type Quality = {
    readonly learnt_values: {
      readonly count: number;
      readonly rows: readonly { readonly value: string; readonly state: string }[];
    };
  };
  const waiting = async (): Promise<readonly [number, readonly string[]]> => {
    const { learnt_values: learnt } = (await api.ask<Quality>(`GET ${BASE}/dire/quality`)).json;
    return [learnt.count, learnt.rows.map(({ value, state }) => `${state} ${value}`)];
  };
  const contested = [1, ["contested SN-A001"]];
  assert.deepEqual(await waiting(), contested);
  for (const verdict of ["block", "allow"]) {
    const { made } = await does(api, `values/${verdict}`, { type: "serial", value: "SN-A001" });
    assert.deepEqual(await waiting(), [0, []], verdict);
    await does(api, `assertions/${made[0]?.assertion_no}/revoke`);
    assert.deepEqual(await waiting(), contested, `${verdict} taken back`);
  }
});
