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
