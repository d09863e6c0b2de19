/** Devices as a file: streamed page by page, as fast as it is taken, so that neither the size nor a slow line costs memory. */
import { z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { listDevices } from "../inventory/device-list.ts";
import { searchDevices } from "../inventory/device-search.ts";
import type { Position } from "../inventory/query-sql.ts";
import type { ApiEnv } from "./caller.ts";
import type { ApiContext } from "./context.ts";
import { exportQuery } from "./contract-devices.ts";
import { routesOf } from "./declare.ts";
import { filterOf, searchOf, type Searching } from "./device-query.ts";
import { shownDevice } from "./device-view.ts";
import { Problem } from "./errors.ts";
import { EXPORT_WRITERS, type ExportedDevice, type ExportWriter } from "./export-format.ts";
import { pagedStream, type Part } from "./paged-stream.ts";
import type { RecentFinds } from "./recent-finds.ts";
import { TENANT_PATH, tenantParams, type Api } from "./routes.ts";

/** Devices read at a time: some 0.5 MB of JSON. */
const PAGE = 1_000;

const route = routesOf("devices");
const get = route.get(`${TENANT_PATH}/devices/export`, "viewer", {
  summary: "Devices as a file, as many as there are",
  request: { params: tenantParams, query: exportQuery },
  gives: {
    200: {
      description: "The devices; cut off where it fails on the way",
      content: {
        "text/csv": { schema: z.string() },
        "application/x-ndjson": { schema: z.string() },
        "application/json": { schema: z.unknown() },
      },
    },
  },
});

type Listing = ApiEnv["Variables"]["listing"];
type Filters = Parameters<typeof filterOf>[2];
type Page = { readonly devices: readonly ExportedDevice[]; readonly isLast: boolean };
/** Gives the next page each time. */
type Pages = () => Promise<Page>;

/** Adds the route of the export. */
export function addDeviceExport(app: Api, { clock }: ApiContext, finds: RecentFinds): void {
  app.openapi(get, async (c) => {
    const { format, ...asked } = c.req.valid("query");
    const tenant = c.get("tenant");
    const listing = c.get("listing");
    const writer = EXPORT_WRITERS[format];
    const pages =
      asked.query === undefined
        ? await plainPages(listing, tenant, asked)
        : await foundPages(listing, tenant, {
            asked: { ...asked, query: asked.query },
            nowMs: clock.now(),
            finds,
          });
    // The first page is read before anything is answered, so that what is wrong is told in words.
    const first = await pages();
    const name = `devices-${tenant.slug}.${writer.extension}`;
    const { hangUp } = c.env;
    const next = partsOf(first, pages, writer);
    return c.body(pagedStream({ head: writer.head, next, clock, hangUp }), 200, {
      "content-type": writer.contentType,
      "content-disposition": `attachment; filename="${name}"`,
    });
  });
}

async function plainPages(listing: Listing, tenant: Tenant, asked: Filters): Promise<Pages> {
  const filter = await listing((db) => filterOf(db, tenant, asked));
  let after = 0;
  return async () => {
    const { found, page } = await listing(async (db) => {
      const read = await listDevices(db, tenant.tenant, { filter, beyond: after, limit: PAGE });
      return { found: read, page: await pageOf(db, tenant, read) };
    });
    // Only now: what is listed may be read twice.
    after = found.at(-1)?.deviceNo ?? after;
    return page;
  };
}

async function foundPages(listing: Listing, tenant: Tenant, searching: Searching): Promise<Pages> {
  const search = await listing((db) => searchOf(db, tenant, searching));
  if (search.query.grouping !== undefined) {
    throw new Problem("invalid_request", "query: a query with stats belongs to devices/groups");
  }
  let left = search.query.limit ?? Number.POSITIVE_INFINITY;
  let position: Position | undefined;
  return async () => {
    const { found, page } = await listing(async (db) => {
      const limit = Math.min(PAGE, left);
      const read = await searchDevices(db, tenant.tenant, {
        ...search,
        position,
        direction: "forwards",
        limit,
      });
      const devices = read.map(({ device }) => device);
      return { found: read, page: await pageOf(db, tenant, devices) };
    });
    position = found.at(-1)?.position ?? position;
    left -= found.length;
    return { ...page, isLast: page.isLast || left === 0 };
  };
}

async function pageOf(
  db: Db,
  { tenant }: Tenant,
  found: Awaited<ReturnType<typeof listDevices>>,
): Promise<Page> {
  const names = await sourceNames(db, tenant);
  const devices = found.map((device) => shownDevice(device, names));
  return { devices, isLast: found.length < PAGE };
}

/** Gives the pages as text, the first of which was read before. */
function partsOf(first: Page, pages: Pages, writer: ExportWriter): () => Promise<Part> {
  let next: Page | undefined = first;
  return async () => {
    const { devices, isLast } = next ?? (await pages());
    const text = writer.page(devices, next === first);
    next = undefined;
    return { text: isLast ? text + writer.tail : text, isLast };
  };
}
