/** The barrier between tenants: what a forgotten filter shows, on every table that has a tenant. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { checkBarrier } from "../../src/db/check-barrier.ts";
import { copyRows } from "../../src/db/copy-rows.ts";
import { migrate } from "../../src/db/migrate.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { DOORS, TENANT_ROLE } from "../../src/db/scope.ts";
import { tx } from "../../src/db/tx.ts";
import { randomHex } from "../../src/lib/clock.ts";
import { ConfigError, SyncError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import { freshDatabase } from "../support/database.ts";

const log = silentLog();
const SRC = fileURLToPath(new URL("../../src/", import.meta.url));
const [OURS, THEIRS] = [1, 2];

async function tenantTables(): Promise<readonly string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'sync'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'tenant' order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** A value of each type that our columns have. */
const VALUES: Readonly<Record<string, string>> = {
  boolean: "true",
  bytea: "''",
  "double precision": "1",
  inet: "'192.0.2.1'",
  int4multirange: "'{}'",
  json: "'{}'",
  jsonb: "'{}'",
  text: "$1::int::text",
  "timestamp with time zone": "now()",
  uuid: "md5($1::int::text)::uuid",
};

async function insertRow(table: string, tenant: number): Promise<void> {
  const { rows } = await db.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, null) as type from pg_attribute
      where attrelid = ('sync.' || $1)::regclass and attnum > 0 and not attisdropped
        and attnotnull and attidentity = ''`,
    [table],
  );
  const values = rows.map(({ name, type }) => {
    if (name === "tenant") return "$1::int";
    return type.endsWith("[]") ? "'{}'" : (VALUES[type] ?? "1");
  });
  const columns = rows.map(({ name }) => name).join(", ");
  await db.query(`insert into sync.${table} (${columns}) values (${values.join(", ")})`, [tenant]);
}

async function tenantsIn(of: Db, table: string): Promise<readonly number[]> {
  const { rows } = await of.query<{ tenant: number }>(
    `select distinct tenant from sync.${table} order by 1`,
  );
  return rows.map(({ tenant }) => tenant);
}

const database = await freshDatabase({ after });
const { db } = database;
const tables = await tenantTables();
for (const table of tables) {
  for (const tenant of [OURS, THEIRS]) await insertRow(table, tenant);
}

test("every table with a tenant has the policy, and no other one", async () => {
  const { rows } = await db.query<{ name: string; on: boolean; policies: string[] }>(
    `select c.relname as name, c.relrowsecurity as on,
            array(select concat_ws(' ', p.polname, p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
                                   pg_get_expr(p.polwithcheck, p.polrelid))
                    from pg_policy p where p.polrelid = c.oid) as policies
       from pg_class c where c.relnamespace = 'sync'::regnamespace and c.relname = any($1::text[]) order by 1`,
    [tables],
  );
  assert.ok(rows.length > 40);
  const [first] = rows;
  assert.match(first?.policies[0] ?? "", /^own_tenant \* t \(tenant = \( SELECT /);
  assert.deepEqual(
    rows,
    tables.map((name) => ({ name, on: true, policies: first?.policies })),
  );
});

test("every view is read with the rights of who asks, so that the policies hold behind it", async () => {
  const { rows } = await db.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c
      where c.relnamespace = any(array['sync'::regnamespace, 'platform'::regnamespace]) and c.relkind in ('v', 'm')
        and 'security_invoker=true' <> all(coalesce(c.reloptions, '{}'))`,
  );
  assert.deepEqual(rows, []);
  const { rows: definers } = await db.query<{ name: string }>(
    "select proname as name from pg_proc where prosecdef and pronamespace = 'sync'::regnamespace",
  );
  assert.deepEqual(definers, []);
});

test("a query without a filter shows its own tenant's rows, of every table", async () => {
  const own = db.forTenant(OURS);
  for (const table of tables) {
    assert.deepEqual(await tenantsIn(db, table), [OURS, THEIRS], table);
    assert.deepEqual(await tenantsIn(own, table), [OURS], table);
  }
});

test("a change without a filter, and a row of another tenant, leave the other tenant alone", async () => {
  for (const table of tables) {
    await tx(
      db.forTenant(OURS),
      async (open) => {
        assert.equal((await open.query(`update sync.${table} set tenant = tenant`)).count, 1);
        assert.equal((await open.query(`delete from sync.${table}`)).count, 1);
      },
      { isRehearsal: true },
    );
    await assert.rejects(
      db.forTenant(OURS).query(`update sync.${table} set tenant = ${THEIRS}`),
      { code: "db_insufficient_privilege" },
      table,
    );
  }
});

test("work that names no tenant sees no row of any table", async () => {
  await using session = await db.checkOut();
  await session.query(`begin; set local role ${TENANT_ROLE}`);
  for (const table of tables) {
    assert.equal((await session.query(`select from sync.${table}`)).count, 0, table);
  }
  await session.rollBack();
});

