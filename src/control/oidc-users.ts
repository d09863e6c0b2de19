/** Users whom an identity provider vouches for. Its issuer and subject are who they are; names may change there. */
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { audit, PLATFORM_TENANT } from "./audit.ts";
import type { Role } from "./tokens.ts";
import { findUserByNumber, insertUser, type User } from "./users.ts";

/** What the provider says of who logs in. */
export interface Vouched {
  readonly issuer: string;
  readonly subject: string;
  readonly username: string;
  readonly displayName: string;
  /** By slug of the tenant. */
  readonly roles: ReadonlyMap<string, Role>;
  /** Undefined: no group decides it. */
  readonly isPlatformAdmin: boolean | undefined;
}

/** Why somebody is not let in. */
export type NotAdmitted = "no_role" | "name_taken" | "disabled";

/**
 * Lets a user in, with the roles that his groups give now; made at his first log-in. Roles that were given here stay. A local user of
 * the same name is somebody else: the provider's users may choose their names.
 */
export async function admitVouched(
  people: Db,
  vouched: Vouched,
): Promise<Result<User, NotAdmitted>> {
  return await tx(people, async (open) => {
    const known = await lockVouched(open, vouched);
    const mayEnter = vouched.roles.size > 0 || vouched.isPlatformAdmin === true;
    if (known === undefined && !mayEnter) return err("no_role");
    const user = known ?? (await insertVouched(open, vouched));
    if (user === undefined) return err("name_taken");
    if (user.isDisabled) return err("disabled");
    await setRoles(open, user, vouched);
    await setPlatformAdmin(open, user, vouched);
    const { count } = await open.query("select from sync.memberships where user_no = $1", [
      user.userNo,
    ]);
    const now = await findUserByNumber(open, user.userNo);
    return now !== undefined && (count > 0 || now.isPlatformAdmin) ? ok(now) : err("no_role");
  });
}

async function lockVouched(open: Tx, { issuer, subject }: Vouched): Promise<User | undefined> {
  const { rows } = await open.query<{ user_no: number }>(
    "select user_no from sync.users where oidc_issuer = $1 and oidc_subject = $2 for update",
    [issuer, subject],
  );
  return rows[0] === undefined ? undefined : await findUserByNumber(open, rows[0].user_no);
}

function insertVouched(open: Tx, vouched: Vouched): Promise<User | undefined> {
  const { username, displayName, issuer, subject, isPlatformAdmin = false } = vouched;
  const draft = { username, displayName, isPlatformAdmin, oidc: { issuer, subject } };
  return insertUser(open, draft, `oidc:${username}`);
}

async function setPlatformAdmin(open: Tx, user: User, { isPlatformAdmin }: Vouched): Promise<void> {
  if (isPlatformAdmin === undefined || isPlatformAdmin === user.isPlatformAdmin) return;
  const { userNo, username } = user;
  await open.query("update sync.users set is_platform_admin = $2 where user_no = $1", [
    userNo,
    isPlatformAdmin,
  ]);
  await audit(open, {
    tenant: PLATFORM_TENANT,
    actor: `oidc:${username}`,
    action: "user.change",
    subject: username,
    before: { is_platform_admin: user.isPlatformAdmin },
    after: { is_platform_admin: isPlatformAdmin },
  });
}

/** Tenants that the mapping names and that are not there give nothing. */
async function setRoles(open: Tx, { userNo, username }: User, { roles }: Vouched): Promise<void> {
  const wanted = [[...roles.keys()], [...roles.values()]];
  const { rows: gone } = await open.query<{ tenant: number; role: string }>(
    `delete from sync.memberships m using sync.tenants t
      where m.user_no = $1 and m.by_oidc and t.tenant = m.tenant and t.slug <> all($2::text[])
      returning m.tenant, m.role`,
    [userNo, [...roles.keys()]],
  );
  const { rows: given } = await open.query<{ tenant: number; role: string }>(
    `insert into sync.memberships as m (tenant, user_no, role, by_oidc)
     select t.tenant, $1, w.role, true from unnest($2::text[], $3::text[]) w(slug, role) join sync.tenants t using (slug)
     on conflict (tenant, user_no) do update set role = excluded.role where m.by_oidc and m.role <> excluded.role
     returning m.tenant, m.role`,
    [userNo, ...wanted],
  );
  const about = { actor: `oidc:${username}`, subject: username };
  for (const { tenant, role } of gone) {
    await audit(open, { ...about, tenant, action: "member.revoke", before: { role } });
  }
  for (const { tenant, role } of given) {
    await audit(open, { ...about, tenant, action: "member.grant", after: { role } });
  }
}
