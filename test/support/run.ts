/** Whole runs of a source, as an agent sends them: chunks and a manifest through the inbox, worked and published. */
import type { Db } from "../../src/db/pool.ts";
import type { BrakeLimits } from "../../src/dire/storm-brake.ts";
import { workChunks } from "../../src/dire/work.ts";
import { MANIFEST_INDEX, putChunk } from "../../src/inbox/inbox.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { sha256 } from "../../src/lib/hash.ts";
import { formatManifest, type RunOutcome } from "../../src/model/run-manifest.ts";
import { recallsOf, settle, type WireUpdate } from "./dire.ts";

/** One run: what it sends and how it ends. */
export interface TestRun {
  readonly runId: string;
  readonly serviceId: string;
  readonly type?: string;
  readonly agentId?: string;
  readonly updates: readonly WireUpdate[];
  readonly outcome?: RunOutcome;
  readonly startedMs?: number;
  /** 0 where it is not said. */
  readonly chunkIndex?: number;
  /** False: more of the run follows, so no manifest ends it. */
  readonly isOver?: boolean;
  /** The storm brake's, where others than those in force are wanted. */
  readonly limits?: BrakeLimits;
}

/** Sends a run into the inbox. */
async function sendRun(db: Db, { tenant }: Lease, run: TestRun): Promise<void> {
  const { runId, serviceId, type = "netbox", agentId = "agent-1", updates } = run;
  const { outcome = "success", startedMs = Date.now(), chunkIndex = 0, isOver = true } = run;
  const sender = {
    agentId,
    partition: "default",
    sources: [{ serviceId, type, enabled: true }],
  };
  const named = updates.map((update, i) =>
    i > 0
      ? update
      : {
          ...update,
          sync_meta: { sync_service_id: serviceId, sync_run_id: runId, chunk_index: chunkIndex },
        },
  );
  const message = Buffer.from(JSON.stringify(named));
  const chunks = updates.length === 0 ? [] : [{ sha256: sha256(message).toString("hex") }];
  const put = { agentId, runId, sender, chunksMax: 1_000 };
  if (chunks.length > 0) await putChunk(db, tenant, { ...put, chunkIndex, message });
  if (!isOver) return;
  const manifest = formatManifest({
    runId,
    serviceId,
    kind: "full",
    outcome,
    startedMs,
    endedMs: startedMs + 1_000,
    pages: 1,
    devices: updates.length,
    chunks,
    rejected: {},
  });
  await putChunk(db, tenant, {
    ...put,
    chunkIndex: MANIFEST_INDEX,
    message: Buffer.from(manifest),
  });
}

/** Works whatever waits, and publishes it. */
async function workAll(db: Db, lease: Lease, limits?: BrakeLimits): Promise<void> {
  while ((await workChunks(db, lease, { limit: 10, recalls: recallsOf(db) })) !== undefined);
  await settle(db, lease, { limits });
}

/** Sends a run, works and publishes it. */
export async function playRun(db: Db, lease: Lease, run: TestRun): Promise<void> {
  await sendRun(db, lease, run);
  await workAll(db, lease, run.limits);
}
