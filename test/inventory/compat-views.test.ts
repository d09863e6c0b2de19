/** The original's tables as a plain SQL client finds them. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { migrate } from "../../src/db/migrate.ts";
import type { Db } from "../../src/db/pool.ts";
import { tx } from "../../src/db/tx.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { silentLog } from "../../src/lib/log.ts";
import { isUsableIp, parseIpList } from "../../src/model/ip.ts";
import { parseMacList } from "../../src/model/mac.ts";
import { freshDatabase } from "../support/database.ts";
import { feed, newTenant, settle, type WireUpdate } from "../support/dire.ts";

type Hooks = Parameters<typeof freshDatabase>[0];
type Row = Readonly<Record<string, unknown>>;
type Client = {
  readonly db: Db;
  readonly lease: Lease;
  readonly say: (...updates: readonly WireUpdate[]) => Promise<void>;
  readonly ask: (sql: string) => Promise<readonly Row[]>;
};

async function client(t: Hooks): Promise<Client> {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  return {
    db,
    lease,
    say: async (...updates) => {
      await feed(db, lease, updates);
      await settle(db, lease);
    },
    ask: async (sql) => (await db.query<Row>(sql)).rows,
  };
}

/** Midnight UTC so many days before today, and some hours. */
function daysAgo(days: number, hours = 1): string {
  const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  return new Date(midnight - days * 86_400_000 + hours * 3_600_000).toISOString();
}

type Said = WireUpdate & {
  readonly id?: number;
  readonly metadata?: object;
  readonly instance?: string;
};

function netbox({ id = 1, instance = "nb", metadata, ...rest }: Said): WireUpdate {
  const ids = {
    integration_type: "netbox",
    integration_id: String(id),
    netbox_device_id: String(id),
  };
  return {
    source: "netbox",
    timestamp: daysAgo(1),
    ...rest,
    metadata: { ...ids, sync_service_id: instance, ...metadata },
  };
}

function armis({ id = 1, instance = "ar", metadata, ...rest }: Said): WireUpdate {
  const ids = { integration_type: "armis", armis_device_id: String(id) };
  return {
    source: "armis",
    timestamp: daysAgo(1),
    ...rest,
    metadata: { ...ids, sync_service_id: instance, ...metadata },
  };
}

function sweep(ip: string, timestamp: string): WireUpdate {
  return { source: "sweep", ip, timestamp, metadata: { sync_service_id: "sw" } };
}

const ORIGINAL: Readonly<Record<string, string>> = {
  ocsf_devices: `uid type_id type name hostname ip mac uid_alt vendor_name model domain zone subnet_uid vlan_uid region
    first_seen_time last_seen_time created_time modified_time risk_level_id risk_level risk_score is_managed is_compliant
    is_trusted os hw_info network_interfaces owner org groups agent_list gateway_id agent_id management_device_id
    discovery_sources tags is_available metadata group_id deleted_at deleted_by deleted_reason`,
  device_identifiers: `id device_id identifier_type identifier_value partition confidence source source_instance first_seen
    last_seen verified metadata`,
  merge_audit:
    "event_id from_device_id to_device_id reason confidence_score source details created_at",
  device_alias_states: `id device_id partition alias_type alias_value state first_seen_at last_seen_at sighting_count metadata
    previous_alias_id replaced_by_alias_id`,
};

test("every view has the original's columns and the tenant", async (t) => {
  const { ask } = await client(t);
  for (const [view, columns] of Object.entries(ORIGINAL)) {
    const rows = await ask(
      `select column_name from information_schema.columns where table_schema = 'platform' and table_name = '${view}'`,
    );
    assert.deepEqual(
      rows.map((row) => String(row["column_name"])).toSorted(),
      [...columns.split(/\s+/), "tenant"].toSorted(),
    );
  }
});

