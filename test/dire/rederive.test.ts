/** What is published is what all records at once give, whatever the history of publications was. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Db } from "../../src/db/pool.ts";
import type { Difference } from "../../src/dire/difference.ts";
import { rederive } from "../../src/dire/rederive.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { readCorpus } from "../fleet/corpus.ts";
import { freshDatabase } from "../support/database.ts";
import { batches } from "../support/dire-updates.ts";
import { feed, newTenant, settle, type WireUpdate } from "../support/dire.ts";
import { tableHashes } from "../support/fingerprint.ts";
import { armis, fleet, netbox } from "../support/said.ts";

async function rederiveAll(
  db: Db,
  { tenant }: Lease,
  { isDryRun = false } = {},
): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (let after: string | undefined; ;) {
    const slice = await rederive(db, tenant, { isDryRun, after });
    assert.ok(slice.ok);
    differences.push(...slice.value.differences);
    after = slice.value.next;
    if (after === undefined) return differences;
  }
}

/** The lease is rederive's for a while; then it is the test's again. */
async function takeBack(db: Db, lease: Lease): Promise<Lease> {
  const { rows } = await db.query<{ epoch: number }>(
    `update sync.tenant_ingest set owner = $2, epoch = epoch + 1, lease_until = 'infinity'
      where tenant = $1 returning epoch`,
    [lease.tenant, lease.owner],
  );
  return { ...lease, epoch: rows[0]?.epoch ?? 0 };
}

/** Plays the corpus' first days. */
async function playCorpus(db: Db, days = Infinity): Promise<Lease> {
  const lease = await newTenant(db);
  const { updates, batches: parts } = readCorpus();
  for (const { start, count, instance } of parts.filter(({ day }) => day < days)) {
    const part = updates.slice(start, start + count).map((update): WireUpdate => ({
      ...update,
      metadata: { sync_service_id: instance, ...update.metadata },
    }));
    await feed(db, lease, part);
    await settle(db, lease);
  }
  return lease;
}

test("rederiving a fleet with every failure mode changes nothing, and brings no row but times of sighting up to date", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await playCorpus(db);
  assert.deepEqual(await rederiveAll(db, lease, { isDryRun: true }), []);
  // A watch may be set again beside an earlier one of the same record.
  const except = { without: ["tenant_ingest", "watches"] };
  const before = await tableHashes(db, lease.tenant, except);
  assert.deepEqual(await rederiveAll(db, lease), []);
  const { devices: _, ...after } = await tableHashes(db, lease.tenant, except);
  const { devices: __, ...same } = before;
  assert.deepEqual(after, same);
});

test("rederiving changes nothing after any messy history", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(batches, async ([, shuffled, sizes]) => {
      const lease = await newTenant(db);
      let at = 0;
      for (const size of sizes) {
        const chunk = shuffled.slice(at, at + size);
        at += size;
        if (chunk.length === 0) break;
        await feed(db, lease, chunk);
        if (size % 3 > 0) await settle(db, lease);
      }
      assert.deepEqual(await rederiveAll(db, lease), []);
    }),
    { numRuns: 25 },
  );
});

test("a pair that a contested value brought is told in the same words, whichever of its two devices is looked at last", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const serial = "SN-SHARED-1";
  const said = [
    netbox({ id: 1, hostname: "press-01", metadata: { serial } }),
    netbox({ id: 2, hostname: "press-02", metadata: { serial } }),
    armis({ id: 9, hostname: "oven-09", metadata: { serial } }),
  ];
  for (const one of said) {
    await feed(db, lease, [one]);
    await settle(db, lease);
  }
  const { rows } = await db.query("select from sync.quarantine where reason = 'contested'");
  assert.equal(rows.length, 2);
  assert.deepEqual(await rederiveAll(db, lease, { isDryRun: true }), []);
});

