/** A database as a plain SQL client sees it, and sources that speak of devices. */
import type { Db } from "../../src/db/pool.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { freshDatabase } from "./database.ts";
import { feed, newTenant, settle, type WireUpdate } from "./dire.ts";

type Hooks = Parameters<typeof freshDatabase>[0];
/** A row as a client gets it. */
export type Row = Readonly<Record<string, unknown>>;
/** A client of a test database with one tenant. */
export interface Client {
  readonly db: Db;
  readonly lease: Lease;
  readonly say: (...updates: readonly WireUpdate[]) => Promise<void>;
  readonly ask: (sql: string) => Promise<readonly Row[]>;
}

/** A fresh database with one tenant, to speak to and to ask. */
export async function client(t: Hooks): Promise<Client> {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  return {
    db,
    lease,
    say: async (...updates) => {
      await feed(db, lease, updates);
      await settle(db, lease);
    },
    ask: async (sql) => (await db.query<Row>(sql)).rows,
  };
}

/** Midnight UTC so many days before today, and some hours. */
export function daysAgo(days: number, hours = 1): string {
  const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  return new Date(midnight - days * 86_400_000 + hours * 3_600_000).toISOString();
}

type Said = WireUpdate & {
  readonly id?: number;
  readonly metadata?: object;
  readonly instance?: string;
};

/** What NetBox says of one device. */
export function netbox({ id = 1, instance = "nb", metadata, ...rest }: Said): WireUpdate {
  const ids = {
    integration_type: "netbox",
    integration_id: String(id),
    netbox_device_id: String(id),
  };
  return {
    source: "netbox",
    timestamp: daysAgo(1),
    ...rest,
    metadata: { ...ids, sync_service_id: instance, ...metadata },
  };
}

/** What Armis says of one device. */
export function armis({ id = 1, instance = "ar", metadata, ...rest }: Said): WireUpdate {
  const ids = { integration_type: "armis", armis_device_id: String(id) };
  return {
    source: "armis",
    timestamp: daysAgo(1),
    ...rest,
    metadata: { ...ids, sync_service_id: instance, ...metadata },
  };
}

/** What a sweep says: that an address answers. */
export function sweep(ip: string, timestamp: string): WireUpdate {
  return { source: "sweep", ip, timestamp, metadata: { sync_service_id: "sw" } };
}
