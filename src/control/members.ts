/** What users may in a tenant. */
import type { Db } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx, type Tx } from "../db/tx.ts";
import { audit } from "./audit.ts";
import { holdingPattern, type FoundSlice } from "./slice.ts";
import type { Role } from "./tokens.ts";

/** A user in a tenant. */
export interface Member {
  readonly username: string;
  readonly displayName: string;
  readonly isDisabled: boolean;
  readonly role: Role;
  /** Given by a group of the identity provider. */
  readonly byOidc: boolean;
  readonly lastLoginMs: number | undefined;
}

type MemberRow = {
  username: string;
  display_name: string;
  is_disabled: boolean;
  role: Role;
  by_oidc: boolean;
  last_login_at: number | null;
};

const MEMBERS = `select u.username, u.display_name, u.is_disabled, m.role, m.by_oidc, u.last_login_at
       from sync.memberships m join sync.users u using (user_no)`;

function memberOf(row: MemberRow): Member {
  return {
    username: row.username,
    displayName: row.display_name,
    isDisabled: row.is_disabled,
    role: row.role,
    byOidc: row.by_oidc,
    lastLoginMs: row.last_login_at ?? undefined,
  };
}

/**
 * The members of a tenant, by name; a text is looked for in names, also those that people are shown by. `people`: the database as people
 * are kept in it.
 */
export async function listMembers(
  people: Queryable,
  tenant: number,
  { after = "", limit, text }: FoundSlice = {},
): Promise<readonly Member[]> {
  const { rows } = await people.query<MemberRow>(
    `${MEMBERS} where m.tenant = $1 and u.username > $2 and ($4::text is null or u.username ilike $4 or u.display_name ilike $4)
      order by u.username limit $3`,
    [tenant, after, limit ?? null, holdingPattern(text)],
  );
  return rows.map(memberOf);
}

/** The member of a name. */
export async function findMember(
  people: Queryable,
  tenant: number,
  username: string,
): Promise<Member | undefined> {
  const { rows } = await people.query<MemberRow>(
    `${MEMBERS} where m.tenant = $1 and u.username = $2`,
    [tenant, username],
  );
  return rows.map(memberOf)[0];
}

/** A tenant that a user may work in. */
export interface Membership {
  readonly slug: string;
  readonly name: string;
  readonly role: Role;
}

/** Where a user may work, by slug. */
export async function membershipsOf(
  people: Queryable,
  userNo: number,
): Promise<readonly Membership[]> {
  const { rows } = await people.query<Membership>(
    `select t.slug, t.name, m.role from sync.memberships m join sync.tenants t using (tenant)
      where m.user_no = $1 order by t.slug`,
    [userNo],
  );
  return rows;
}

/** Where some users may work, by number. */
export async function membershipsOfAll(
  people: Queryable,
  userNos: readonly number[],
): Promise<ReadonlyMap<number, readonly Membership[]>> {
  const { rows } = await people.query<Membership & { user_no: number }>(
    `select m.user_no, t.slug, t.name, m.role from sync.memberships m join sync.tenants t using (tenant)
      where m.user_no = any($1::int[]) order by t.slug`,
    [userNos],
  );
  return Map.groupBy(rows, ({ user_no: userNo }) => userNo);
}

/** What a user may in the tenant of a slug; undefined where nothing, and where there is no such tenant. */
export async function roleIn(
  people: Queryable,
  userNo: number,
  slug: string,
): Promise<Role | undefined> {
  const { rows } = await people.query<{ role: Role }>(
    `select m.role from sync.memberships m join sync.tenants t using (tenant) where t.slug = $1 and m.user_no = $2`,
    [slug, userNo],
  );
  return rows[0]?.role;
}

/** A user, and the tenant that it is about. */
interface Grant {
  readonly tenant: number;
  readonly userNo: number;
  readonly username: string;
  readonly actor: string;
}

/** Gives a role, in the caller's transaction. */
export async function grantRole(
  open: Tx,
  { tenant, userNo, username, actor }: Grant,
  role: Role,
): Promise<void> {
  const before = await heldRole(open, tenant, userNo);
  await open.query(
    `insert into sync.memberships (tenant, user_no, role) values ($1, $2, $3)
     on conflict (tenant, user_no) do update set role = excluded.role, by_oidc = false`,
    [tenant, userNo, role],
  );
  await audit(open, {
    tenant,
    actor,
    action: "member.grant",
    subject: username,
    before: before && { role: before },
    after: { role },
  });
}

/** Takes a role away. False if there was none. */
export async function revokeRole(people: Db, grant: Grant): Promise<boolean> {
  const { tenant, userNo, username, actor } = grant;
  return await tx(people, async (open) => {
    const role = await heldRole(open, tenant, userNo);
    if (role === undefined) return false;
    await open.query("delete from sync.memberships where tenant = $1 and user_no = $2", [
      tenant,
      userNo,
    ]);
    const before = { role };
    await audit(open, { tenant, actor, action: "member.revoke", subject: username, before });
    return true;
  });
}

async function heldRole(
  open: Queryable,
  tenant: number,
  userNo: number,
): Promise<Role | undefined> {
  const { rows } = await open.query<{ role: Role }>(
    "select role from sync.memberships where tenant = $1 and user_no = $2 for update",
    [tenant, userNo],
  );
  return rows[0]?.role;
}