test("a device of two sources is one row with what each knows best", async (t) => {
  const { say, ask } = await client(t);
  await say(
    netbox({
      hostname: "sw-1.ams.example.net",
      ip: "10.0.0.1",
      mac: "00:1b:44:11:22:33",
      metadata: {
        serial: "FDO1111AAAA",
        manufacturer: "Cisco",
        model: "C9300",
        role: "access-switch",
        site: "ams",
        owner: "net",
        os: "IOS XE",
        os_version: "17.9",
        tags: "core,env=prod",
        all_ips: "10.0.0.1,10.0.9.1",
      },
    }),
    armis({
      hostname: "sw-1",
      ip: "10.0.0.7",
      mac: "00:1B:44:11:22:33",
      timestamp: daysAgo(0),
      metadata: {
        serial: "FDO1111AAAA",
        armis_type: "Switches",
        armis_risk_level: "8",
        all_macs: "00:1B:44:11:22:33,00:1B:44:11:22:34",
      },
    }),
  );
  const [row, ...others] = await ask("select * from platform.ocsf_devices");
  assert.deepEqual(others, []);
  assert.ok(row !== undefined);
  const shown = (...names: readonly string[]): readonly unknown[] => names.map((name) => row[name]);
  assert.deepEqual(shown("type_id", "type", "name", "domain"), [
    10,
    "Switch",
    "sw-1.ams.example.net",
    "ams.example.net",
  ]);
  assert.deepEqual(shown("ip", "mac", "zone", "vendor_name", "model"), [
    "10.0.0.7",
    "00:1B:44:11:22:33",
    "default",
    "Cisco",
    "C9300",
  ]);
  assert.deepEqual(shown("risk_level_id", "risk_level", "risk_score"), [3, "High", 8]);
  assert.deepEqual(shown("os", "hw_info", "owner"), [
    { name: "IOS XE", version: "17.9" },
    { serial_number: "FDO1111AAAA" },
    { name: "net" },
  ]);
  assert.deepEqual(shown("discovery_sources", "tags", "is_available"), [
    ["armis", "netbox"],
    { core: "", env: "prod" },
    null,
  ]);
  assert.deepEqual(row["network_interfaces"], [
    { ip: "10.0.0.1" },
    { ip: "10.0.0.7" },
    { ip: "10.0.9.1" },
    { mac: "00:1B:44:11:22:33" },
    { mac: "00:1B:44:11:22:34" },
  ]);
  const metadata = row["metadata"] as Row;
  assert.deepEqual(
    [
      metadata["site"],
      metadata["netbox_device_id"],
      metadata["armis_device_id"],
      metadata["identity_state"],
    ],
    ["ams", "1", "1", "canonical"],
  );
});

test("an identifier leads to its device by type, value and partition, however many sources number alike", async (t) => {
  const { say, ask } = await client(t);
  await say(
    netbox({ id: 7, hostname: "a", mac: "00:1B:44:00:00:01" }),
    netbox({ id: 7, hostname: "b", mac: "A6:1B:44:00:00:02", instance: "nb-2" }),
  );
  const rows = await ask(
    `select identifier_type, identifier_value, confidence, source, source_instance, d.hostname
       from platform.device_identifiers i join platform.ocsf_devices d on d.uid = i.device_id and d.tenant = i.tenant
      where partition = 'default' order by source_instance, identifier_type`,
  );
  assert.deepEqual(
    rows.map((row) => Object.values(row).join(" ")),
    [
      "integration_id 7 strong netbox nb a",
      "mac 001B44000001 strong netbox nb a",
      "netbox_device_id 7 strong netbox nb a",
      "integration_id 7 strong netbox nb-2 b",
      "mac A61B44000002 medium netbox nb-2 b",
      "netbox_device_id 7 strong netbox nb-2 b",
    ],
  );
});

test("a MAC that several devices hold at once is weak and leads to none, but says who holds it", async (t) => {
  const { say, ask } = await client(t);
  const dock = "00:1B:44:00:00:0D";
  await say(
    armis({ id: 1, hostname: "laptop-1", mac: dock, metadata: { serial: "PF000001" } }),
    armis({ id: 2, hostname: "laptop-2", mac: dock, metadata: { serial: "PF000002" } }),
  );
  const rows = await ask(
    `select device_id, confidence, i.metadata->>'state' as state, d.hostname from platform.device_identifiers i
       join platform.ocsf_devices d on d.uid = i.metadata->>'held_by' where identifier_type = 'mac' order by hostname`,
  );
  assert.deepEqual(rows, [
    { device_id: null, confidence: "weak", state: "contested", hostname: "laptop-1" },
    { device_id: null, confidence: "weak", state: "contested", hostname: "laptop-2" },
  ]);
});

