/** Filters of the device list that people keep, for themselves or for all of their tenant. */
import type { Queryable } from "../db/session.ts";

/** A kept view. */
export interface SavedView {
  /** Who made it, as the audit names callers. */
  readonly owner: string;
  readonly name: string;
  /** SRQL. */
  readonly query: string;
  readonly columns: readonly string[];
  readonly sort: readonly unknown[];
  readonly isShared: boolean;
  readonly updatedMs: number;
}

type ViewRow = Omit<SavedView, "isShared" | "updatedMs"> & { shared: boolean; updated_at: number };
const COLUMNS = "owner, name, query, columns, sort, shared, updated_at";

function viewOf({ shared: isShared, updated_at: updatedMs, ...view }: ViewRow): SavedView {
  return { ...view, isShared, updatedMs };
}

/** Whose views of which tenant. */
interface Whose {
  readonly tenant: number;
  readonly owner: string;
}

/** Views that a caller sees, own ones first, then by name. At most VIEWS_MAX are anybody's own. */
export async function listViews(
  db: Queryable,
  { tenant, owner }: Whose,
): Promise<readonly SavedView[]> {
  const { rows } = await db.query<ViewRow>(
    `select ${COLUMNS} from sync.saved_views where tenant = $1 and (owner = $2 or shared)
      order by owner <> $2, name, owner`,
    [tenant, owner],
  );
  return rows.map(viewOf);
}

/** The view of a name that a caller sees: the own one before another's. */
export async function findView(
  db: Queryable,
  whose: Whose,
  name: string,
): Promise<SavedView | undefined> {
  return (await listViews(db, whose)).find((view) => view.name === name);
}

/** Forgets what a user who is removed kept for himself: another of that name must not find it. */
export async function forgetOwnViews(db: Queryable, owner: string): Promise<void> {
  await db.query("delete from sync.saved_views where owner = $1 and not shared", [owner]);
}

/** Views of one owner; beyond that it is no choice any more. */
export const VIEWS_MAX = 200;

/** Keeps a view under its name. False where the owner has VIEWS_MAX others. */
export async function keepView(
  db: Queryable,
  { tenant, owner }: Whose,
  view: Omit<SavedView, "owner" | "updatedMs">,
): Promise<boolean> {
  const { count } = await db.query(
    `insert into sync.saved_views (tenant, owner, name, query, columns, sort, shared)
     select $1, $2, $3, $4, $5, $6, $7
      where (select count(*) from sync.saved_views where tenant = $1 and owner = $2 and name <> $3) < ${VIEWS_MAX}
     on conflict (tenant, owner, name) do update
        set query = excluded.query, columns = excluded.columns, sort = excluded.sort, shared = excluded.shared,
            updated_at = now()`,
    [
      tenant,
      owner,
      view.name,
      view.query,
      JSON.stringify(view.columns),
      JSON.stringify(view.sort),
      view.isShared,
    ],
  );
  return count > 0;
}

/** Forgets a view. False if there was none. */
export async function forgetView(
  db: Queryable,
  { tenant, owner }: Whose,
  name: string,
): Promise<boolean> {
  const { count } = await db.query(
    "delete from sync.saved_views where tenant = $1 and owner = $2 and name = $3",
    [tenant, owner, name],
  );
  return count > 0;
}