test("a copy into a tenant's table writes rows of that tenant, and may not name another", async () => {
  const source = async function* (): AsyncGenerator<string> {
    yield await Promise.resolve("7\tmain\n");
  };
  const own = db.forTenant(OURS);
  const copied = await tx(
    own,
    async (open) => {
      await open.copyFrom("copy sync.partitions (partition_no, name) from stdin", source());
      const { rows } = await open.query<{ tenant: number }>(
        "select tenant from sync.partitions where partition_no = 7",
      );
      return [rows, (await open.query("select from sync.partitions")).count];
    },
    { isRehearsal: true },
  );
  assert.deepEqual(copied, [[{ tenant: OURS }], 2]);
  for (const columns of ["", " (tenant, partition_no, name)"]) {
    const sql = `copy sync.partitions${columns} from stdin`;
    await assert.rejects(
      tx(own, (open) => open.copyFrom(sql, source())),
      /lists columns, and not the tenant/,
    );
  }
  const rows = { into: "sync.partitions", columns: ["partition_no", "name"], rows: [[8, "b"]] };
  await assert.rejects(
    tx(own, (open) => copyRows(open, THEIRS, rows)),
    /rows of tenant 2 in a transaction of another/,
  );
});

test("a handle of one tenant becomes neither another's nor everybody's", () => {
  const own = db.forTenant(OURS);
  assert.equal(own.forTenant(OURS), own);
  assert.throws(() => own.forTenant(THEIRS), /work of tenant 1 asked for 2/);
  assert.throws(() => own.across("leases"), /work of tenant 1 asked for all/);
});

test("nothing of a tenant stays on the connection", async (t) => {
  const { db: single } = await freshDatabase(t, { max: 1 });
  const state = "select current_user::text as role, current_setting('sync.tenant', true) as tenant";
  type State = { readonly role: string; readonly tenant: string | null };
  const { rows: before } = await single.query<State>(state);
  const { rows: within } = await single.forTenant(OURS).query<State>(state);
  assert.deepEqual(within, [{ role: TENANT_ROLE, tenant: "1" }]);
  await assert.rejects(single.forTenant(OURS).query("select 1 / 0"), SyncError);
  const { rows: afterwards } = await single.query<State>(state);
  assert.equal(afterwards[0]?.role, before[0]?.role);
  assert.equal(afterwards[0]?.tenant, "");
});

test("each door is used in one place", () => {
  const uses = new Map<string, string[]>();
  for (const path of readdirSync(SRC, { recursive: true, encoding: "utf8" }).toSorted()) {
    if (!path.endsWith(".ts")) continue;
    const text = readFileSync(join(SRC, path), "utf8");
    for (const [, door = ""] of text.matchAll(/\.across\(\s*"(\w+)"/g)) {
      uses.set(door, [...new Set([...(uses.get(door) ?? []), path])]);
    }
  }
  assert.deepEqual(Object.fromEntries(uses), {
    derivation: ["api/rules.ts", "dire/derivation-store.ts"],
    housekeeping: ["dire/keeper.ts"],
    leases: ["inbox/lease.ts"],
    metrics: ["api/metrics.ts"],
    news: ["control/stream-news.ts"],
    people: ["control/users.ts"],
    rehearsals: ["dire/snapshot-store.ts"],
    schema: ["api/health.ts", "cli/core-serve.ts", "db/replica.ts"],
    start: ["bin/serve.ts"],
    tenants: ["control/tenants.ts"],
    tuning: ["bin/database-watch.ts", "bin/settle-tuning.ts"],
    tokens: ["control/tokens.ts"],
    trust: ["control/authorities.ts", "control/authority-import.ts", "control/gateway-anchors.ts"],
  });
  assert.deepEqual(Object.keys(DOORS).toSorted(), [...uses.keys()].toSorted());
});

/** A database that a role of no privilege owns, as a customer's is, and a pool as that role. */
async function customers(): Promise<{
  readonly role: string;
  readonly own: Db;
  readonly end: () => Promise<void>;
}> {
  const role = `customer_${randomHex(4)}`;
  await db.query(`create role ${role} login password 'x'`);
  await db.query(`create database ${role} owner ${role}`);
  const url = new URL(database.url);
  [url.username, url.password, url.pathname] = [role, "x", role];
  const own = openPool({ address: { url: url.href }, max: 2, applicationName: "test", log });
  const end = async (): Promise<void> => {
    await own.end();
    await db.query(`drop database ${role} with (force)`);
    await db.query(`drop owned by ${role}`);
    await db.query(`drop role ${role}`);
  };
  return { role, own, end };
}

test("a role that owns its database and nothing else raises the barrier and works behind it", async () => {
  const { own, end } = await customers();
  try {
    await migrate(own, { log });
    await checkBarrier(own);
    await own.query(
      "insert into sync.partitions (tenant, partition_no, name) values (1, 1, 'a'), (2, 1, 'b')",
    );
    assert.deepEqual(await tenantsIn(own, "partitions"), [OURS, THEIRS]);
    assert.deepEqual(await tenantsIn(own.forTenant(THEIRS), "partitions"), [THEIRS]);
  } finally {
    await end();
  }
});

test("a start says in words why its database would not keep tenants apart", async () => {
  const { role, own, end } = await customers();
  try {
    await migrate(own, { log });
    await own.query("alter table sync.devices disable row level security");
    await assert.rejects(checkBarrier(own), says(/row-level security is off on sync\.devices/));
    await own.query("alter table sync.devices enable row level security");
    const { rows } = await db.query<{ name: string }>("select current_user::text as name");
    await db.query(`alter database ${role} owner to ${rows[0]?.name ?? ""}`);
    await assert.rejects(checkBarrier(own), says(/make it the database's owner: alter database/));
    await own.query("alter table sync.devices force row level security");
    await assert.rejects(checkBarrier(own), says(/does not own the tables of schema sync/));
  } finally {
    await end();
  }
});

function says(words: RegExp): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof ConfigError && words.test(thrown.message);
}
