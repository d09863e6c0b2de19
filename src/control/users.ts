/** Users: who may log in to the web page. Of no tenant; what they may where, members.ts says. */
import type { Db, TenantDbs } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx, type Tx } from "../db/tx.ts";
import { invariant } from "../lib/invariant.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { audit, PLATFORM_TENANT } from "./audit.ts";
import { forgetOwnViews } from "./saved-views.ts";
import { endSessions } from "./sessions.ts";
import { holdingPattern, type FoundSlice } from "./slice.ts";

/** A user as it is shown: never the password's hash. */
export interface User {
  readonly userNo: number;
  readonly username: string;
  readonly displayName: string;
  readonly isPlatformAdmin: boolean;
  readonly isDisabled: boolean;
  readonly hasPassword: boolean;
  readonly isOidc: boolean;
  readonly createdMs: number;
  readonly lastLoginMs: number | undefined;
}

type UserRow = {
  user_no: number;
  username: string;
  display_name: string;
  is_platform_admin: boolean;
  is_disabled: boolean;
  has_password: boolean;
  is_oidc: boolean;
  created_at: number;
  last_login_at: number | null;
};
const COLUMNS = `user_no, username, display_name, is_platform_admin, is_disabled, password_hash is not null as has_password,
  oidc_subject is not null as is_oidc, created_at, last_login_at`;

function userOf(row: UserRow): User {
  return {
    userNo: row.user_no,
    username: row.username,
    displayName: row.display_name,
    isPlatformAdmin: row.is_platform_admin,
    isDisabled: row.is_disabled,
    hasPassword: row.has_password,
    isOidc: row.is_oidc,
    createdMs: row.created_at,
    lastLoginMs: row.last_login_at ?? undefined,
  };
}

/** The database as people are kept in it, whatever tenants they work in. */
export function peopleOf(db: TenantDbs): Db {
  return db.across("people");
}

/** Whether anybody could act as the platform's administrator; until then the platform is to be set up. */
export async function hasPlatformAdmin(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ any: boolean }>(
    "select exists (select from sync.users where is_platform_admin and not is_disabled) as any",
  );
  return rows[0]?.any === true;
}

/** Users, by name; a text is looked for in names, also those that people are shown by. */
export async function listUsers(
  db: Queryable,
  { after = "", limit, text }: FoundSlice = {},
): Promise<readonly User[]> {
  const { rows } = await db.query<UserRow>(
    `select ${COLUMNS} from sync.users
      where username > $1 and ($3::text is null or username ilike $3 or display_name ilike $3) order by username limit $2`,
    [after, limit ?? null, holdingPattern(text)],
  );
  return rows.map(userOf);
}

/** The user of a name. */
export async function findUser(db: Queryable, username: string): Promise<User | undefined> {
  const { rows } = await db.query<UserRow>(
    `select ${COLUMNS} from sync.users where username = $1`,
    [username],
  );
  return rows[0] === undefined ? undefined : userOf(rows[0]);
}

/** The user of a number. */
export async function findUserByNumber(db: Queryable, userNo: number): Promise<User | undefined> {
  const { rows } = await db.query<UserRow>(`select ${COLUMNS} from sync.users where user_no = $1`, [
    userNo,
  ]);
  return rows[0] === undefined ? undefined : userOf(rows[0]);
}

/** The hash of a user's password, for comparing it. */
export async function passwordHashOf(db: Queryable, userNo: number): Promise<string | undefined> {
  const { rows } = await db.query<{ hash: string | null }>(
    "select password_hash as hash from sync.users where user_no = $1",
    [userNo],
  );
  return rows[0]?.hash ?? undefined;
}

/** What a new user is to be. */
export interface UserDraft {
  readonly username: string;
  readonly displayName: string;
  readonly passwordHash?: string | undefined;
  readonly isPlatformAdmin: boolean;
  readonly oidc?: { readonly issuer: string; readonly subject: string } | undefined;
}

/** Makes a user, in the caller's transaction. Undefined if the name is taken. */
export async function insertUser(
  open: Tx,
  draft: UserDraft,
  actor: string,
): Promise<User | undefined> {
  const { username, displayName, passwordHash, isPlatformAdmin, oidc } = draft;
  const { rows } = await open.query<UserRow>(
    `insert into sync.users (username, display_name, password_hash, is_platform_admin, oidc_issuer, oidc_subject)
     values ($1, $2, $3, $4, $5, $6) on conflict (username) do nothing returning ${COLUMNS}`,
    [username, displayName, passwordHash, isPlatformAdmin, oidc?.issuer, oidc?.subject],
  );
  const user = rows[0] === undefined ? undefined : userOf(rows[0]);
  if (user !== undefined) {
    await auditUser(open, { actor, action: "user.create", username, after: shownInAudit(user) });
  }
  return user;
}

