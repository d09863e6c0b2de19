import { z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import type { Total } from "../inventory/count.ts";
import { countDevices, listDevices } from "../inventory/device-list.ts";
import {
  countFound,
  groupDevices,
  GROUPS_MAX,
  searchDevices,
  type DeviceSearch,
} from "../inventory/device-search.ts";
import { orderOf, type Direction, type Position } from "../inventory/query-sql.ts";
import { SyncError } from "../lib/errors.ts";
import {
  completionsAt,
  valuesLike,
  type Completion,
  type KnownValue,
} from "../model/srql-complete.ts";
import type { ApiContext } from "./context.ts";
import {
  completionQuery,
  completionsSchema,
  deviceGroupQuery,
  deviceGroupsSchema,
  deviceQuery,
  devicesPageSchema,
} from "./contract-devices.ts";
import { routesOf } from "./declare.ts";
import { filterOf, positionText, readPosition, searchOf, wrongPosition } from "./device-query.ts";
import { shownDevice } from "./device-view.ts";
import { Problem } from "./errors.ts";
import { jumpTo } from "./list-jump.ts";
import { newsStream } from "./news-stream.ts";
import { cursorsOf, pageOfBoth } from "./page-of-both.ts";
import { subscription } from "./page-subscription.ts";
import type { RecentFinds } from "./recent-finds.ts";
import { answers, cursorOf, readCursor, TENANT_PATH, tenantParams, type Api } from "./routes.ts";
import type { TenantNews } from "./tenant-news.ts";

const route = routesOf("devices");
type DevicesPage = z.infer<typeof devicesPageSchema>;
type Asked = z.infer<typeof deviceQuery>;

const list = route.get(`${TENANT_PATH}/devices`, "viewer", {
  summary: "Devices: as the query sorts them, else in the order of their first publication",
  request: { params: tenantParams, query: deviceQuery },
  gives: {
    200: {
      description:
        "One page. Where the query has `stream:true` and the caller accepts `text/event-stream`: an event `page` with it, and again whenever it changes, for some minutes; then ask anew",
      content: {
        "application/json": { schema: devicesPageSchema },
        "text/event-stream": { schema: z.string() },
      },
    },
  },
});

const groups = route.get(`${TENANT_PATH}/devices/groups`, "viewer", {
  summary: "How many devices there are of each kind",
  request: { params: tenantParams, query: deviceGroupQuery },
  gives: { 200: answers(deviceGroupsSchema, "Groups, the largest first") },
});

const completions = route.get(`${TENANT_PATH}/devices/completions`, "viewer", {
  summary: "What may be written next in a query",
  request: { params: tenantParams, query: completionQuery },
  gives: { 200: answers(completionsSchema, "What fits at the cursor") },
});

/** Adds the routes that list and count devices. */
export function addDeviceLists(
  app: Api,
  { clock }: ApiContext,
  { finds, news }: { readonly finds: RecentFinds; readonly news: TenantNews },
): void {
  app.openapi(list, async (c) => {
    const asked = c.req.valid("query");
    const tenant = c.get("tenant");
    const listing = c.get("listing");
    const read = async (): Promise<ListAnswer> =>
      await listing(async (db) => await listOf(db, tenant, { asked, nowMs: clock.now(), finds }));
    const answer = await read();
    if (answer.isStream && c.req.header("accept")?.includes("text/event-stream") === true) {
      return newsStream(c, { news, ...subscription(answer.page, async () => (await read()).page) });
    }
    return c.json(answer.page, 200);
  });
  app.openapi(groups, async (c) => {
    const tenant = c.get("tenant");
    const request = { asked: c.req.valid("query"), nowMs: clock.now(), finds };
    const [search, found] = await c.get("listing")(async (db) => {
      const meant = await searchOf(db, tenant, request);
      return [meant, await groupDevices(db, tenant.tenant, meant)] as const;
    });
    const by = [...(search.query.grouping?.by ?? [])];
    const shown = found.map(({ values, devices }) => ({ values: [...values], devices }));
    return c.json({ by, groups: shown, is_complete: found.length < GROUPS_MAX }, 200);
  });
  app.openapi(completions, async (c) => {
    const { query, cursor } = c.req.valid("query");
    const tenant = c.get("tenant");
    const { completions: fixed, needs } = completionsAt(query, Math.min(cursor, query.length));
    if (needs === undefined) return c.json({ completions: fixed.map(shownCompletion) }, 200);
    const valued = { field: needs.field, nowMs: clock.now(), finds };
    const values = await c.get("listing")(async (db) => await valuesOf(db, tenant, valued));
    return c.json({ completions: valuesLike(needs, values).map(shownCompletion) }, 200);
  });
}

async function listOf(
  db: Db,
  tenant: Tenant,
  { asked, ...reading }: Reading & { readonly asked: Asked },
): Promise<ListAnswer> {
  const { query } = asked;
  if (query === undefined) return { page: await plainPage(db, tenant, asked), isStream: false };
  const search = await searchOf(db, tenant, { asked: { ...asked, query }, ...reading });
  if (search.query.grouping !== undefined) throw belongsTo("devices/groups");
  return { page: await foundPage(db, tenant, { asked, search }), isStream: search.query.isStream };
}

type ListAnswer = { readonly page: DevicesPage; readonly isStream: boolean };

function shownCompletion({ text, about, replaces }: Completion): {
  readonly text: string;
  readonly about: string;
  readonly from: number;
} {
  return { text, about, from: replaces.from };
}

type Reading = { readonly nowMs: number; readonly finds: RecentFinds };

/** The values that devices have of a field, the most frequent first; of sources their names. */
async function valuesOf(
  db: Db,
  tenant: Tenant,
  { field, ...reading }: Reading & { readonly field: string },
): Promise<readonly KnownValue[]> {
  if (field === "discovery_sources") {
    return [...(await sourceNames(db, tenant.tenant)).values()].map((value) => ({ value }));
  }
  const asked = { query: `stats:"count() by ${field}"`, state: "active" } as const;
  const search = await searchOf(db, tenant, { asked, ...reading });
  const counted = await groupDevices(db, tenant.tenant, search);
  return counted.flatMap(({ values: [value = null], devices }) =>
    value === null ? [] : [{ value, devices }],
  );
}

async function plainPage(db: Db, tenant: Tenant, asked: Asked): Promise<DevicesPage> {
  const filter = await filterOf(db, tenant, asked);
  const { direction, cursor } = placeOf(asked);
  if (asked.from !== undefined) throw needsOrder();
  const no = readCursor("d", cursor);
  const wanted = { filter, direction, beyond: no, limit: asked.limit + 1 };
  const found = await listDevices(db, tenant.tenant, wanted);
  const page = pageOfBoth(found, { limit: asked.limit, direction, isFirst: no === undefined });
  const names = await sourceNames(db, tenant.tenant);
  const placeText = ({ deviceNo }: { readonly deviceNo: number }): string =>
    cursorOf("d", deviceNo);
  const total = asked.total ? await countDevices(db, tenant.tenant, filter) : undefined;
  return {
    devices: page.rows.map((device) => shownDevice(device, names)),
    ...cursorsOf(page, placeText),
    ...shownTotal(total),
  };
}

async function foundPage(
  db: Db,
  { tenant }: Tenant,
  { asked, search }: { readonly asked: Asked; readonly search: DeviceSearch },
): Promise<DevicesPage> {
  const { direction, cursor } = placeOf(asked);
  const { sort } = search.query;
  const position =
    asked.from === undefined ? readPosition(cursor, sort.length) : jumped(sort, asked.from);
  // A query's own limit is how much is wanted at a time; it is not the end of the list.
  const limit = Math.min(asked.limit, search.query.limit ?? asked.limit);
  const wanted = searchDevices(db, tenant, { ...search, position, direction, limit: limit + 1 });
  const found = await wanted.catch((thrown: unknown) => {
    // Values of a cursor that somebody made up are not even of the order's types.
    const isOurs =
      position !== undefined && thrown instanceof SyncError && thrown.code.startsWith("db_22");
    throw isOurs ? wrongPosition() : thrown;
  });
  const page = pageOfBoth(found, { limit, direction, isFirst: position === undefined });
  const names = await sourceNames(db, tenant);
  const total = asked.total ? await countFound(db, tenant, search) : undefined;
  const cursors = cursorsOf(page, (row) => positionText(row.position));
  return {
    devices: page.rows.map(({ device }) => shownDevice(device, names)),
    // Behind a jump beyond the last device there is only what is before.
    ...(page.rows.length === 0 && position !== undefined && asked.from !== undefined
      ? { previous: positionText(position) }
      : cursors),
    ...shownTotal(total),
  };
}

/** Which way a page is read, and from where: without a cursor from one end. Throws `invalid_request` where more than one place is named. */
function placeOf({ after, before, from, end }: Asked): {
  readonly direction: Direction;
  readonly cursor: string | undefined;
} {
  const places = [after, before, from, end ? "end" : undefined];
  if (places.filter((place) => place !== undefined).length > 1) {
    throw new Problem("invalid_request", "after, before, from and end: a page begins at one place");
  }
  const isForwards = before === undefined && !end;
  return { direction: isForwards ? "forwards" : "backwards", cursor: after ?? before };
}

function jumped(sort: DeviceSearch["query"]["sort"], text: string): Position {
  const [term] = orderOf(sort);
  if (term === undefined) throw needsOrder();
  const position = jumpTo(term, text);
  if (!position.ok) throw new Problem("invalid_request", `from: ${position.error}`);
  return position.value;
}

function needsOrder(): Problem {
  return new Problem("invalid_request", "from: goes with a query that sorts, as in sort:hostname");
}

function shownTotal(total: Total | undefined): Pick<DevicesPage, "total" | "total_is_estimate"> {
  if (total === undefined) return {};
  return { total: total.count, ...(total.isEstimate && { total_is_estimate: true as const }) };
}

function belongsTo(place: string): Problem {
  return new Problem("invalid_request", `query: a query with stats belongs to ${place}`);
}
