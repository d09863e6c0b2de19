/** Filters of the device list that people keep, for themselves or for all of their tenant. */
import type { Db } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx, type Tx } from "../db/tx.ts";
import { audit } from "./audit.ts";
import { holdingPattern, type FoundSlice } from "./slice.ts";

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

interface Expecting {
  /** Hears how the own view stands, which nobody changes until this is done; what it throws ends the change. */
  readonly expect?: ((before: SavedView | undefined) => void) | undefined;
}

/** Where a view stands in a caller's list: 0 for own ones, 1 for those that others share. */
export type ViewKey = readonly [isOthers: number, name: string, owner: string];

/** Views that a caller sees, own ones first, then by name; a text is looked for in their names. At most VIEWS_MAX are anybody's own. */
export async function listViews(
  db: Queryable,
  { tenant, owner }: Whose,
  { after = [0, "", ""], limit, text }: FoundSlice<ViewKey> = {},
): Promise<readonly SavedView[]> {
  const { rows } = await db.query<ViewRow>(
    `select ${COLUMNS} from sync.saved_views
      where tenant = $1 and (owner = $2 or shared) and ($4::text is null or name ilike $4)
        and ((owner <> $2)::int, name, owner) > ($5::bigint, $6, $7)
      order by (owner <> $2)::int, name, owner limit $3`,
    [tenant, owner, limit ?? null, holdingPattern(text), ...after],
  );
  return rows.map(viewOf);
}

/** The view of a name that a caller sees: the own one before another's. */
export async function findView(
  db: Queryable,
  { tenant, owner }: Whose,
  name: string,
): Promise<SavedView | undefined> {
  const { rows } = await db.query<ViewRow>(
    `select ${COLUMNS} from sync.saved_views where tenant = $1 and name = $3 and (owner = $2 or shared)
      order by owner <> $2, owner limit 1`,
    [tenant, owner, name],
  );
  return rows.map(viewOf)[0];
}

/** A view of one's own, locked until the transaction ends. */
async function ownView(
  open: Tx,
  { tenant, owner }: Whose,
  name: string,
): Promise<SavedView | undefined> {
  const { rows } = await open.query<ViewRow>(
    `select ${COLUMNS} from sync.saved_views where tenant = $1 and owner = $2 and name = $3 for update`,
    [tenant, owner, name],
  );
  return rows.map(viewOf)[0];
}

/** Notes what became of a view that others see, or saw; what somebody keeps for himself is nobody's matter. */
async function auditView(
  open: Tx,
  { tenant, owner: actor }: Whose,
  { before, after }: { readonly before: SavedView | undefined; readonly after?: SavedView },
): Promise<void> {
  const [was, is] = [before?.isShared === true, after?.isShared === true];
  const subject = (after ?? before)?.name;
  if (subject === undefined || (!was && !is)) return;
  const verb = was && is ? "change" : is ? "share" : after === undefined ? "delete" : "unshare";
  await audit(open, {
    tenant,
    actor,
    action: `view.${verb}`,
    subject,
    before: was && before ? shownInAudit(before) : undefined,
    after: is && after ? shownInAudit(after) : undefined,
  });
}

function shownInAudit({ query, columns, sort }: SavedView): object {
  return { query, columns, sort };
}

/** Forgets what a user who is removed kept for himself: another of that name must not find it. */
export async function forgetOwnViews(db: Queryable, owner: string): Promise<void> {
  await db.query("delete from sync.saved_views where owner = $1 and not shared", [owner]);
}

/** Views of one owner; beyond that it is no choice any more. */
export const VIEWS_MAX = 200;

/** Keeps a view under its name. Undefined where the owner has VIEWS_MAX others. What others see of it is audited. */
export async function keepView(
  db: Db,
  whose: Whose,
  { expect, ...view }: Omit<SavedView, "owner" | "updatedMs"> & Expecting,
): Promise<SavedView | undefined> {
  return await tx(db, async (open) => {
    const before = await ownView(open, whose, view.name);
    expect?.(before);
    const after = await writeView(open, whose, view);
    if (after !== undefined) await auditView(open, whose, { before, after });
    return after;
  });
}

async function writeView(
  open: Tx,
  { tenant, owner }: Whose,
  view: Omit<SavedView, "owner" | "updatedMs">,
): Promise<SavedView | undefined> {
  const { rows } = await open.query<ViewRow>(
    `insert into sync.saved_views (tenant, owner, name, query, columns, sort, shared)
     select $1, $2, $3, $4, $5, $6, $7
      where (select count(*) from sync.saved_views where tenant = $1 and owner = $2 and name <> $3) < ${VIEWS_MAX}
     on conflict (tenant, owner, name) do update
        set query = excluded.query, columns = excluded.columns, sort = excluded.sort, shared = excluded.shared,
            updated_at = now()
     returning ${COLUMNS}`,
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
  return rows.map(viewOf)[0];
}

/** Forgets a view. False if there was none. Where others saw it, that is audited. */
export async function forgetView(
  db: Db,
  whose: Whose,
  { name, expect }: { readonly name: string } & Expecting,
): Promise<boolean> {
  return await tx(db, async (open) => {
    const before = await ownView(open, whose, name);
    if (before === undefined) return false;
    expect?.(before);
    await open.query(
      "delete from sync.saved_views where tenant = $1 and owner = $2 and name = $3",
      [whose.tenant, whose.owner, name],
    );
    await auditView(open, whose, { before });
    return true;
  });
}
