import { z } from "@hono/zod-openapi";

import { audit } from "../control/audit.ts";
import { listRefusals, type RefusalCount, type RefusalKey } from "../control/refusal-list.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { tx } from "../db/tx.ts";
import {
  inboxStatus,
  parkedChunks,
  type InboxStatus,
  type ParkedChunk,
} from "../inbox/inbox-status.ts";
import { parkedMessage, retryChunk } from "../inbox/inbox.ts";
import { sha256Hex } from "../lib/hash.ts";
import { isPlatform } from "./caller.ts";
import type { ApiContext } from "./context.ts";
import {
  inboxSchema,
  pageOf,
  pageQuery,
  parkedChunkSchema,
  parkedMessageSchema,
  refusalSchema,
} from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { agentIdsSchema, foundQuery, keyedPage, type KeyedList } from "./keyed-list.ts";
import {
  answers,
  cursorOf,
  pageWithNext,
  paramsWith,
  readCursor,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";
import { shownTuning } from "./tuning.ts";

/** Parked chunks that are listed; their count is always whole. */
const PARKED_MAX = 100;
/** The tenant number of peers whose tenant is not known. */
const NO_TENANT = 0;

const route = routesOf("inbox");
const refusalList = pageOf("refusals", refusalSchema);

const status = route.get(`${TENANT_PATH}/inbox`, "viewer", {
  summary: "What waits between agents and inventory",
  request: { params: tenantParams },
  gives: { 200: answers(inboxSchema, "Counted now") },
});

const PARKED = `${TENANT_PATH}/inbox/parked` as const;
const parkedParams = paramsWith("inbox_no", "Number of the chunk in the inbox");

const listParked = route.get(PARKED, "viewer", {
  summary: "Chunks that are parked, with the reason, oldest first",
  request: { params: tenantParams, query: pageQuery },
  gives: { 200: answers(pageOf("chunks", parkedChunkSchema), "One page") },
});

const exportParked = route.get(`${PARKED}/{inbox_no}`, "viewer", {
  summary: "A parked chunk's message, byte for byte",
  request: { params: parkedParams },
  gives: { 200: answers(parkedMessageSchema, "The message") },
});

const retryParked = route.post(`${PARKED}/{inbox_no}/retry`, "operator", {
  summary: "Have a parked chunk worked again",
  request: { params: parkedParams },
  gives: { 200: answers(inboxSchema, "The inbox as it is now") },
});

const ofTenant = route.get(`${TENANT_PATH}/refusals`, "viewer", {
  summary: "What the gateway refused to the tenant's agents",
  request: {
    params: tenantParams,
    query: foundQuery.extend({
      ids: agentIdsSchema,
      last: z.stringbool().default(false).openapi({
        type: "boolean",
        description: "Only the last of each agent",
      }),
    }),
  },
  gives: { 200: answers(refusalList, "The latest first, one page") },
});

const ofStrangers = route.get("/api/v1/refusals", "platform", {
  summary: "What the gateway refused to peers of no known tenant",
  request: { query: foundQuery },
  gives: { 200: answers(refusalList, "The latest first, one page") },
});

/** Adds the routes of what arrives, and of what was not let in. */
export function addInbox(app: Api, { db: dbs, tuning }: ApiContext): void {
  app.openapi(status, async (c) => {
    const inbox = shown(await inboxStatus(c.get("db"), c.get("tenant").tenant, PARKED_MAX));
    // Its reasons count the devices of all tenants.
    const seesAll = isPlatform(c.get("caller"));
    return c.json({ ...inbox, tuning: seesAll && tuning ? shownTuning(tuning()) : undefined }, 200);
  });
  app.openapi(listParked, async (c) => {
    const db = c.get("db");
    const { limit, after } = c.req.valid("query");
    const found = await parkedChunks(db, c.get("tenant").tenant, {
      after: readCursor("p", after) ?? 0,
      limit: limit + 1,
    });
    const { rows, next } = pageWithNext(found, limit, (row) => cursorOf("p", row.inboxNo));
    return c.json({ chunks: rows.map(shownParked), next }, 200);
  });
  app.openapi(exportParked, async (c) => {
    const db = c.get("db");
    const given = c.req.valid("param").inbox_no;
    const inboxNo = numberOf(given);
    const message = await parkedMessage(db, c.get("tenant").tenant, inboxNo);
    if (message === undefined) throw noParked(c.get("tenant"), given);
    const { bytes, damage } = message;
    const text = { message_base64: bytes.toString("base64"), sha256: sha256Hex(bytes), damage };
    return c.json({ inbox_no: inboxNo, ...text }, 200);
  });
  app.openapi(retryParked, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const given = c.req.valid("param").inbox_no;
    const { actor } = c.get("caller");
    const isParked = await tx(db, async (open) => {
      const found = await retryChunk(open, tenant, numberOf(given));
      const [before, after] = [{ state: "parked" }, { state: "waiting" }];
      const entry = { tenant, actor, action: "inbox.retry", subject: given, before, after };
      if (found) await audit(open, entry);
      return found;
    });
    if (!isParked) throw noParked(c.get("tenant"), given);
    return c.json(shown(await inboxStatus(db, tenant, PARKED_MAX)), 200);
  });
  app.openapi(ofTenant, async (c) => {
    const { tenant } = c.get("tenant");
    return c.json(await refusalsPage(c.get("db"), tenant, c.req.valid("query")), 200);
  });
  app.openapi(ofStrangers, async (c) => {
    const db = dbs.forTenant(NO_TENANT);
    return c.json(await refusalsPage(db, NO_TENANT, c.req.valid("query")), 200);
  });
}

