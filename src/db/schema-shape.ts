/**
 * What the schema is made of, in lines that a person can read: migrations store what they made, and a start compares it with what is
 * there. Only what PostgreSQL keeps as it was given is told, never what it writes anew, so that a shape holds over its versions.
 */
import type { Db } from "./pool.ts";
import { tx } from "./tx.ts";

/** How the schema differs from what the migrations made: lines of schema-shape.ts. */
export interface SchemaDrift {
  /** Made by a migration, and gone or changed. */
  readonly gone: readonly string[];
  /** There, and made by none. */
  readonly added: readonly string[];
}

/** Names are told with their schema, whatever a role's search path is. For the rest of a transaction. */
export const SHAPE_PATH = "set local search_path = pg_catalog";

/** One line a thing of schema sync, sorted, as a text array. The ledger of migrations is left out: it holds the shape. */
export const SHAPE = `array(
  with relations as (
    select c.oid, c.relname as name, c.relkind as kind, c.relrowsecurity as is_apart, c.relforcerowsecurity as is_forced
      from pg_class c
     where c.relnamespace = 'sync'::regnamespace and c.relkind in ('r', 'p', 'v') and c.relname <> 'migrations')
  select concat_ws(' ', case kind when 'v' then 'view' else 'table' end, name,
                   case when is_apart then 'under row-level security' end, case when is_forced then 'forced' end) as line
    from relations
  union all
  select concat_ws(' ', 'column', r.name || '.' || a.attname, format_type(a.atttypid, a.atttypmod),
                   case when a.attnotnull then 'not null' end, case when a.atthasdef then 'with default' end,
                   case when a.attidentity <> '' then 'identity' end,
                   case when l.collname <> 'default' then 'collate ' || l.collname end,
                   case when a.attstorage = 'e' then 'external' end)
    from relations r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    left join pg_collation l on l.oid = a.attcollation
  union all
  select concat_ws(' ', case when i.indisunique then 'unique index' else 'index' end, x.relname, 'on', r.name,
                   '(' || array_to_string(array(select pg_get_indexdef(i.indexrelid, nth, true)
                                                  from generate_series(1, i.indnkeyatts) nth order by nth), ', ') || ')',
                   case when i.indpred is not null then 'of some rows' end, case when not i.indisvalid then 'invalid' end)
    from relations r join pg_index i on i.indrelid = r.oid join pg_class x on x.oid = i.indexrelid
  union all
  select concat_ws(' ', 'constraint', o.conname, 'on', r.name)
    from relations r join pg_constraint o on o.conrelid = r.oid and o.contype in ('c', 'f', 'p', 'u', 'x')
  union all
  select concat_ws(' ', 'policy', p.polname, 'on', r.name) from relations r join pg_policy p on p.polrelid = r.oid
  union all
  select concat_ws(' ', 'trigger', t.tgname, 'on', r.name, case when t.tgenabled <> 'O' then 'not enabled' end)
    from relations r join pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal
  union all
  select concat_ws(' ', 'function', f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')', md5(f.prosrc))
    from pg_proc f where f.pronamespace = 'sync'::regnamespace
  order by 1)`;

/** Compares the schema with what the newest migration left. Nothing to tell of a database that none has made. */
export async function readDrift(db: Db): Promise<SchemaDrift> {
  const row = await tx(db, async (open) => {
    await open.query(SHAPE_PATH);
    const { rows } = await open.query<{ made: readonly string[]; there: readonly string[] }>(
      `select shape as made, ${SHAPE} as there from sync.migrations order by id desc limit 1`,
    );
    return rows[0];
  });
  const [made, there] = [new Set(row?.made), new Set(row?.there)];
  return { gone: [...made.difference(there)], added: [...there.difference(made)] };
}