test("an address is detected, confirmed on its third day, stale after a month, replaced by a newer owner", async (t) => {
  const { say, ask } = await client(t);
  const at = async (ip: string): Promise<string> =>
    (
      await ask(`select d.hostname, a.state, a.sighting_count from platform.device_alias_states a
       join platform.ocsf_devices d on d.uid = a.device_id where alias_value = '${ip}' order by d.hostname`)
    )
      .map((row) => Object.values(row).join(" "))
      .join("; ");
  const seen = (id: number, ip: string, days: number): WireUpdate =>
    armis({ id, hostname: `h-${id}`, ip, timestamp: daysAgo(days) });
  await say(seen(1, "10.0.0.1", 5));
  assert.equal(await at("10.0.0.1"), "h-1 detected 1");
  await say(seen(1, "10.0.0.1", 4), seen(1, "10.0.0.1", 3));
  assert.equal(await at("10.0.0.1"), "h-1 confirmed 3");
  await say(seen(2, "10.0.0.2", 40));
  assert.equal(await at("10.0.0.2"), "h-2 stale 1");
  await say(seen(1, "10.0.0.9", 2), seen(3, "10.0.0.1", 1));
  assert.equal(await at("10.0.0.1"), "h-1 replaced 3; h-3 detected 1");
  const rows = await ask(
    `select n.alias_value from platform.device_alias_states o join platform.device_alias_states n on n.id = o.replaced_by_alias_id
      where o.state = 'replaced' and n.state = 'detected'`,
  );
  assert.deepEqual(rows, [{ alias_value: "10.0.0.1" }]);
});

test("the original's alias keys are addresses of the device, but the collector's is not", async (t) => {
  const { say, ask } = await client(t);
  await say(
    netbox({
      hostname: "core-1",
      ip: "10.0.0.1",
      timestamp: daysAgo(1),
      metadata: {
        "ip_alias:10.0.1.1": daysAgo(1),
        "alt_ip:10.0.2.1": "1",
        _alias_last_seen_ip: "10.0.3.1",
        "service_alias:dns": "1",
        _alias_collector_ip: "10.9.9.9",
      },
    }),
    sweep("10.0.2.1", daysAgo(1)),
    sweep("10.9.9.9", daysAgo(1)),
  );
  const rows = await ask(
    `select alias_type, alias_value from platform.device_alias_states a join platform.ocsf_devices d on d.uid = a.device_id
      where d.hostname = 'core-1' order by alias_type, alias_value`,
  );
  assert.deepEqual(
    rows.map((row) => Object.values(row).join(" ")),
    [
      "collector_ip 10.9.9.9",
      "ip 10.0.0.1",
      "ip 10.0.1.1",
      "ip 10.0.2.1",
      "ip 10.0.3.1",
      "service_id dns",
    ],
  );
  // A sweep that finds the second address finds the same device; one that finds the collector does not.
  assert.deepEqual(await ask("select count(*)::int as devices from platform.ocsf_devices"), [
    { devices: 2 },
  ]);
});

test("a device known by its address alone is provisional until a register names it, and keeps its past", async (t) => {
  const { say, ask } = await client(t);
  const state = (): Promise<readonly Row[]> =>
    ask(`select uid, metadata->>'identity_state' as state, metadata->>'identity_promoted_by' as by,
                metadata->>'identity_promotion_blocked_reason' as blocked from platform.ocsf_devices`);
  await say(sweep("10.0.0.1", daysAgo(3)));
  const [before] = await state();
  assert.deepEqual(
    [before?.["state"], before?.["by"], before?.["blocked"]],
    ["provisional", null, "no_non_mac_strong_identifier"],
  );
  await say(
    netbox({ hostname: "sw-1", ip: "10.0.0.1", timestamp: daysAgo(2) }),
    sweep("10.0.0.1", daysAgo(1)),
  );
  const [after, ...others] = await state();
  assert.deepEqual(others, []);
  assert.deepEqual(
    [after?.["state"], after?.["by"], after?.["blocked"]],
    ["canonical", "dire", null],
  );
  const [told] = await ask(
    `select metadata->'identity_promotion_types_seen' as types, metadata->>'identity_promotion_policy' as policy
       from platform.ocsf_devices`,
  );
  assert.deepEqual(told, { types: ["integration_id"], policy: "corroborated_strong_identifier" });
  const [merge] = await ask(
    "select from_device_id, to_device_id, reason from platform.merge_audit",
  );
  assert.deepEqual(merge, {
    from_device_id: before?.["uid"],
    to_device_id: after?.["uid"],
    reason: "ip_alias_conflict",
  });
});

