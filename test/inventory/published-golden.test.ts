/** What becomes of sources' own answers in the published inventory: golden cases, and everything that a real NetBox answered. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { stamp } from "../../src/agent/stamp.ts";
import type { Db } from "../../src/db/pool.ts";
import { netboxSource } from "../../src/sources/netbox.ts";
import type { SourceDevice } from "../../src/sources/source.ts";
import { formatDeviceUpdate } from "../../src/wire/update-json.ts";
import { startNetboxReplay } from "../fakes/netbox-replay-server.ts";
import { freshDatabase } from "../support/database.ts";
import { feed, newTenant, settle, type WireUpdate } from "../support/dire.ts";
import { pull } from "../support/pull.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";

const TEST = fileURLToPath(new URL("../", import.meta.url));
const SEEN_MS = Date.UTC(2026, 10, 23, 8);
/** Entries in a batch, as chunks of 3 MB hold them. */
const BATCH = 1_000;

function wire(type: string, device: SourceDevice): WireUpdate {
  const update = stamp(device, {
    source: { type },
    agentId: "agent-1",
    partition: "default",
    gatewayId: "",
    timestampMs: SEEN_MS,
  });
  return JSON.parse(formatDeviceUpdate(update)) as WireUpdate;
}

async function publish(db: Db, type: string, devices: readonly SourceDevice[]): Promise<void> {
  const lease = await newTenant(db);
  const updates = devices.map((device) => wire(type, device));
  for (let at = 0; at < updates.length; at += BATCH) {
    await feed(db, lease, updates.slice(at, at + BATCH));
  }
  await settle(db, lease);
}

/** All that the view shows but the times of this run. */
async function published(db: Db): Promise<readonly unknown[]> {
  const { rows } = await db.query<{ shown: Readonly<Record<string, unknown>> }>(
    `select jsonb_strip_nulls(to_jsonb(d) - array['created_time', 'modified_time', 'tenant', 'metadata', 'groups', 'org']) as shown
       from platform.ocsf_devices d order by uid collate "C"`,
  );
  return rows.map(({ shown }) => shown);
}

for (const type of ["netbox", "armis"]) {
  for (const entry of readdirSync(join(TEST, "golden", type), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = join(TEST, "golden", type, entry.name);
    test(`${type} golden ${entry.name}: devices are published as expected`, async (t) => {
      const { db } = await freshDatabase(t);
      const { devices } = readJson(join(folder, "expected.json")) as { devices: SourceDevice[] };
      await publish(db, type, devices);
      const shown = await published(db);
      const expected = join(folder, "published.json");
      if (process.env["UPDATE_GOLDEN"] === "1") {
        writeFileSync(expected, `${JSON.stringify(shown, undefined, 2)}\n`);
      }
      assert.ok(existsSync(expected));
      assert.deepEqual(shown, readJson(expected));
    });
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

test("everything that a real NetBox answered is published with its fields", async (t) => {
  const { db } = await freshDatabase(t);
  await using replay = await startNetboxReplay({ folder: join(TEST, "recorded", "netbox-4.6.8") });
  const credentials = secrets({ api_token: replay.token });
  const config = sourceConfig({ type: "netbox", endpoint: replay.url, credentials });
  const { devices } = await pull(netboxSource, config);
  await publish(db, "netbox", devices);
  const { rows } = await db.query<{ native: string; said: readonly (string | null)[] }>(
    `select metadata->>'integration_id' as native,
            array[hostname, ip, vendor_name, model, os->>'name', owner->>'name', hw_info->>'serial_number'] as said
       from platform.ocsf_devices`,
  );
  const shown = new Map(rows.map(({ native, said }) => [native, said]));
  assert.equal(shown.size, devices.length);
  for (const { hostname, ip, metadata } of devices) {
    const { manufacturer, model, os, owner, serial } = metadata;
    const said = [hostname, ip, manufacturer, model, os, owner, serial].map((text) => text ?? null);
    assert.deepEqual(shown.get(metadata["integration_id"] ?? ""), said);
  }
  const { rows: types } = await db.query<{ type: string; devices: number }>(
    "select type, count(*)::int as devices from platform.ocsf_devices group by type order by devices desc, type",
  );
  assert.deepEqual(
    types.map(({ type, devices: many }) => `${type} ${many}`),
    [
      "Server 542",
      "IOT 530",
      "Switch 508",
      "Access Point 494",
      "Router 468",
      "Firewall 457",
      "Virtual 100",
    ],
  );
});