/** Kinds of damage, each with the tables in which it must be found. */
const DAMAGE: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "a changed device",
    "update sync.devices set hostname = 'nonsense' where tenant = $1 and hostname is not null and device_no % 7 = 0",
    ["devices"],
  ],
  [
    "a lost device",
    "delete from sync.devices where tenant = $1 and device_no % 11 = 0",
    ["devices", "members"],
  ],
  [
    "a device of nobody",
    "insert into sync.devices (tenant, device_no, device_id, partition_no, instances, sources, record_count, first_seen, last_seen) values ($1, 900000, gen_random_uuid(), 1, '{}', '{}', 0, now(), now())",
    ["devices"],
  ],
  [
    "lost members",
    "delete from sync.members where tenant = $1 and record_no % 13 = 0",
    ["members"],
  ],
  [
    "strange members",
    "update sync.members set device_no = (select max(device_no) from sync.devices where tenant = $1) where tenant = $1 and record_no % 17 = 0",
    ["members"],
  ],
  ["lost states of values", "delete from sync.value_states where tenant = $1", ["value_states"]],
  [
    "states nobody decided",
    "insert into sync.value_states (tenant, partition_no, type, value, state) select tenant, partition_no, type, value, 1 from sync.facts where tenant = $1 and type = 1 on conflict do nothing",
    ["value_states"],
  ],
  [
    "the state of a value nobody holds",
    "insert into sync.value_states (tenant, partition_no, type, value, state) values ($1, 1, 1, 'GHOST-1', 2)",
    ["value_states"],
  ],
  ["lost facts", "delete from sync.facts where tenant = $1 and record_no % 19 = 0", ["facts"]],
  ["lost aliases", "delete from sync.aliases where tenant = $1", ["aliases"]],
  ["lost pairs", "delete from sync.quarantine where tenant = $1", ["quarantine"]],
  [
    "aliases of lost devices",
    "update sync.aliases set device_no = 900001 where tenant = $1",
    ["aliases"],
  ],
];

test("a damaged row is found, told, and put right", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await playCorpus(db, 1);
  await rederiveAll(db, lease);
  const tables = ["facts", "members", "devices", "aliases", "value_states", "quarantine"];
  const derived = async (): Promise<Record<string, readonly unknown[]>> => ({
    members: await lines(
      db,
      lease,
      "select record_no, fingerprint, device_id from sync.members join sync.devices using (tenant, device_no) where tenant = $1 order by 1, 2",
    ),
    devices: await lines(
      db,
      lease,
      "select to_jsonb(d) - '{device_no,created_at,modified_at}'::text[] as row from sync.devices d where tenant = $1 order by device_id",
    ),
    aliases: await lines(
      db,
      lease,
      "select a.device_id, d.device_id as heir from sync.aliases a join sync.devices d using (tenant, device_no) where a.tenant = $1 order by 1",
    ),
    values: await lines(
      db,
      lease,
      "select partition_no, type, value, state from sync.value_states where tenant = $1 order by 1, 2, 3",
    ),
    quarantine: await lines(
      db,
      lease,
      "select record_a, record_b, reason, points from sync.quarantine where tenant = $1 order by 1, 2",
    ),
    facts: await lines(
      db,
      lease,
      "select partition_no, type, value, record_no from sync.facts where tenant = $1 order by 1, 2, 3, 4",
    ),
  });
  const whole = await derived();
  for (const [name, sql, found] of DAMAGE) {
    const { count } = await db.query(sql, [lease.tenant]);
    assert.ok(count > 0, name);
    const mended = await rederiveAll(db, lease);
    assertFound(mended, name, found);
    assert.ok(mended.every(({ table }) => tables.includes(table)));
    assert.deepEqual(await derived(), whole, name);
  }
  assert.deepEqual(await rederiveAll(db, lease), []);
});