test("a deletion shows at once, and what comes back is the device that it was", async (t) => {
  const { say, ask } = await client(t);
  const uid = async (): Promise<unknown> =>
    (
      await ask(
        "select uid, deleted_at is not null as gone, deleted_reason from platform.ocsf_devices",
      )
    )[0];
  const said = { hostname: "sw-1", mac: "00:1B:44:00:00:01", metadata: { serial: "FDO1111AAAA" } };
  await say(netbox({ ...said, timestamp: daysAgo(3) }));
  const first = (await uid()) as { readonly uid: string };
  await say(netbox({ timestamp: daysAgo(2), metadata: { _deleted: "true" } }));
  assert.deepEqual(await uid(), { uid: first.uid, gone: true, deleted_reason: "source" });
  await say(netbox({ ...said, timestamp: daysAgo(1) }));
  assert.deepEqual(await uid(), { uid: first.uid, gone: false, deleted_reason: null });
  // Back under another number, which its serial and MAC tie to the old one.
  await say(netbox({ timestamp: daysAgo(1, 2), metadata: { _deleted: "true" } }));
  await say(netbox({ ...said, id: 99, timestamp: daysAgo(0) }));
  const active = await ask("select uid from platform.ocsf_devices where deleted_at is null");
  assert.deepEqual(active, [{ uid: first.uid }]);
});

test("JSON that no text can hold leaves the views readable", async (t) => {
  const { say, ask } = await client(t);
  await say(
    netbox({ id: 1, hostname: "good", ip: "10.0.0.1" }),
    netbox({
      id: 2,
      hostname: "odd",
      ip: "10.0.0.2/24",
      metadata: {
        site: "a\u0000b\ud800",
        all_ips: "x,10.0.0.2,999.1.1.1,fe80::1%eth0,2001:DB8::1",
      },
    }),
    netbox({
      id: 3,
      hostname: "list",
      mac: "zz,00:1B:44:11:22:33;001b.4411.2234",
      metadata: { all_ips: "2001:DB8::1" },
    }),
  );
  for (const view of Object.keys(ORIGINAL)) await ask(`select * from platform.${view}`);
  const rows = await ask(
    "select hostname, network_interfaces as i from platform.ocsf_devices order by hostname",
  );
  assert.deepEqual(
    rows.map((row) => [row["hostname"], row["i"]]),
    [
      ["good", [{ ip: "10.0.0.1" }]],
      ["list", [{ ip: "2001:db8::1" }, { mac: "00:1B:44:11:22:33" }, { mac: "00:1B:44:11:22:34" }]],
      ["odd", []],
    ],
  );
});

const octet = fc.integer({ min: 0, max: 300 }).map(String);
const group = fc.constantFrom("0", "00", "1", "db8", "FE80", "ffff", "2001", "g");
const address = fc.oneof(
  fc.array(octet, { minLength: 3, maxLength: 5 }).map((parts) => parts.join(".")),
  fc.array(group, { minLength: 7, maxLength: 9 }).map((parts) => parts.join(":")),
  fc
    .tuple(fc.array(group, { maxLength: 4 }), fc.array(group, { maxLength: 4 }))
    .map(([head, tail]) => `${head.join(":")}::${tail.join(":")}`),
  fc.constantFrom("10.0.0.1/24", "::ffff:10.0.0.9", "fe80::1%eth0", "2001:db8::1/64", "x", "-"),
);
const hex = fc.constantFrom("00", "1b", "44", "FF", "a", "zz");
const macText = fc
  .tuple(fc.array(hex, { minLength: 5, maxLength: 7 }), fc.constantFrom(":", "-", "", "."))
  .map(([parts, separator]) => parts.join(separator));
const separator = fc.constantFrom(",", ", ", ";", " ");

