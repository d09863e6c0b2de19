/** Rules and bounds in force: how a start brings them, and that devices follow. */
import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { bringDerivation } from "../../src/dire/bring-derivation.ts";
import { FIELD_EXPIRY_RUNS_DEFAULT } from "../../src/dire/derivation.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { TestApi } from "../support/api-over.ts";
import { testApi } from "../support/api.ts";
import { feed, settle, type WireUpdate } from "../support/dire.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { leaseOf } from "../support/tenant-lease.ts";

type Hooks = Parameters<typeof testApi>[0];
type Shown = {
  readonly hostname: string;
  readonly type?: string;
  readonly vendor_name?: string;
  readonly classification?: { readonly source: string; readonly rule_id: string };
};
type Rules = {
  readonly directory?: string;
  readonly fingerprint: string;
  readonly rules: readonly { readonly id: string; readonly origin: string }[];
  readonly skipped: readonly {
    readonly origin: string;
    readonly id?: string;
    readonly reason: string;
  }[];
};

const log = silentLog();

async function folder(t: Hooks): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "rules-"));
  t.after(() => removeFolder(dir));
  return dir;
}

async function bring(
  { db }: TestApi,
  rulesDir: string | undefined,
  fieldExpiryRuns = FIELD_EXPIRY_RUNS_DEFAULT,
): Promise<void> {
  await bringDerivation(db, { rulesDir, fieldExpiryRuns, clock: systemClock, log });
}

async function devices({ ask }: TestApi): Promise<readonly Shown[]> {
  const { json } = await ask<{ devices: readonly Shown[] }>("GET /api/v1/tenants/acme/devices");
  return json.devices;
}

function snmp(id: number, sysDescr: string): WireUpdate {
  return {
    source: "snmp",
    hostname: `h-${id}`,
    timestamp: "2026-01-01T00:00:00Z",
    metadata: { integration_id: String(id), sync_service_id: "s", sys_descr: sysDescr },
  };
}

const OWN = `rules:
  - id: ubiquiti-vendor-by-ubnt-token
    priority: 650
    match: { any: { sys_descr: ubnt } }
    set: { vendor_name: Ours, type: Badge Reader, type_id: 7 }
`;

test("a change of the rules derives every device anew, and a start without a change none", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const lease = await leaseOf(api.db, "acme");
  const dir = await folder(t);
  await bring(api, dir);
  await feed(api.db, lease, [snmp(1, "Linux ubnt"), snmp(2, "Cisco IOS")]);
  await settle(api.db, lease);
  const [before] = await devices(api);
  assert.deepEqual([before?.vendor_name, before?.type], ["Ubiquiti", undefined]);
  assert.equal(before?.classification?.source, "builtin");

  await writeFile(join(dir, "own.yaml"), OWN);
  await bring(api, dir);
  await settle(api.db, lease);
  const [after, other] = await devices(api);
  assert.deepEqual([after?.vendor_name, after?.type], ["Ours", "Badge Reader"]);
  assert.equal(after?.classification?.source, "filesystem");
  assert.equal(other?.vendor_name, "Cisco");

  await bring(api, dir);
  const { rows } = await api.db.query("select 1 from sync.dirty");
  assert.equal(rows.length, 0);
});

test("a rule or file that cannot be used is listed with its reason, and the others hold", async (t) => {
  const api = await testApi(t);
  const dir = await folder(t);
  await writeFile(join(dir, "1-good.yaml"), OWN);
  await writeFile(
    join(dir, "2-half.yml"),
    `${OWN.replace("650", "high")}  - id: mine\n    match: { all: { hostname: x } }\n    set: { model: M }\n`,
  );
  await writeFile(join(dir, "3-broken.yaml"), "rules: [");
  await writeFile(join(dir, "notes.txt"), "no rules");
  await bring(api, dir);
  const { status, json } = await api.ask<Rules>("GET /api/v1/rules");
  assert.equal(status, 200);
  assert.equal(json.directory, dir);
  assert.deepEqual(
    json.rules.filter(({ origin }) => origin !== "builtin").map(({ id, origin }) => [id, origin]),
    [
      ["ubiquiti-vendor-by-ubnt-token", join(dir, "1-good.yaml")],
      ["mine", join(dir, "2-half.yml")],
    ],
  );
  assert.equal(json.rules.length, 10);
  assert.deepEqual(
    json.skipped.map(({ origin, id }) => [origin, id]),
    [
      [join(dir, "2-half.yml"), "ubiquiti-vendor-by-ubnt-token"],
      [join(dir, "3-broken.yaml"), undefined],
    ],
  );
  assert.match(json.skipped[0]?.reason ?? "", /priority must be a whole number/);
  assert.notEqual(json.skipped[1]?.reason, "");
});

test("a folder that was named must be there, the default one need not", async (t) => {
  const api = await testApi(t);
  await assert.rejects(bring(api, join(await folder(t), "none")), {
    name: "ConfigError",
    message: /^DEVICE_ENRICHMENT_RULES_DIR: the folder of enrichment rules cannot be read/,
  });
  await bring(api, undefined);
});

test("before any start the built-in rules hold, and a start that brings the same changes nothing", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const lease = await leaseOf(api.db, "acme");
  await feed(api.db, lease, [snmp(1, "Linux ubnt")]);
  await settle(api.db, lease);
  const before = (await api.ask<Rules>("GET /api/v1/rules")).json;
  assert.equal(before.directory, undefined);
  await bring(api, await folder(t));
  const after = (await api.ask<Rules>("GET /api/v1/rules")).json;
  assert.equal(after.fingerprint, before.fingerprint);
  assert.deepEqual(after.rules, before.rules);
  const { rows } = await api.db.query("select 1 from sync.dirty");
  assert.equal(rows.length, 0);
});

test("how many runs may miss a record before its values yield is the operator's to say", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const lease = await leaseOf(api.db, "acme");
  const said = { timestamp: "2026-01-01T00:00:00Z", mac: "00:1B:44:11:22:33" };
  const serial = "FDO1111AAAA";
  await feed(api.db, lease, [
    {
      ...said,
      source: "netbox",
      hostname: "old",
      metadata: { integration_id: "1", serial, sync_service_id: "nb" },
    },
    {
      ...said,
      source: "armis",
      hostname: "new",
      metadata: { armis_device_id: "9", serial, sync_service_id: "ar" },
    },
  ]);
  await settle(api.db, lease);
  await api.db.query(
    "insert into sync.absences (tenant, instance_no, partition_no, since, runs, records) select tenant, instance_no, partition_no, now(), 1, int4multirange(int4range(record_no, record_no + 1)) from sync.records where kind = 3",
  );
  const name = async (): Promise<string | undefined> => (await devices(api))[0]?.hostname;
  assert.equal(await name(), "old");
  await bring(api, await folder(t), 1);
  await settle(api.db, lease);
  assert.equal(await name(), "new");
});
