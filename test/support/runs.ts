/** Runs of a source as its agent sends them, through inbox, worker and resolver of a test database. */
import type { Db } from "../../src/db/pool.ts";
import { workDirty } from "../../src/dire/publish-dirty.ts";
import { workRetractions } from "../../src/dire/retire.ts";
import { workChunks } from "../../src/dire/work.ts";
import { MANIFEST_INDEX, putChunk, type ArrivedChunk } from "../../src/inbox/inbox.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { sha256Hex } from "../../src/lib/hash.ts";
import { formatManifest, type RunManifest } from "../../src/model/run-manifest.ts";
import { recallsOf, type WireUpdate } from "./dire.ts";

/** A source under test. */
export interface TestSource {
  readonly serviceId: string;
  readonly partition?: string;
  readonly agentId?: string;
  readonly finalMeansFull?: boolean;
}

/** What is special about a run; by default it is full, succeeds, and takes one chunk. */
export interface TestRun extends Partial<
  Pick<RunManifest, "kind" | "outcome" | "devices" | "error">
> {
  readonly runId?: string;
  /** By the agent's clock, ms. */
  readonly startedMs?: number;
  readonly chunkSize?: number;
  /** `none`: the agent sends no manifest. `final`: neither, but its last chunk says that it is the last. */
  readonly end?: "manifest" | "none" | "final";
  /** Index of a chunk that is lost. */
  readonly lost?: number;
}

const DAY_0_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
let runs = 0;

/** A NetBox device of a source. */
export function netboxDevice(id: number | string, extra: WireUpdate = {}): WireUpdate {
  const metadata = { netbox_device_id: `${id}`, integration_id: `${id}`, serial: `SN-77${id}` };
  return { source: "netbox", hostname: `host-${id}`, metadata, ...extra };
}

/** Sends a run and works all of it; each run is an hour later than the one before. Gives its id. */
export async function playRun(
  db: Db,
  lease: Lease,
  run: TestRun & { source: TestSource; updates: readonly WireUpdate[] },
): Promise<string> {
  runs += 1;
  const { runId = `run-${runs}`, startedMs = DAY_0_MS + runs * HOUR_MS } = run;
  for (const chunk of chunksOf({ ...run, runId, startedMs })) {
    await putChunk(db, lease.tenant, { ...chunk, chunksMax: 10_000 });
  }
  await workAll(db, lease);
  return runId;
}

/** What an agent sends of a run, the manifest last. */
export function chunksOf({
  source,
  updates,
  startedMs,
  ...run
}: TestRun & {
  readonly runId: string;
  readonly startedMs: number;
  readonly source: TestSource;
  readonly updates: readonly WireUpdate[];
}): readonly ArrivedChunk[] {
  const { runId, chunkSize = 1_000, end = "manifest", lost } = run;
  const { serviceId, partition = "default", agentId = "agent-1", finalMeansFull = false } = source;
  const sources = [{ serviceId, type: "netbox", enabled: true, finalMeansFull }];
  const sent = { agentId, runId, sender: { agentId, partition, sources } };
  const messages: Buffer[] = [];
  for (let from = 0; from < updates.length; from += chunkSize) {
    const stamped = updates
      .slice(from, from + chunkSize)
      .map((update) => ({ timestamp: new Date(startedMs).toISOString(), ...update }));
    const meta = { sync_service_id: serviceId, sync_run_id: runId, chunk_index: messages.length };
    messages.push(
      Buffer.from(JSON.stringify([{ ...stamped[0], sync_meta: meta }, ...stamped.slice(1)])),
    );
  }
  const chunks: ArrivedChunk[] = messages.map((message, chunkIndex) => ({
    ...sent,
    chunkIndex,
    message,
    endsRun: end === "final" && chunkIndex === messages.length - 1,
  }));
  if (end === "manifest") {
    const message = manifestOf(
      { runId, startedMs, messages, entries: updates.length },
      source,
      run,
    );
    chunks.push({ ...sent, chunkIndex: MANIFEST_INDEX, message });
  }
  return chunks.filter(({ chunkIndex }) => chunkIndex !== lost);
}

type Sent = {
  readonly runId: string;
  readonly startedMs: number;
  readonly messages: readonly Buffer[];
  readonly entries: number;
};

function manifestOf(
  { runId, startedMs, messages, entries }: Sent,
  { serviceId }: TestSource,
  { kind = "full", outcome = "success", devices = entries, error }: TestRun,
): Buffer {
  const manifest = {
    runId,
    serviceId,
    kind,
    outcome,
    startedMs,
    endedMs: startedMs + 60_000,
    pages: 1,
    devices,
    chunks: messages.map((message) => ({ sha256: sha256Hex(message) })),
    rejected: {},
    ...(error === undefined ? {} : { error }),
  };
  return Buffer.from(formatManifest(manifest));
}

/** Works everything that waits, as the worker does. */
export async function workAll(db: Db, lease: Lease): Promise<void> {
  while ((await workChunks(db, lease, { limit: 10, recalls: recallsOf(db) })) !== undefined);
  while ((await workRetractions(db, lease)) !== undefined);
  while ((await workDirty(db, lease, { recalls: recallsOf(db) })) !== undefined);
}
