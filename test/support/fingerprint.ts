import type { Db } from "../../src/db/pool.ts";

/** What every table of the schema holds of a tenant, as one hash a table; for showing that nothing was touched. */
export async function tableHashes(
  db: Db,
  tenant: number,
  { without }: { readonly without: readonly string[] },
): Promise<Readonly<Record<string, string>>> {
  const { rows } = await db.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant'
      where c.relnamespace = 'sync'::regnamespace and c.relkind = 'r' and c.relname <> all($1::text[]) order by 1`,
    [without],
  );
  const hashes: Record<string, string> = {};
  for (const { name } of rows) {
    const { rows: found } = await db.query<{ hash: string }>(
      `select md5(coalesce(string_agg(t::text, E'\\n' order by t::text), '')) || ' ' || count(*) as hash
         from sync.${name} t where t.tenant = $1`,
      [tenant],
    );
    hashes[name] = found[0]?.hash ?? "";
  }
  return hashes;
}

/** Columns of the machine's clock and of counters that never go back: whether they are set counts, their values do not. */
const OF_THE_MOMENT = [
  "absence_no",
  "active_at",
  "at",
  "audit_no",
  "cleaned_at",
  "created_at",
  "decided_at",
  "deleted_at",
  "dirty_no",
  "ended_at",
  "epoch",
  "event_id",
  "former_created_at",
  "inbox_no",
  "issued_at",
  "lease_until",
  "marked_at",
  "merge_no",
  "modified_at",
  "owner",
  "received_at",
  "run_undos.started_at",
  "since",
  "take_overs",
  "undone_at",
  "updated_at",
  "worked_at",
];

/** Every row of every table of a tenant as text, sorted, without what differs from one moment to the next. */
export async function wholeState(db: Db, tenant: number): Promise<readonly string[]> {
  const { rows: tables } = await db.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant'
      where c.relnamespace = 'sync'::regnamespace and c.relkind = 'r' and c.relname <> 'tenants' order by 1`,
  );
  const lines: string[] = [];
  for (const { name } of tables) {
    const moving = OF_THE_MOMENT.map((column) => column.replace(`${name}.`, ""));
    const { rows } = await db.query<{ line: string }>(
      `select (to_jsonb(t) - 'tenant' - $2::text[]
                || coalesce((select jsonb_object_agg(key, value <> 'null') from jsonb_each(to_jsonb(t)) where key = any($2)), '{}')
              )::text as line
         from sync.${name} t where t.tenant = $1 order by 1`,
      [tenant, moving],
    );
    lines.push(...rows.map(({ line }) => `${name} ${line}`));
  }
  return lines;
}
