/** Tags of many devices at once: of those that a query finds, or of those that are named; with what was before, and undone by it. */
import type { z } from "@hono/zod-openapi";

import { audit } from "../control/audit.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { tx } from "../db/tx.ts";
import {
  findTagChange,
  listTagChanges,
  listTagged,
  openTagChange,
  type TagChange,
  type TaggedRow,
} from "../inventory/tag-changes.ts";
import { SyncError } from "../lib/errors.ts";
import { parseCanonicalId, type CanonicalId } from "../model/canonical-id.ts";
import { deviceNamed } from "./act.ts";
import type { ApiContext } from "./context.ts";
import {
  newTagChangeSchema,
  taggedSchema,
  tagChangeSchema,
  tagRehearsalSchema,
} from "./contract-tags.ts";
import { pageOf, pageQuery } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  cursorOf,
  pageWithNext,
  paramsWith,
  readCursor,
  takes,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";
import { reachOf, workSlice, type Reach, type Slicing } from "./tag-slice.ts";

const route = routesOf("devices");
const PATH = `${TENANT_PATH}/tag-changes` as const;
const ONE = `${PATH}/{change}` as const;
const params = paramsWith("change", "Number of the change");
const changed = { 200: answers(tagChangeSchema, "How far it is") };

const start = route.post(PATH, "operator", {
  summary:
    "Add and remove tags of devices: the first thousands at once, then go on until it is done",
  request: { params: tenantParams, body: takes(newTagChangeSchema) },
  gives: {
    200: answers(tagRehearsalSchema, "What it would reach; nothing was changed"),
    201: answers(tagChangeSchema, "How far it is"),
  },
});
const goOn = route.post(`${ONE}/continue`, "operator", {
  summary: "Work the next thousands of a change of tags, forwards or back",
  request: { params },
  gives: changed,
});
const undo = route.post(`${ONE}/undo`, "operator", {
  summary: "Take a change of tags back, but for what was changed again since",
  request: { params },
  gives: changed,
});
const list = route.get(PATH, "viewer", {
  summary: "Changes of tags, newest first",
  request: { params: tenantParams, query: pageQuery },
  gives: { 200: answers(pageOf("tag_changes", tagChangeSchema), "One page") },
});
const get = route.get(ONE, "viewer", {
  summary: "One change of tags",
  request: { params },
  gives: changed,
});
const what = route.get(`${ONE}/tags`, "viewer", {
  summary: "What a change made of each tag, with what was before",
  request: { params, query: pageQuery },
  gives: { 200: answers(pageOf("tags", taggedSchema), "One page") },
});

