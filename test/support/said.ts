/** What two sources say of devices, to a tenant behind an API. */
import type { Lease } from "../../src/inbox/lease.ts";
import type { TestApi } from "./api-over.ts";
import { testApi } from "./api.ts";
import { feed, settle, type WireUpdate } from "./dire.ts";
import { leaseOf } from "./tenant-lease.ts";

/** Hour 0 of what is said. */
const T0 = Date.UTC(2026, 0, 1);

/** Tenant "acme" behind an API; `say` takes updates in and publishes what they change. */
export type Fleet = TestApi & {
  readonly lease: Lease;
  readonly say: (...u: WireUpdate[]) => Promise<void>;
};

/** A tenant without devices. */
export async function fleet(t: Parameters<typeof testApi>[0]): Promise<Fleet> {
  const api = await testApi(t);
  await api.ask("POST /api/v1/tenants", { body: { slug: "acme" } });
  const lease = await leaseOf(api.db, "acme");
  const say = async (...updates: WireUpdate[]): Promise<void> => {
    await feed(api.db, lease, updates);
    await settle(api.db, lease);
  };
  return { ...api, lease, say };
}

type Said = WireUpdate & {
  readonly hour?: number;
  readonly id?: number;
  readonly metadata?: object;
};

/** An update of NetBox instance "nb", by id there. */
export function netbox({ hour = 0, id = 1, metadata, ...rest }: Said): WireUpdate {
  const timestamp = new Date(T0 + hour * 3_600_000).toISOString();
  const ids = { integration_id: String(id), netbox_device_id: String(id), sync_service_id: "nb" };
  return { source: "netbox", timestamp, ...rest, metadata: { ...ids, ...metadata } };
}

/** An update of Armis instance "ar", by id there. */
export function armis({ hour = 0, id = 1, metadata, ...rest }: Said): WireUpdate {
  const timestamp = new Date(T0 + hour * 3_600_000).toISOString();
  const ids = { armis_device_id: String(id), sync_service_id: "ar" };
  return { source: "armis", timestamp, ...rest, metadata: { ...ids, ...metadata } };
}
