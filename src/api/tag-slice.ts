/** Works changes of tags slice by slice, each in a transaction of its own: what was worked stays, whoever goes on. */
import { audit } from "../control/audit.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import type { Total } from "../inventory/count.ts";
import { countFound, foundDevices, type DeviceSearch } from "../inventory/device-search.ts";
import { awaitSlices, restoreTags, SLICE_MAX, tagDevices } from "../inventory/device-tags.ts";
import {
  findTagChange,
  noteTagChange,
  type TagChange,
  type TagsWanted,
} from "../inventory/tag-changes.ts";
import type { Clock } from "../lib/clock.ts";
import { searchOf } from "./device-query.ts";
import { Problem } from "./errors.ts";

/** Where a change is worked. */
export interface Slicing {
  readonly db: Db;
  readonly clock: Clock;
  readonly tenant: Tenant;
  readonly actor: string;
}

/** Works the next slice of a change, forwards or back; gives how far it is then, undefined where there is no such change. */
export async function workSlice(
  { db, clock, tenant, actor }: Slicing,
  { changeNo, isUndoing = false }: { readonly changeNo: number; readonly isUndoing?: boolean },
): Promise<TagChange | undefined> {
  return await tx(db, async (open) => {
    await awaitSlices(open, tenant.tenant);
    const found = await findTagChange(open, tenant.tenant, { changeNo, isHeld: true });
    if (found === undefined) return undefined;
    const change = isUndoing ? turned(found) : found;
    const next = await workedOf(open, db, { change, tenant, nowMs: clock.now() });
    if (next === found) return found;
    await noteTagChange(open, tenant.tenant, next);
    const action = endOf(found, next);
    if (action !== undefined) {
      const { devices, changed, restored } = next;
      const after = { change_no: changeNo, devices, changed, restored };
      const subject = `change ${changeNo}`;
      await audit(open, { tenant: tenant.tenant, actor, action, subject, after });
    }
    return next;
  });
}

/** Taking back begins, also of what is not whole. */
function turned(change: TagChange): TagChange {
  return change.state === "undone" ? change : { ...change, state: "undoing", endedMs: undefined };
}

function endOf(before: TagChange, after: TagChange): string | undefined {
  if (before.state === after.state) return undefined;
  if (after.state === "done") return "device.tagged";
  return after.state === "undone" ? "device.tag_undone" : undefined;
}

type Working = { readonly change: TagChange; readonly tenant: Tenant; readonly nowMs: number };

async function workedOf(open: Tx, db: Db, { change, tenant, nowMs }: Working): Promise<TagChange> {
  if (change.state === "running") return await tagSlice(open, db, { change, tenant, nowMs });
  if (change.state !== "undoing") return change;
  const { looked, restored } = await restoreTags(open, tenant.tenant, change.changeNo);
  const total = change.restored + restored;
  if (looked === SLICE_MAX) return { ...change, restored: total };
  return { ...change, restored: total, state: "undone", endedMs: nowMs };
}

async function tagSlice(open: Tx, db: Db, { change, tenant, nowMs }: Working): Promise<TagChange> {
  const search = await searchedBy(db, tenant, change);
  const place = { ids: change.deviceIds, after: change.afterNo, limit: SLICE_MAX };
  const devices = await foundDevices(open, tenant.tenant, { ...search, ...place });
  const changed = await tagDevices(open, tenant.tenant, { ...change, devices });
  const worked = {
    ...change,
    afterNo: devices.at(-1)?.deviceNo ?? change.afterNo,
    devices: change.devices + devices.length,
    changed: change.changed + changed,
  };
  return devices.length === SLICE_MAX ? worked : { ...worked, state: "done", endedMs: nowMs };
}

/** What was asked when the change began: "the last hour" stays the one before. */
async function searchedBy(
  db: Db,
  tenant: Tenant,
  { query, q, startedMs }: Pick<TagsWanted, "query" | "q" | "startedMs">,
): Promise<DeviceSearch> {
  const asked = { query: query ?? "in:devices", q, state: "active" } as const;
  const search = await searchOf(db, tenant, { asked, nowMs: startedMs });
  if (search.query.grouping === undefined) return search;
  throw new Problem("invalid_request", "query: a query with stats finds no devices");
}

/** How many devices a change would reach. Throws `invalid_request` for a query that cannot be answered. */
export async function reachOf(db: Db, tenant: Tenant, wanted: TagsWanted): Promise<Total> {
  if (wanted.deviceIds !== undefined) return { count: wanted.deviceIds.length, isEstimate: false };
  return await countFound(db, tenant.tenant, await searchedBy(db, tenant, wanted));
}
