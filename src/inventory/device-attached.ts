/** What hangs on a device beside its own row, derived from its records when it is asked for (db/migrations, sync.speaking). */
import type { Queryable } from "../db/session.ts";

/** An address, service or collector that a device was seen with. */
export interface AliasState {
  readonly type: string;
  readonly value: string;
  /** detected, confirmed, stale or replaced. */
  readonly state: string;
  /** Days on which it was seen. */
  readonly sightings: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Interfaces and addresses of a device. */
export interface Attached {
  /** Each is a MAC or an address: no source tells which is on which. */
  readonly interfaces: readonly Readonly<Partial<Record<"mac" | "ip", string>>>[];
  readonly aliases: readonly AliasState[];
}

/** Aliases shown of one device, the newest. */
const ALIASES_MAX = 100;

/** What hangs on a device. */
export async function readAttached(
  db: Queryable,
  tenant: number,
  deviceNo: number,
): Promise<Attached> {
  const { rows } = await db.query<{
    interfaces: Attached["interfaces"];
  }>("select to_jsonb(sync.interfaces_of($1, $2)) as interfaces", [tenant, deviceNo]);
  const { rows: aliases } = await db.query<{
    alias_type: string;
    alias_value: string;
    state: string;
    sighting_count: number;
    first_seen_at: number;
    last_seen_at: number;
  }>(
    `select alias_type, alias_value, state, sighting_count, first_seen_at, last_seen_at from sync.alias_states
      where tenant = $1 and device_no = $2 order by last_seen_at desc, alias_type, alias_value limit $3`,
    [tenant, deviceNo, ALIASES_MAX],
  );
  return {
    interfaces: rows[0]?.interfaces ?? [],
    aliases: aliases.map((row) => ({
      type: row.alias_type,
      value: row.alias_value,
      state: row.state,
      sightings: row.sighting_count,
      firstMs: row.first_seen_at,
      lastMs: row.last_seen_at,
    })),
  };
}
