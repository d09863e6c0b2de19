import type { Db } from "../db/pool.ts";
import { tx } from "../db/tx.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { grantRole } from "./members.ts";
import { endSetupTokens, isSetupToken } from "./one-time-tokens.ts";
import { hasPlatformAdmin, insertUser, type User, type UserDraft } from "./users.ts";

/**
 * Makes the first user, also where an identity provider's users came first, who cannot manage the platform: the platform's administrator, and admin of every tenant there is, since being the platform's gives no sight
 * of devices. Of several who try at once one succeeds.
 */
export async function setUp(
  people: Db,
  {
    token,
    nowMs,
    user: draft,
  }: {
    readonly token: string;
    readonly nowMs: number;
    readonly user: Pick<UserDraft, "username" | "displayName" | "passwordHash">;
  },
): Promise<Result<User, "no_token" | "set_up_already" | "name_taken">> {
  const actor = `user:${draft.username}`;
  return await tx(people, async (open) => {
    await open.query("lock table sync.users in share row exclusive mode");
    if (await hasPlatformAdmin(open)) return err("set_up_already");
    if (!(await isSetupToken(open, token, nowMs))) return err("no_token");
    const user = await insertUser(open, { ...draft, isPlatformAdmin: true }, actor);
    if (user === undefined) return err("name_taken");
    const { rows } = await open.query<{ tenant: number }>("select tenant from sync.tenants");
    const { userNo, username } = user;
    for (const { tenant } of rows) {
      await grantRole(open, { tenant, userNo, username, actor }, "admin");
    }
    await endSetupTokens(open);
    return ok(user);
  });
}
