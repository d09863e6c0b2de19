/** What time makes of a device, as the views show it: addresses, promotion, deletion, last sighting. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { WireUpdate } from "../support/dire.ts";
import { armis, client, daysAgo, netbox, sweep, type Row } from "../support/sql-client.ts";

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
