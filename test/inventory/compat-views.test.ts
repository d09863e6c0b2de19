/** The original's tables as a plain SQL client finds them. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { migrate } from "../../src/db/migrate.ts";
import { tx } from "../../src/db/tx.ts";
import { silentLog } from "../../src/lib/log.ts";
import { freshDatabase } from "../support/database.ts";
import { feed, newTenant, settle } from "../support/dire.ts";
import { armis, client, daysAgo, netbox, type Row } from "../support/sql-client.ts";

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
      set local sync.tenant = '${lease.tenant}'; set local role view_reader`);
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