test("the database reads lists of addresses and MACs as the core does", async (t) => {
  const { db } = await client(t);
  const list = (word: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.tuple(fc.array(word, { maxLength: 8 }), separator).map(([words, by]) => words.join(by));
  await fc.assert(
    fc.asyncProperty(list(address), list(macText), async (ips, macs) => {
      const { rows } = await db.query<{ ips: string[]; macs: string[] }>(
        "select sync.ips_in($1) as ips, sync.macs_in($2) as macs",
        [ips, macs],
      );
      assert.deepEqual(rows[0]?.ips.toSorted(), parseIpList(ips).filter(isUsableIp).toSorted());
      assert.deepEqual(rows[0]?.macs.toSorted(), [...parseMacList(macs)].toSorted());
    }),
    { numRuns: 300 },
  );
});

test("a list of tens of thousands of addresses does not hold up who looks at it", async (t) => {
  const { say, ask } = await client(t);
  const many = Array.from({ length: 20_000 }, (_, i) => `10.${1 + (i >> 8)}.${i & 255}.1`).join(
    ",",
  );
  await say(netbox({ hostname: "hostile", metadata: { all_ips: many } }));
  const [row] = await ask(
    "select cardinality(network_interfaces) as shown from platform.ocsf_devices",
  );
  assert.deepEqual(row, { shown: 1_000 });
  const [aliases] = await ask("select count(*)::int as shown from platform.device_alias_states");
  assert.deepEqual(aliases, { shown: 1_000 });
});

test("an agent's own host is managed and trusted, and the agent stands in its list", async (t) => {
  const { say, ask } = await client(t);
  await say({
    source: "agent",
    hostname: "probe-1",
    timestamp: daysAgo(1),
    is_available: true,
    metadata: { agent_id: "agent-1", device_type: "Server", sync_service_id: "agents" },
  });
  assert.deepEqual(
    await ask(
      "select type_id, is_managed, is_trusted, is_available, agent_id, agent_list from platform.ocsf_devices",
    ),
    [
      {
        type_id: 1,
        is_managed: true,
        is_trusted: true,
        is_available: true,
        agent_id: "agent-1",
        agent_list: [{ uid: "agent-1", name: "probe-1" }],
      },
    ],
  );
});

test("no source can make its devices trusted by calling itself an agent", async (t) => {
  const { say, ask } = await client(t);
  await say({
    source: "agent",
    hostname: "x",
    timestamp: daysAgo(1),
    metadata: { agent_id: "agent-1", sync_service_id: "nb" },
  });
  assert.deepEqual(await ask("select is_managed, is_trusted from platform.ocsf_devices"), [
    { is_managed: false, is_trusted: false },
  ]);
});

test("last seen is the last sighting, also of runs in which nothing changed", async (t) => {
  const { say, ask } = await client(t);
  const fleet = (timestamp: string): readonly WireUpdate[] =>
    Array.from({ length: 20 }, (_, i) => netbox({ id: i, hostname: `h-${i}`, timestamp }));
  await say(...fleet(daysAgo(3)));
  await say(...fleet(daysAgo(0)));
  const rows = await ask("select distinct last_seen_time from platform.ocsf_devices");
  assert.deepEqual(rows, [{ last_seen_time: Date.parse(daysAgo(0)) }]);
});

test("the views show a reader no more rows than row-level security lets him read", async (t) => {
  const { db, lease, say } = await client(t);
  const other = await newTenant(db);
  await say(netbox({ hostname: "mine" }));
  await feed(db, other, [netbox({ hostname: "theirs" })]);
  await settle(db, other);
  const undone = new Error("undone");
  const looking = tx(db, async (open) => {
    await open.query(`create role view_reader; grant usage on schema sync, platform to view_reader;
      grant select on all tables in schema sync, platform to view_reader;
      alter table sync.devices enable row level security;
      create policy mine on sync.devices for select using (tenant = ${lease.tenant}); set local role view_reader`);
    const { rows } = await open.query<Row>("select hostname from platform.ocsf_devices");
    assert.deepEqual(rows, [{ hostname: "mine" }]);
    const { rows: ids } = await open.query<Row>(
      "select distinct tenant from platform.device_identifiers",
    );
    assert.deepEqual(ids, [{ tenant: `t${lease.tenant}` }]);
    throw undone;
  });
  await assert.rejects(looking, undone);
});

test("where a table of the original is, the start stops and names the setting that helps", async (t) => {
  const { db } = await freshDatabase(t, { migrated: false });
  await db.query(
    "create schema platform; create table platform.ocsf_devices (uid text primary key)",
  );
  await assert.rejects(migrate(db, { log: silentLog() }), {
    name: "ConfigError",
    message: /^--compat-schema: schema platform already holds ocsf_devices/,
  });
  await migrate(db, { log: silentLog(), compatSchema: "serviceradar_sync" });
  const { rows } = await db.query<Row>(
    "select count(*)::int as devices from serviceradar_sync.ocsf_devices",
  );
  assert.deepEqual(rows, [{ devices: 0 }]);
});
