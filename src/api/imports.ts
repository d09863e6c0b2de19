/**
 * Bundles that agents wrote instead of streaming. Whoever reads the file shows its header and signature, gets the key that opens this
 * one file, and feeds its records through the same inbox and ledger as a stream: what was taken before changes nothing.
 */
import type { z } from "@hono/zod-openapi";

import { findAgent } from "../control/agents.ts";
import { auditAlone } from "../control/audit.ts";
import { judgeBundle } from "../control/bundles.ts";
import { sourcesOfAgent } from "../control/sources.ts";
import type { Db } from "../db/pool.ts";
import { splitEntries } from "../inbox/entries.ts";
import { MANIFEST_INDEX, putChunk, type ChunkKey } from "../inbox/inbox.ts";
import type { Sender } from "../inbox/sender.ts";
import { parseJsonText } from "../lib/json-text.ts";
import { parseSyncMeta } from "../model/device-update.ts";
import { CHUNK_INDEX_MAX, parseManifest } from "../model/run-manifest.ts";
import { parseTenantSlug } from "../model/tenant.ts";
import type { ApiContext } from "./context.ts";
import { importedSchema, openedBundleSchema, shownBundleSchema } from "./contract-imports.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { answers, paramsWith, takes, TENANT_PATH, tenantParams, type Api } from "./routes.ts";

const route = routesOf("ingest");
const IMPORTS = `${TENANT_PATH}/imports` as const;
const agentParams = paramsWith("agent_id", "Id of the agent that made the bundle");
const taken = { 200: answers(importedSchema, "It is in the inbox, whatever dies") };

const open = route.post(IMPORTS, "admin", {
  summary: "Show a bundle: is it one of this tenant's agents, unchanged, and for this core?",
  request: { params: tenantParams, body: takes(shownBundleSchema) },
  gives: { 200: answers(openedBundleSchema, "What opens it") },
});

const updates = route.post(`${IMPORTS}/{agent_id}/updates`, "admin", {
  summary: "Take a bundle's chunk of device updates, byte for byte",
  request: { params: agentParams },
  gives: taken,
});

const manifests = route.post(`${IMPORTS}/{agent_id}/manifests`, "admin", {
  summary: "Take the manifest of a bundle's run",
  request: { params: agentParams },
  gives: taken,
});

/** Adds them. */
export function addImports(app: Api, context: ApiContext): void {
  const { db: dbs, sealer, clock } = context;
  app.openapi(open, async (c) => {
    const { tenant, slug: text } = c.get("tenant");
    const { header, digest, signature } = c.req.valid("json");
    const slug = parseTenantSlug(text);
    if (!slug.ok) throw new Problem("tenant_not_found", slug.error);
    const judged = await judgeBundle(
      { header, digest: Buffer.from(digest, "hex"), signature: Buffer.from(signature, "base64") },
      { dbs, tenant, slug: slug.value, sealer, nowMs: clock.now() },
    );
    if (!judged.ok) throw new Problem("bundle_refused", `the bundle is refused: ${judged.error}`);
    const { agentId, partition, contentKey } = judged.value;
    const { actor } = c.get("caller");
    const after = { sha256: digest };
    await auditAlone(c.get("db"), {
      tenant,
      actor,
      action: "bundle.open",
      subject: agentId,
      after,
    });
    return c.json({ agent_id: agentId, partition, content_key: contentKey.toString("hex") }, 200);
  });
  app.openapi(updates, async (c) => {
    const agentId = c.req.valid("param").agent_id;
    const sender = await senderOf(c.get("db"), c.get("tenant").tenant, agentId);
    const message = await c.req.text();
    const { runId, chunkIndex } = updatesKey(message);
    const key = { agentId, runId, chunkIndex };
    return c.json(await put(c.get("db"), c.get("tenant").tenant, { key, sender, message }), 200);
  });
  app.openapi(manifests, async (c) => {
    const agentId = c.req.valid("param").agent_id;
    const sender = await senderOf(c.get("db"), c.get("tenant").tenant, agentId);
    const message = await c.req.text();
    const manifest = parseManifest(message);
    if (!manifest.ok) throw new Problem("bundle_refused", manifest.error);
    const key = { agentId, runId: manifest.value.runId, chunkIndex: MANIFEST_INDEX };
    return c.json(await put(c.get("db"), c.get("tenant").tenant, { key, sender, message }), 200);
  });
}

/** Our agents number every chunk; the ledger's key is the same as if it had been streamed. */
function updatesKey(message: string): Omit<ChunkKey, "agentId"> {
  const bytes = Buffer.from(message);
  const entries = splitEntries(bytes);
  const first = entries.ok ? entries.value[0] : undefined;
  if (first === undefined) throw new Problem("bundle_refused", "a chunk is no list of updates");
  const entry = bytes.toString("utf8", first.start, first.end);
  const parsed = parseJsonText(entry);
  const { sync_meta: given } = (parsed.ok ? parsed.value : {}) as { readonly sync_meta?: unknown };
  const meta = parseSyncMeta(given);
  if (meta?.syncRunId === undefined || meta.chunkIndex === undefined) {
    throw new Problem("bundle_refused", "a chunk does not say which one of its run it is");
  }
  if (meta.chunkIndex > CHUNK_INDEX_MAX) {
    throw new Problem("bundle_refused", `no run has a chunk ${meta.chunkIndex}`);
  }
  return { runId: meta.syncRunId, chunkIndex: meta.chunkIndex };
}

/** Asked for first: whoever names another tenant's agent learns nothing about what he sends. */
async function senderOf(db: Db, tenant: number, agentId: string): Promise<Sender> {
  const agent = await findAgent(db, tenant, agentId);
  if (agent === undefined) throw new Problem("agent_not_found", `there is no agent "${agentId}"`);
  const { partition } = agent;
  return { agentId, partition, sources: await sourcesOfAgent(db, tenant, agentId) };
}

type Put = { readonly key: ChunkKey; readonly sender: Sender; readonly message: string };

async function put(
  db: Db,
  tenant: number,
  { key, sender, message }: Put,
): Promise<z.infer<typeof importedSchema>> {
  const { runId } = key;
  const outcome = await putChunk(db, tenant, {
    ...key,
    sender,
    message: Buffer.from(message),
    // A bundle is finite and an operator's own doing, so a full inbox holds only agents back.
    chunksMax: Number.MAX_SAFE_INTEGER,
  });
  if (outcome === "conflict") {
    const detail = `chunk ${key.chunkIndex} of run "${runId}" was received before with another message`;
    throw new Problem("chunk_conflict", detail);
  }
  return { run_id: runId, is_known: outcome === "known" };
}