test("what a block puts right is noted in its transaction: where that fails nothing is put right, and it is found again", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await playCorpus(db, 1);
  await rederiveAll(db, lease);
  const [damage] = DAMAGE;
  assert.ok(damage !== undefined);
  const [name, sql, found] = damage;
  await db.query(sql, [lease.tenant]);
  const failing = async (after: string | undefined): Promise<string | undefined> => {
    const slice = await rederive(db, lease.tenant, {
      isDryRun: false,
      after,
      note: (_open, differences) =>
        differences.length === 0 ? Promise.resolve() : Promise.reject(new Error("audit is full")),
    });
    return slice.ok && slice.value.next !== undefined ? await failing(slice.value.next) : undefined;
  };
  await assert.rejects(failing(undefined), /audit is full/);
  const kept = await rederiveAll(db, lease, { isDryRun: true });
  assertFound(kept, name, found);
  const noted: Difference[] = [];
  for (let after: string | undefined; ;) {
    const slice = await rederive(db, lease.tenant, {
      isDryRun: false,
      after,
      note: (_open, differences) => {
        noted.push(...differences);
        return Promise.resolve();
      },
    });
    assert.ok(slice.ok);
    after = slice.value.next;
    if (after === undefined) break;
  }
  assert.deepEqual(noted, kept);
  assert.deepEqual(await rederiveAll(db, lease), []);
});

test("a dry run tells the same, and changes nothing", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await playCorpus(db, 1);
  for (const [, sql] of DAMAGE) await db.query(sql, [lease.tenant]);
  const except = { without: ["tenant_ingest"] };
  const damaged = await tableHashes(db, lease.tenant, except);
  const told = await rederiveAll(db, lease, { isDryRun: true });
  for (const [name, , found] of DAMAGE) assertFound(told, name, found);
  assert.deepEqual(await tableHashes(db, lease.tenant, except), damaged);
});

function assertFound(
  differences: readonly Difference[],
  name: string,
  tables: readonly string[],
): void {
  for (const table of tables) {
    assert.ok(
      differences.some((row) => row.table === table),
      `${name}: ${table}`,
    );
  }
}

async function lines(db: Db, { tenant }: Lease, sql: string): Promise<readonly unknown[]> {
  return (await db.query<object>(sql, [tenant])).rows;
}

test("what waits to be published is published, and is no difference", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  await feed(
    db,
    lease,
    readCorpus()
      .updates.slice(0, 50)
      .map((update) => ({ ...update })),
  );
  assert.deepEqual(await rederiveAll(db, lease), []);
  const { rows } = await db.query<{ devices: number }>(
    "select count(*) as devices from sync.devices",
  );
  assert.ok((rows[0]?.devices ?? 0) > 0);
  await settle(db, await takeBack(db, lease));
});

test("what operators decided is derived like anything else", async (t) => {
  const api = await fleet(t);
  const serial = (text: string): { metadata: Record<string, string> } => ({
    metadata: { serial: text },
  });
  await api.say(
    netbox({ id: 1, hostname: "lap-1", ...serial("SN-A001") }),
    armis({ id: 11, hour: 1, hostname: "lap-1", ...serial("SN-A001") }),
    netbox({ id: 2, hour: 2, hostname: "lap-2", ...serial("SN-B002") }),
    armis({ id: 12, hour: 3, hostname: "lap-2", ...serial("SN-B002") }),
    netbox({ id: 3, hour: 4, hostname: "lap-3", ...serial("SN-C003") }),
  );
  const root = "/api/v1/tenants/acme/devices";
  const { json } = await api.ask<{ devices: { id: string; hostname: string }[] }>(`GET ${root}`);
  const idOf = (name: string): string =>
    json.devices.find(({ hostname }) => hostname === name)?.id ?? "";
  const decide = async (path: string, body: object): Promise<void> => {
    const { status } = await api.ask(`POST ${root}/${path}`, { body });
    assert.equal(status, 200, path);
  };
  await decide(`${idOf("lap-1")}/merge`, { other: idOf("lap-2") });
  await decide(`${idOf("lap-1")}/never-merge`, { other: idOf("lap-3") });
  await api.say(netbox({ id: 3, hour: 9, hostname: "lap-3", ...serial("SN-A001") }));
  assert.deepEqual(await rederiveAll(api.db, api.lease, { isDryRun: true }), []);
  await api.db.query("delete from sync.members");
  const mended = await rederiveAll(api.db, api.lease);
  assert.equal(mended.filter(({ table }) => table === "members").length, 5);
  assert.deepEqual(await rederiveAll(api.db, api.lease), []);
});