const LATEST_FIRST: KeyedList<RefusalCount, RefusalKey> = {
  letter: "f",
  kinds: ["number", "text", "text", "text"],
  keyOf: ({ lastUs, agentId, code, message }) => [lastUs, agentId, code, message],
};

type RefusalsQuery = z.infer<typeof foundQuery> & {
  readonly ids?: string | undefined;
  readonly last?: boolean;
};

async function refusalsPage(
  db: Db,
  tenant: number,
  { q: text, ids, last, ...wanted }: RefusalsQuery,
): Promise<z.infer<typeof refusalList>> {
  const { rows, next } = await keyedPage(LATEST_FIRST, wanted, (slice) =>
    listRefusals(db, tenant, { ...slice, text, among: ids?.split(","), isLast: last }),
  );
  return { refusals: rows.map(shownRefusal), next };
}

/** 0 is no chunk's number. */
function numberOf(given: string): number {
  return /^\d{1,15}$/.test(given) ? Number(given) : 0;
}

function noParked({ slug }: Tenant, given: string): Problem {
  return new Problem("chunk_not_found", `tenant "${slug}" has no parked chunk "${given}"`);
}

function shown(inbox: InboxStatus): z.infer<typeof inboxSchema> {
  return {
    waiting: inbox.waiting,
    waiting_bytes: inbox.waitingBytes,
    oldest_at: timeOf(inbox.oldestMs),
    parked: inbox.parked,
    unpublished: inbox.unpublished,
    held: inbox.held,
    parked_chunks: inbox.parkedChunks.map(shownParked),
  };
}

function shownParked(chunk: ParkedChunk): z.infer<typeof parkedChunkSchema> {
  return {
    inbox_no: chunk.inboxNo,
    agent_id: chunk.agentId,
    run_id: chunk.runId,
    chunk_index: chunk.chunkIndex,
    received_at: timeOf(chunk.receivedMs),
    bytes: chunk.rawBytes,
    attempts: chunk.attempts,
    reason: chunk.reason,
  };
}

function shownRefusal(refusal: RefusalCount): z.infer<typeof refusalSchema> {
  return {
    agent_id: refusal.agentId,
    code: refusal.code,
    message: refusal.message,
    refused: refusal.refused,
    first_at: timeOf(refusal.firstMs),
    last_at: timeOf(refusal.lastMs),
    certificate_serial: refusal.certificate?.serial,
    certificate_sha256: refusal.certificate?.sha256,
  };
}
