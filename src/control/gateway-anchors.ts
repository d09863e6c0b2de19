/**
 * What agents trust gateways by: the platform's root, and the root of a PKI that the gateways' own certificate is of. The latter is
 * kept in the database, because agents are certified by processes that are no gateways.
 */
import type { TenantDbs } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import type { Authorities } from "./authorities.ts";

const SETTING = "gateway_anchors";

/** Notes at a gateway's start what its certificate is known by beside our root; all gateways of a core are started alike. */
export async function keepGatewayAnchors(dbs: TenantDbs, pem: string | undefined): Promise<void> {
  const db = dbs.across("trust");
  if (pem === undefined) {
    await db.query("delete from sync.settings where name = $1", [SETTING]);
    return;
  }
  await db.query(
    `insert into sync.settings as s (name, value) values ($1, $2)
     on conflict (name) do update set value = excluded.value where s.value <> excluded.value`,
    [SETTING, pem],
  );
}

/** The content of an agent's ca_file. PEM. */
export async function gatewayAnchors(dbs: TenantDbs, authorities: Authorities): Promise<string> {
  const { certificatePem } = await authorities.root(dbs);
  return certificatePem + (await keptAnchors(dbs.across("trust")));
}

async function keptAnchors(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ value: string }>(
    "select value from sync.settings where name = $1",
    [SETTING],
  );
  return rows[0]?.value ?? "";
}
