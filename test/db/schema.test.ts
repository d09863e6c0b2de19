/** The schema that the migrations make: what it is, and that its keys let it be spread over several servers by tenant. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { SHAPE, SHAPE_PATH } from "../../src/db/schema-shape.ts";
import { tx } from "../../src/db/tx.ts";
import { freshDatabase } from "../support/database.ts";

const DECLARED = fileURLToPath(new URL("./schema.txt", import.meta.url));
const { db } = await freshDatabase({ after });

test("the migrations make the schema that test/db/schema.txt declares", async () => {
  const made = await tx(db, async (open) => {
    await open.query(SHAPE_PATH);
    const { rows } = await open.query<{ shape: readonly string[] }>(`select ${SHAPE} as shape`);
    return rows[0]?.shape ?? [];
  });
  if (process.env["SERVICERADAR_WRITE_SCHEMA"] !== undefined) {
    writeFileSync(DECLARED, `${made.join("\n")}\n`);
  }
  const declared = readFileSync(DECLARED, "utf8").trimEnd().split("\n");
  const hint =
    "was it meant? then: SERVICERADAR_WRITE_SCHEMA=1 npm test -- db/schema, and commit it with the migration";
  const [there, wanted] = [new Set(made), new Set(declared)];
  assert.deepEqual([...wanted.difference(there)], [], `gone: ${hint}`);
  assert.deepEqual([...there.difference(wanted)], [], `new: ${hint}`);
});

/**
 * Tables that every server of a spread database holds whole: small, rarely written, and asked before it is known whose question
 * it is. All others are spread by tenant, and a row is found where its tenant is.
 */
const EVERYWHERE: Readonly<Record<string, string>> = {
  api_tokens: "a bearer's token is found by its hash, and says whose it is",
  authorities: "a public key is of one tenant only: it says whose a certificate is",
  login_attempts: "counted before it is known whose they are",
  memberships: "a user's session says in which tenants he may work",
  migrations: "of the database itself",
  one_time_tokens: "found by their hash",
  sessions: "found by their hash",
  settings: "of the platform",
  tenants: "who there is",
  users: "a user may work in several tenants",
};

type Key = { readonly name: string; readonly table: string; readonly columns: readonly string[] };

async function uniqueKeys(): Promise<readonly Key[]> {
  const { rows } = await db.query<Key>(
    `select x.relname as name, r.relname as table,
            array(select a.attname::text from unnest(i.indkey) with ordinality k(no, nth)
                    left join pg_attribute a on a.attrelid = r.oid and a.attnum = k.no order by nth) as columns
       from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class r on r.oid = i.indrelid
      where r.relnamespace = 'sync'::regnamespace and i.indisunique order by 1`,
  );
  return rows;
}

test("every key of a table that is spread by tenant begins with the tenant", async () => {
  const keys = (await uniqueKeys()).filter(({ table }) => !(table in EVERYWHERE));
  assert.ok(keys.length > 40);
  assert.deepEqual(
    keys.filter(({ columns }) => columns[0] !== "tenant"),
    [],
  );
});

test("every table of the schema has a primary key, and no other index leads elsewhere than to a tenant", async () => {
  const { rows: bare } = await db.query(
    `select relname from pg_class c where relnamespace = 'sync'::regnamespace and relkind = 'r'
        and not exists (select from pg_index where indrelid = c.oid and indisprimary)`,
  );
  assert.deepEqual(bare, []);
  const { rows } = await db.query<{ name: string }>(
    `select x.relname as name from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class r on r.oid = i.indrelid
       left join pg_attribute a on a.attrelid = r.oid and a.attnum = i.indkey[0]
      where r.relnamespace = 'sync'::regnamespace and a.attname is distinct from 'tenant' and r.relname <> all($1::text[])`,
    [Object.keys(EVERYWHERE)],
  );
  assert.deepEqual(rows, []);
});

test("no foreign key ties a row to another server's, and tables that stand everywhere are those that exist", async () => {
  const { rows } = await db.query(
    "select conname from pg_constraint where contype = 'f' and connamespace = 'sync'::regnamespace",
  );
  assert.deepEqual(rows, []);
  const { count } = await db.query(
    "select from unnest($1::text[]) name where to_regclass('sync.' || name) is not null",
    [Object.keys(EVERYWHERE)],
  );
  assert.equal(count, Object.keys(EVERYWHERE).length);
});
