import { createRoute, z } from "@hono/zod-openapi";

import { listRefusals, type RefusalCount } from "../control/refusal-list.ts";
import { inboxStatus, type InboxStatus } from "../inbox/inbox-status.ts";
import type { ApiContext } from "./context.ts";
import { inboxSchema, refusalSchema } from "./contract.ts";
import { answers, needs, PROBLEMS, TENANT_PATH, tenantParams, timeOf, type Api } from "./routes.ts";

/** Parked chunks that are listed; their count is always whole. */
const PARKED_MAX = 100;
/** Kinds of refusal that are listed, the latest. */
const REFUSALS_MAX = 200;
/** The tenant number of peers whose tenant is not known. */
const NO_TENANT = 0;

const tags = ["inbox"];
const refusalList = z.object({ refusals: z.array(refusalSchema) });

const status = createRoute({
  method: "get",
  path: `${TENANT_PATH}/inbox`,
  tags,
  summary: "What waits between agents and inventory",
  ...needs("viewer"),
  request: { params: tenantParams },
  responses: { 200: answers(inboxSchema, "Counted now"), ...PROBLEMS },
});

const ofTenant = createRoute({
  method: "get",
  path: `${TENANT_PATH}/refusals`,
  tags,
  summary: "What the gateway refused to the tenant's agents",
  ...needs("viewer"),
  request: { params: tenantParams },
  responses: { 200: answers(refusalList, "The latest first"), ...PROBLEMS },
});

const ofStrangers = createRoute({
  method: "get",
  path: "/api/v1/refusals",
  tags,
  summary: "What the gateway refused to peers of no known tenant",
  ...needs("platform"),
  responses: { 200: answers(refusalList, "The latest first"), ...PROBLEMS },
});

/** Adds the routes of what arrives, and of what was not let in. */
export function addInbox(app: Api, { db }: ApiContext): void {
  app.openapi(status, async (c) =>
    c.json(shown(await inboxStatus(db, c.get("tenant").tenant, PARKED_MAX)), 200),
  );
  app.openapi(ofTenant, async (c) => {
    const refusals = await listRefusals(db, c.get("tenant").tenant, REFUSALS_MAX);
    return c.json({ refusals: refusals.map(shownRefusal) }, 200);
  });
  app.openapi(ofStrangers, async (c) => {
    const refusals = await listRefusals(db, NO_TENANT, REFUSALS_MAX);
    return c.json({ refusals: refusals.map(shownRefusal) }, 200);
  });
}

function shown(inbox: InboxStatus): z.infer<typeof inboxSchema> {
  return {
    waiting: inbox.waiting,
    waiting_bytes: inbox.waitingBytes,
    oldest_at: timeOf(inbox.oldestMs),
    parked: inbox.parked,
    unpublished: inbox.unpublished,
    held: inbox.held,
    parked_chunks: inbox.parkedChunks.map((chunk) => ({
      inbox_no: chunk.inboxNo,
      agent_id: chunk.agentId,
      run_id: chunk.runId,
      chunk_index: chunk.chunkIndex,
      received_at: timeOf(chunk.receivedMs),
      bytes: chunk.rawBytes,
      attempts: chunk.attempts,
      reason: chunk.reason,
    })),
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
  };
}
