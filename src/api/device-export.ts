/** Devices as a file: streamed page by page, as fast as it is taken, so that neither the size nor a slow line costs memory. */
import { createRoute, z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { listDevices } from "../inventory/device-list.ts";
import { searchDevices } from "../inventory/device-search.ts";
import type { Position } from "../inventory/query-sql.ts";
import type { ApiEnv } from "./caller.ts";
import type { ApiContext } from "./context.ts";
import { exportQuery } from "./contract-devices.ts";
import { filterOf, searchOf } from "./device-query.ts";
import { shownDevice } from "./device-view.ts";
import { Problem } from "./errors.ts";
import { EXPORT_WRITERS, type ExportedDevice, type ExportWriter } from "./export-format.ts";
import { needs, PROBLEMS, TENANT_PATH, tenantParams, type Api } from "./routes.ts";

/** Devices read at a time: some 0.5 MB of JSON. */
const PAGE = 1_000;

const get = createRoute({
  method: "get",
  path: `${TENANT_PATH}/devices/export`,
  tags: ["devices"],
  summary: "Devices as a file, as many as there are",
  ...needs("viewer"),
  request: { params: tenantParams, query: exportQuery },
  responses: {
    200: {
      description: "The devices; cut off where it fails on the way",
      content: {
        "text/csv": { schema: z.string() },
        "application/x-ndjson": { schema: z.string() },
        "application/json": { schema: z.unknown() },
      },
    },
    ...PROBLEMS,
  },
});

type Listing = ApiEnv["Variables"]["listing"];
type Page = { readonly devices: readonly ExportedDevice[]; readonly isLast: boolean };
/** Gives the next page each time. */
type Pages = () => Promise<Page>;

/** Adds the route of the export. */
export function addDeviceExport(app: Api, { clock }: ApiContext): void {
  app.openapi(get, async (c) => {
    const { format, q: query } = c.req.valid("query");
    const tenant = c.get("tenant");
    const listing = c.get("listing");
    const writer = EXPORT_WRITERS[format];
    const pages =
      query === undefined
        ? plainPages(listing, tenant)
        : await foundPages(listing, tenant, { query, nowMs: clock.now() });
    // The first page is read before anything is answered, so that what is wrong is told in words.
    const first = await pages();
    const name = `devices-${tenant.slug}.${writer.extension}`;
    return c.body(streamOf(first, { pages, writer }), 200, {
      "content-type": writer.contentType,
      "content-disposition": `attachment; filename="${name}"`,
    });
  });
}

function plainPages(listing: Listing, tenant: Tenant): Pages {
  let after = 0;
  return async () => {
    const { found, page } = await listing(async (db) => {
      const filter = await filterOf(db, tenant, { state: "active" });
      const read = await listDevices(db, tenant.tenant, { filter, after, limit: PAGE });
      return { found: read, page: await pageOf(db, tenant, read) };
    });
    // Only now: what is listed may be read twice.
    after = found.at(-1)?.deviceNo ?? after;
    return page;
  };
}

async function foundPages(
  listing: Listing,
  tenant: Tenant,
  { query, nowMs }: { readonly query: string; readonly nowMs: number },
): Promise<Pages> {
  const asked = { query, state: "active" } as const;
  const search = await listing((db) => searchOf(db, tenant, { asked, nowMs }));
  if (search.query.grouping !== undefined) {
    throw new Problem("invalid_request", "q: a query with stats belongs to devices/groups");
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

/** Reads a page when the one before was taken: the stream asks for it. */
function streamOf(
  first: Page,
  { pages, writer }: { readonly pages: Pages; readonly writer: ExportWriter },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next: Page | undefined = first;
  return new ReadableStream(
    {
      start: (stream) => stream.enqueue(encoder.encode(writer.head)),
      pull: async (stream) => {
        const { devices, isLast } = next ?? (await pages());
        const text = writer.page(devices, next === first);
        next = undefined;
        stream.enqueue(encoder.encode(isLast ? text + writer.tail : text));
        if (isLast) stream.close();
      },
    },
    // Nothing ahead of who reads.
    { highWaterMark: 0 },
  );
}