/** Adds the routes of changes of tags. */
export function addTagChanges(app: Api, { clock }: ApiContext): void {
  app.openapi(start, async (c) => {
    const [db, tenant] = [c.get("db"), c.get("tenant")];
    const { dry_run: isRehearsal, device_ids: picked, ...asked } = c.req.valid("json");
    const { actor } = c.get("caller");
    const deviceIds = picked === undefined ? undefined : await idsOf(db, tenant, picked);
    const { query, q, add, remove, reason } = asked;
    const wanted = { actor, reason, query, q, deviceIds, add, remove, startedMs: clock.now() };
    const reach = await reachOf({ db, tenant }, wanted);
    if (isRehearsal) return c.json(shownReach(reach), 200);
    const opened = await tx(db, async (open) => {
      const begun = await openTagChange(open, tenant.tenant, wanted);
      const after = {
        change_no: begun.changeNo,
        reason,
        query,
        q,
        devices: deviceIds,
        add,
        remove,
      };
      const subject = `change ${begun.changeNo}`;
      await audit(open, { tenant: tenant.tenant, actor, action: "device.tag", subject, after });
      return begun;
    });
    return c.json(shown(await firstSlice({ db, clock, tenant, actor }, opened)), 201);
  });
  for (const [one, isUndoing] of [
    [goOn, false],
    [undo, true],
  ] as const) {
    app.openapi(one, async (c) => {
      const [db, tenant, { actor }] = [c.get("db"), c.get("tenant"), c.get("caller")];
      const { change } = c.req.valid("param");
      const asked = { changeNo: numberOf(change), isUndoing };
      const worked = await workSlice({ db, clock, tenant, actor }, asked);
      if (worked === undefined) throw noChange(change);
      return c.json(shown(worked), 200);
    });
  }
  app.openapi(list, async (c) => {
    const { limit, after } = c.req.valid("query");
    const asked = { before: readCursor("t", after), limit: limit + 1 };
    const found = await listTagChanges(c.get("db"), c.get("tenant").tenant, asked);
    const { rows, next } = pageWithNext(found, limit, (row) => cursorOf("t", row.changeNo));
    return c.json({ tag_changes: rows.map(shown), next }, 200);
  });
  app.openapi(get, async (c) =>
    c.json(shown(await named(c.get("db"), c.get("tenant"), c.req.valid("param").change)), 200),
  );
  app.openapi(what, async (c) => {
    const [db, tenant] = [c.get("db"), c.get("tenant")];
    const { changeNo } = await named(db, tenant, c.req.valid("param").change);
    const { limit, after } = c.req.valid("query");
    const asked = { changeNo, after: placeOf(after), limit: limit + 1 };
    const found = await listTagged(db, tenant.tenant, asked);
    const { rows, next } = pageWithNext(found, limit, ({ id, key }) => `${id}/${key}`);
    return c.json({ tags: rows.map(shownTag), next }, 200);
  });
}

/** What has begun is answered with its number also where its first slice fails: whoever asks to go on hears why. */
async function firstSlice(slicing: Slicing, opened: TagChange): Promise<TagChange> {
  try {
    return (await workSlice(slicing, opened)) ?? opened;
  } catch (thrown) {
    if (thrown instanceof SyncError) return opened;
    throw thrown;
  }
}

/** Ids as devices have them now, each once. Throws `device_not_found`. */
async function idsOf(
  db: Db,
  tenant: Tenant,
  ids: readonly string[],
): Promise<readonly CanonicalId[]> {
  return await tx(db, async (open) => {
    const found = new Set<CanonicalId>();
    for (const id of ids) found.add((await deviceNamed(open, tenant, id)).id);
    return [...found];
  });
}

async function named(db: Db, { tenant }: Tenant, text: string): Promise<TagChange> {
  const change = await findTagChange(db, tenant, { changeNo: numberOf(text) });
  if (change === undefined) throw noChange(text);
  return change;
}

/** Numbers of changes are PostgreSQL's int; any other text names none. */
function numberOf(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function placeOf(after: string | undefined): Pick<TaggedRow, "id" | "key"> | undefined {
  if (after === undefined) return undefined;
  const [text = "", key = ""] = after.split("/");
  const id = parseCanonicalId(text);
  if (id !== undefined) return { id, key };
  throw new Problem("invalid_request", "after: is not the `next` of such a list");
}

function noChange(text: string): Problem {
  return new Problem("tag_change_not_found", `there is no change of tags ${text}`);
}

function shownReach({ count, isEstimate, skipped }: Reach): z.infer<typeof tagRehearsalSchema> {
  const unreached = skipped.length === 0 ? {} : { skipped: [...skipped] };
  const devices = { is_rehearsal: true as const, devices: count, ...unreached };
  return isEstimate ? { ...devices, devices_is_estimate: true } : devices;
}

function shown(change: TagChange): z.infer<typeof tagChangeSchema> {
  const { changeNo, startedMs, endedMs, deviceIds, remove, add, ...others } = change;
  const { afterNo: _, undonePlace: __, ...rest } = others;
  return {
    change_no: changeNo,
    ...rest,
    device_ids: deviceIds && [...deviceIds],
    add: { ...add },
    remove: [...remove],
    started_at: timeOf(startedMs),
    ended_at: timeOf(endedMs),
  };
}

function shownTag({ id, key, before, after, isUndone }: TaggedRow): z.infer<typeof taggedSchema> {
  return { device_id: id, key, before, after, is_undone: isUndone };
}
