/** Works changes of tags slice by slice, each in a transaction of its own: what was worked stays, whoever goes on. */
import { audit } from "../control/audit.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import type { Total } from "../inventory/count.ts";
import { countFound, foundDevices, type DeviceSearch } from "../inventory/device-search.ts";
import { restoreTags, SLICE_MAX, tagDevices, takeSlices } from "../inventory/device-tags.ts";
import {
  findTagChange,
  noteTagChange,
  type TagChange,
  type TagsWanted,
} from "../inventory/tag-changes.ts";
import { pause, type Clock } from "../lib/clock.ts";
import { invariant } from "../lib/invariant.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import { searchOf } from "./device-query.ts";
import { Problem } from "./errors.ts";
import { FRESH_FINDS } from "./recent-finds.ts";

/** Where a change is worked. */
export interface Slicing {
  readonly db: Db;
  readonly clock: Clock;
  readonly tenant: Tenant;
  readonly actor: string;
}

/** A slice takes under a second; who asks again meanwhile is held up so long, ms, without a connection. */
const BUSY_PAUSE_MS = 200;

/**
 * Works the next slice of a change, forwards or back; gives how far it is then, undefined where there is no such change. While
 * another slice of the tenant is under way it gives the change as it stands: waiting would hold a connection that all tenants share.
 */
export async function workSlice(
  slicing: Slicing,
  { changeNo, isUndoing = false }: { readonly changeNo: number; readonly isUndoing?: boolean },
): Promise<TagChange | undefined> {
  const { db, clock, tenant } = slicing;
  if (isUndoing) await turn(slicing, changeNo);
  const asked = await findTagChange(db, tenant.tenant, { changeNo });
  if (asked === undefined) return undefined;
  // Looked up before the transaction, which would else need a second connection while it holds one.
  const search = asked.state === "running" ? await searchedBy(slicing, asked) : undefined;
  const worked = await tx(db, async (open) =>
    (await takeSlices(open, tenant.tenant))
      ? await workHeld(open, slicing, { changeNo, search })
      : "busy",
  );
  if (worked !== "busy") return worked;
  await pause(clock, BUSY_PAUSE_MS);
  return await findTagChange(db, tenant.tenant, { changeNo });
}

async function workHeld(
  open: Tx,
  { clock, tenant, actor }: Slicing,
  { changeNo, search }: { readonly changeNo: number; readonly search: DeviceSearch | undefined },
): Promise<TagChange | undefined> {
  const found = await findTagChange(open, tenant.tenant, { changeNo, isHeld: true });
  if (found === undefined) return undefined;
  const next = await workedOf(open, { change: found, search, tenant, nowMs: clock.now() });
  if (next === found) return found;
  await noteTagChange(open, tenant.tenant, next);
  const action = endOf(found, next);
  if (action !== undefined) {
    const { devices, changed, restored, skipped } = next;
    const after = { change_no: changeNo, devices, changed, restored, skipped };
    const subject = `change ${changeNo}`;
    await audit(open, { tenant: tenant.tenant, actor, action, subject, after });
  }
  return next;
}

/** Taking back begins, also of what is not whole: in a transaction of its own, so that it stands whoever works it. */
async function turn({ db, tenant, actor }: Slicing, changeNo: number): Promise<void> {
  await tx(db, async (open) => {
    const found = await findTagChange(open, tenant.tenant, { changeNo, isHeld: true });
    if (found === undefined || found.state === "undoing" || found.state === "undone") return;
    await noteTagChange(open, tenant.tenant, { ...found, state: "undoing", endedMs: undefined });
    const { state, devices, changed } = found;
    const [before, after] = [{ state }, { change_no: changeNo, devices, changed }];
    const subject = `change ${changeNo}`;
    const action = "device.tag_undo";
    await audit(open, { tenant: tenant.tenant, actor, action, subject, before, after });
  });
}

function endOf(before: TagChange, after: TagChange): string | undefined {
  if (before.state === after.state) return undefined;
  if (after.state === "done") return "device.tagged";
  return after.state === "undone" ? "device.tag_undone" : undefined;
}

type Working = {
  readonly change: TagChange;
  readonly search: DeviceSearch | undefined;
  readonly tenant: Tenant;
  readonly nowMs: number;
};

async function workedOf(open: Tx, { change, search, tenant, nowMs }: Working): Promise<TagChange> {
  if (change.state === "running") {
    // A change that runs now ran when it was looked up: none begins anew.
    invariant(search !== undefined, "a running change was looked up");
    return await tagSlice(open, { change, search, tenant, nowMs });
  }
  if (change.state !== "undoing") return change;
  const { changeNo, undonePlace: place } = change;
  const back = await restoreTags(open, tenant.tenant, { changeNo, place });
  const worked = {
    ...change,
    restored: change.restored + back.restored,
    skipped: change.skipped + back.skipped,
    undonePlace: back.place,
  };
  return back.looked === SLICE_MAX ? worked : { ...worked, state: "undone", endedMs: nowMs };
}

async function tagSlice(
  open: Tx,
  { change, search, tenant, nowMs }: Working & { readonly search: DeviceSearch },
): Promise<TagChange> {
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
  { db, tenant }: Pick<Slicing, "db" | "tenant">,
  { query, q, startedMs }: Pick<TagsWanted, "query" | "q" | "startedMs">,
): Promise<DeviceSearch> {
  const asked = { query: query ?? "in:devices", q, state: "active" } as const;
  const search = await searchOf(db, tenant, { asked, nowMs: startedMs, finds: FRESH_FINDS });
  const { grouping, limit, sort } = search.query;
  if (grouping !== undefined) {
    throw new Problem("invalid_request", "query: a query with stats finds no devices");
  }
  // Else "limit:10" would tag all that the rest finds.
  const unheeded = limit === undefined ? sort.length > 0 && "sort" : "limit";
  if (unheeded === false) return search;
  const message = `${unheeded}: a change of tags is of all devices that the query finds`;
  throw new Problem("invalid_request", `query: ${message}`, {
    errors: [{ path: "query", message }],
  });
}

/** What a change would reach. */
export interface Reach extends Total {
  /** Of the devices that were named: those that are no longer active. */
  readonly skipped: readonly CanonicalId[];
}

/** How many devices a change would reach. Throws `invalid_request` for a query that cannot be answered. */
export async function reachOf(
  slicing: Pick<Slicing, "db" | "tenant">,
  wanted: TagsWanted,
): Promise<Reach> {
  const { db, tenant } = slicing;
  const search = await searchedBy(slicing, wanted);
  const { deviceIds: ids } = wanted;
  if (ids === undefined) return { ...(await countFound(db, tenant.tenant, search)), skipped: [] };
  const place = { ids, after: 0, limit: ids.length };
  const found = await foundDevices(db, tenant.tenant, { ...search, ...place });
  const active = new Set(found.map(({ id }) => id));
  const skipped = ids.filter((id) => !active.has(id));
  return { count: active.size, isEstimate: false, skipped };
}
