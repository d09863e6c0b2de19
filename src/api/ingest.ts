/** Recorded chunk payloads, fed to a source through the inbox that agents' chunks go through, and ended by a manifest alike. */
import type { z } from "@hono/zod-openapi";

import { auditAlone } from "../control/audit.ts";
import type { Source } from "../control/sources.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { MANIFEST_INDEX, putChunk, type ChunkKey } from "../inbox/inbox.ts";
import { isoTime, newUuid } from "../lib/clock.ts";
import { sha256Hex } from "../lib/hash.ts";
import { formatManifest, parseManifest } from "../model/run-manifest.ts";
import type { ApiContext } from "./context.ts";
import { recordedChunkSchema, recordedEndSchema, takenChunkSchema } from "./contract-runs.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { answers, paramsWith, takes, takesAsSent, TENANT_PATH, type Api } from "./routes.ts";
import { sourceNamed } from "./source-change.ts";

const route = routesOf("ingest");
const CHUNKS = `${TENANT_PATH}/sources/{source}/recorded-chunks` as const;
const params = paramsWith("source", "Name or id of the source");

const take = route.post(CHUNKS, "operator", {
  summary: "Feed a recorded chunk payload to a source",
  request: { params, body: takesAsSent(recordedChunkSchema) },
  gives: { 200: answers(takenChunkSchema, "It is in the inbox, whatever dies") },
});

const end = route.post(`${CHUNKS}/{run_id}/end`, "operator", {
  summary: "End a run of recorded chunks, as an agent's manifest does",
  request: {
    params: params.extend(paramsWith("run_id", "As the first chunk was answered").shape),
    body: takes(recordedEndSchema),
  },
  gives: { 200: answers(takenChunkSchema, "The manifest is in the inbox") },
});

/** Adds the routes of recorded chunks. */
export function addIngest(app: Api, { clock }: ApiContext): void {
  app.openapi(take, async (c) => {
    const db = c.get("db");
    const tenant = c.get("tenant");
    const source = await sourceNamed(db, tenant, c.req.valid("param").source);
    const body = c.req.valid("json");
    const { run_id: runId = newUuid(), chunk_index: chunkIndex = 0, entries = [] } = body;
    if (entries.length === 0) throw new Problem("invalid_request", "entries: there are none");
    const message = Buffer.from(JSON.stringify(entries));
    if (chunkIndex === 0) {
      const { actor } = c.get("caller");
      const subject = source.name;
      await auditAlone(db, {
        tenant: tenant.tenant,
        actor,
        action: "source.ingest",
        subject,
        after: { runId },
      });
    }
    const key = { agentId: source.agentId, runId, chunkIndex };
    return c.json(
      { ...(await put(db, tenant, { source, key, message })), entries: entries.length },
      200,
    );
  });
  app.openapi(end, async (c) => {
    const db = c.get("db");
    const tenant = c.get("tenant");
    const { source: nameOrId, run_id: runId } = c.req.valid("param");
    const source = await sourceNamed(db, tenant, nameOrId);
    const { kind = "full", started, devices = 0, chunks = [] } = c.req.valid("json");
    const nowMs = clock.now();
    const text = formatManifest({
      runId,
      serviceId: source.serviceId,
      kind,
      outcome: "success",
      startedMs: Date.parse(started ?? isoTime(nowMs)),
      endedMs: nowMs,
      pages: chunks.length,
      devices,
      chunks,
      rejected: {},
    });
    const manifest = parseManifest(text);
    if (!manifest.ok) throw new Problem("invalid_request", manifest.error);
    const key = { agentId: source.agentId, runId, chunkIndex: MANIFEST_INDEX };
    const taken = await put(db, tenant, { source, key, message: Buffer.from(text) });
    return c.json({ ...taken, chunk_index: chunks.length, entries: devices }, 200);
  });
}

type Put = { readonly source: Source; readonly key: ChunkKey; readonly message: Buffer };

async function put(
  db: Db,
  { tenant }: Tenant,
  { source, key, message }: Put,
): Promise<Omit<z.infer<typeof takenChunkSchema>, "entries">> {
  const { agentId, partition, serviceId, type, enabled } = source;
  const sender = {
    agentId,
    partition,
    sources: [{ serviceId, type, enabled }],
    isRecording: true,
  };
  // What an operator feeds is finite and his own doing, so a full inbox holds only agents back.
  const chunk = { ...key, sender, message, chunksMax: Number.MAX_SAFE_INTEGER };
  const outcome = await putChunk(db, tenant, chunk);
  if (outcome === "conflict") {
    throw new Problem(
      "chunk_conflict",
      `chunk ${key.chunkIndex} of run "${key.runId}" was received before with another message`,
    );
  }
  return {
    run_id: key.runId,
    chunk_index: Math.max(0, key.chunkIndex),
    sha256: sha256Hex(message),
    is_known: outcome === "known",
  };
}