/** What of a user is to change; absent members stay. */
export interface UserChange {
  readonly displayName?: string | undefined;
  readonly isPlatformAdmin?: boolean | undefined;
  readonly isDisabled?: boolean | undefined;
  readonly passwordHash?: string | undefined;
}

/** Why nothing was changed. */
export type NotChanged = "no_user" | "last_platform_admin";

/**
 * Changes a user. A new password, and being disabled, end all sessions but `keepSession`. With `keepsAdmin` the platform's last
 * administrator stays one.
 */
export async function changeUser(
  db: Db,
  username: string,
  {
    change,
    actor,
    keepSession,
    keepsAdmin = false,
  }: {
    readonly change: UserChange;
    readonly actor: string;
    readonly keepSession?: string;
    readonly keepsAdmin?: boolean;
  },
): Promise<Result<User, NotChanged>> {
  return await tx(db, async (open) => {
    const endsAdmin = change.isPlatformAdmin === false || change.isDisabled === true;
    if (keepsAdmin && endsAdmin && !(await keepsAnother(open, username))) {
      return err("last_platform_admin");
    }
    const before = await lockUser(open, username);
    if (before === undefined) return err("no_user");
    const { displayName, isPlatformAdmin, isDisabled, passwordHash } = change;
    const { rows } = await open.query<UserRow>(
      `update sync.users
          set display_name = coalesce($2, display_name), is_platform_admin = coalesce($3, is_platform_admin),
              is_disabled = coalesce($4, is_disabled), password_hash = coalesce($5, password_hash)
        where user_no = $1 returning ${COLUMNS}`,
      [before.userNo, displayName, isPlatformAdmin, isDisabled, passwordHash],
    );
    invariant(rows[0] !== undefined, "a locked user is there to be changed");
    const after = userOf(rows[0]);
    if (passwordHash !== undefined || after.isDisabled) {
      await endSessions(open, after.userNo, keepSession);
    }
    const said = passwordHash === undefined ? {} : { password: "changed" };
    await auditUser(open, {
      actor,
      action: "user.change",
      username,
      before: shownInAudit(before),
      after: { ...shownInAudit(after), ...said },
    });
    return ok(after);
  });
}

/** Removes a user with sessions and memberships. With `keepsAdmin` the platform's last administrator stays. */
export async function deleteUser(
  db: Db,
  username: string,
  { actor, keepsAdmin = false }: { readonly actor: string; readonly keepsAdmin?: boolean },
): Promise<Result<User, NotChanged>> {
  return await tx(db, async (open) => {
    if (keepsAdmin && !(await keepsAnother(open, username))) return err("last_platform_admin");
    const before = await lockUser(open, username);
    if (before === undefined) return err("no_user");
    for (const table of ["sessions", "memberships", "one_time_tokens", "users"]) {
      await open.query(`delete from sync.${table} where user_no = $1`, [before.userNo]);
    }
    await forgetOwnViews(open, `user:${username}`);
    await auditUser(open, { actor, action: "user.delete", username, before: shownInAudit(before) });
    return ok(before);
  });
}

/**
 * Whether another user than this can act as the platform's administrator. All who can are locked, in the order of their numbers and before
 * any other user: of two who end each other's rights at once, the second sees what the first did.
 */
async function keepsAnother(open: Tx, username: string): Promise<boolean> {
  const { rows } = await open.query<{ username: string }>(
    "select username from sync.users where is_platform_admin and not is_disabled order by user_no for update",
  );
  return rows.some((row) => row.username !== username);
}

async function lockUser(open: Queryable, username: string): Promise<User | undefined> {
  const { rows } = await open.query<UserRow>(
    `select ${COLUMNS} from sync.users where username = $1 for update`,
    [username],
  );
  return rows[0] === undefined ? undefined : userOf(rows[0]);
}

function shownInAudit(user: User): object {
  return {
    display_name: user.displayName,
    is_platform_admin: user.isPlatformAdmin,
    is_disabled: user.isDisabled,
  };
}

type Said = {
  readonly actor: string;
  readonly action: string;
  readonly username: string;
  readonly before?: unknown;
  readonly after?: unknown;
};

async function auditUser(open: Tx, { username, ...entry }: Said): Promise<void> {
  await audit(open, { tenant: PLATFORM_TENANT, subject: username, ...entry });
}
