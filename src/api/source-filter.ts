import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Queryable } from "../db/session.ts";
import { Problem } from "./errors.ts";

/** The source instance of a source's name or id, deleted sources included; undefined where there is none. */
export async function findInstance(
  db: Queryable,
  tenant: number,
  nameOrId: string,
): Promise<string | undefined> {
  const names = await sourceNames(db, tenant);
  if (names.has(nameOrId.toLowerCase())) return nameOrId.toLowerCase();
  // Of several sources that had the name one after another, the newest.
  const named = [...names].findLast(([, name]) => name === nameOrId)?.[0];
  if (named !== undefined) return named;
  const { rows } = await db.query<{ name: string }>(
    "select name from sync.instances where tenant = $1 and name = $2",
    [tenant, nameOrId],
  );
  return rows[0]?.name;
}

/** The same; an unknown one is a problem of the request, not an empty list. */
export async function instanceNamed(
  db: Queryable,
  { tenant, slug }: Tenant,
  nameOrId: string,
): Promise<string> {
  const instance = await findInstance(db, tenant, nameOrId);
  if (instance !== undefined) return instance;
  throw new Problem("source_not_found", `tenant "${slug}" has no source "${nameOrId}"`);
}
