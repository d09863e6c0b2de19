/**
 * Revoking an authority of a tenant's agents: every certificate that it signed is refused from the next call on, and open control
 * streams end. What is revoked can be reinstated, for a key that was thought lost may turn up.
 */
import type { TenantDbs } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import type { TenantSlug } from "../model/tenant.ts";
import { audit } from "./audit.ts";
import type { Authorities } from "./authorities.ts";
import { listAuthorities, type ShownAuthority } from "./authority-import.ts";

/** Which one, and who asks. */
export interface AuthorityAct {
  readonly tenant: number;
  readonly slug: TenantSlug;
  readonly authorityNo: number;
  readonly actor: string;
}

/**
 * Revokes it; twice is once. Where it was the last that certifies agents here, its tenant gets another at once, so that agents can be
 * enrolled again. Undefined: there is no such authority.
 */
export async function revokeAuthority(
  dbs: TenantDbs,
  authorities: Authorities,
  act: AuthorityAct,
): Promise<ShownAuthority | undefined> {
  const { tenant, slug } = act;
  const root = await authorities.root(dbs);
  await tx(dbs.forTenant(tenant), async (open) => {
    await open.query("lock table sync.authorities in share row exclusive mode");
    if (!(await setRevoked(open, act, "revoke"))) return;
    const { rows } = await open.query<{ any: boolean }>(
      `select exists (select from sync.authorities
                       where tenant = $1 and key_sealed is not null and revoked_at is null) as any`,
      [tenant],
    );
    if (rows[0]?.any !== true) await authorities.createForTenant(open, { tenant, slug, root });
  });
  return await shownOne(dbs, act);
}

/** Takes the certificates of a revoked authority again. Undefined: there is no such authority. */
export async function reinstateAuthority(
  dbs: TenantDbs,
  act: AuthorityAct,
): Promise<ShownAuthority | undefined> {
  await tx(dbs.forTenant(act.tenant), async (open) => await setRevoked(open, act, "reinstate"));
  return await shownOne(dbs, act);
}

/** False where that changes nothing. */
async function setRevoked(
  open: Tx,
  { tenant, slug, authorityNo, actor }: AuthorityAct,
  verb: "revoke" | "reinstate",
): Promise<boolean> {
  const isRevoking = verb === "revoke";
  const { rows } = await open.query<{ spki_sha256: string }>(
    `update sync.authorities set revoked_at = case when $3 then now() end
      where tenant = $1 and authority_no = $2 and (revoked_at is null) = $3 returning spki_sha256`,
    [tenant, authorityNo, isRevoking],
  );
  const [changed] = rows;
  if (changed === undefined) return false;
  const about = { authority_no: authorityNo, spki_sha256: changed.spki_sha256 };
  const before = { ...about, revoked: !isRevoking };
  const after = { ...about, revoked: isRevoking };
  await audit(open, { tenant, actor, action: `authority.${verb}`, subject: slug, before, after });
  return true;
}

async function shownOne(
  dbs: TenantDbs,
  { tenant, authorityNo }: AuthorityAct,
): Promise<ShownAuthority | undefined> {
  return (await listAuthorities(dbs, tenant)).find(({ no }) => no === authorityNo);
}
