import type { Queryable } from "../db/session.ts";

/** Names of a tenant's sources by id, deleted ones too: records and runs outlive their source. */
export async function sourceNames(
  db: Queryable,
  tenant: number,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ service_id: string; name: string }>(
    "select service_id, name from sync.sources where tenant = $1 order by source_no",
    [tenant],
  );
  return new Map(rows.map((row) => [row.service_id, row.name]));
}

/** Sources that were deleted, oldest first. */
export async function formerSources(
  db: Queryable,
  tenant: number,
): Promise<readonly { readonly serviceId: string; readonly name: string }[]> {
  const { rows } = await db.query<{ service_id: string; name: string }>(
    "select service_id, name from sync.sources where tenant = $1 and deleted_at is not null order by source_no",
    [tenant],
  );
  return rows.map((row) => ({ serviceId: row.service_id, name: row.name }));
}
