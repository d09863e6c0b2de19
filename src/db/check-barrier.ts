import { ConfigError, SyncError } from "../lib/errors.ts";
import type { Db } from "./pool.ts";
import { TENANT_ROLE } from "./scope.ts";

const SETTING = "--database-url";
/** The tenant that nobody is: the barrier is looked at, not what is behind it. */
const NOBODY = 0;

/** Tables with a tenant that the barrier binds the asker of, and those that it does not. */
const TABLES = `
  select current_user as role,
         array_agg(c.oid::regclass::text order by c.relname) filter (where row_security_active(c.oid)) as bound,
         array_agg(c.oid::regclass::text order by c.relname) filter (where not row_security_active(c.oid)) as free
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant'
   where c.relnamespace = 'sync'::regnamespace and c.relkind = 'r'`;

type Row = {
  readonly role: string;
  readonly bound: readonly string[] | null;
  readonly free: readonly string[] | null;
};

/**
 * Stops a start whose database does not keep tenants apart: work of a tenant must be bound on every table, the core itself on none,
 * or it would find no work. Throws ConfigError naming --database-url, in words that say what to do.
 */
export async function checkBarrier(db: Db): Promise<void> {
  const { role, bound } = await look(db);
  if (bound !== null) {
    throw new ConfigError(
      SETTING,
      `role ${role} does not own the tables of schema sync (${bound[0]} and more); log in as the role that migrated the database, or hand them over: reassign owned by OLD to ${role}`,
    );
  }
  const { free } = await look(db.forTenant(NOBODY)).catch((thrown: unknown) => {
    const isRefused = thrown instanceof SyncError && thrown.code === "db_insufficient_privilege";
    throw isRefused ? notOwner(role, thrown) : thrown;
  });
  if (free === null) return;
  throw new ConfigError(
    SETTING,
    `row-level security is off on ${free.join(", ")}, so tenants are not kept apart there; put it back: alter table … enable row level security`,
  );
}

async function look(db: Db): Promise<Row> {
  const { rows } = await db.query<Row>(TABLES);
  return rows[0] ?? { role: "", bound: null, free: null };
}

function notOwner(role: string, cause: SyncError): ConfigError {
  return new ConfigError(
    SETTING,
    `role ${role} cannot work as ${TENANT_ROLE}, which keeps tenants apart (${cause.message}); make it the database's owner: alter database … owner to ${role}`,
  );
}
