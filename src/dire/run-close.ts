/**
 * Closes runs: by the agent's manifest, or, where the agent sends none, by the chunk that says it is the last. Works in the
 * transaction that worked the chunks before it.
 */
import type { Tx } from "../db/tx.ts";
import { MANIFEST_INDEX, type WaitingChunk, finishChunks } from "../inbox/inbox.ts";
import {
  arrivedOf,
  endRun,
  findRun,
  incompleteRuns,
  mendRun,
  openRun,
  openRunsOf,
  type RunKey,
} from "../inbox/run-store.ts";
import { sha256 } from "../lib/hash.ts";
import { invariant } from "../lib/invariant.ts";
import { parseManifest, type RunManifest } from "../model/run-manifest.ts";
import { findInstance, instanceNumbers, partitionNumber, takeNumbers } from "./numbers.ts";
import { verdictByFinal, verdictByManifest } from "./run-verdict.ts";

/** Works a manifest that has reached its turn: all chunks that were sent before it are worked. Gives the run that it ended. */
export async function closeRun(
  open: Tx,
  tenant: number,
  chunk: WaitingChunk,
): Promise<readonly number[]> {
  invariant(chunk.chunkIndex === MANIFEST_INDEX, "a run is closed by its manifest");
  const text = Buffer.from(
    chunk.message.buffer,
    chunk.message.byteOffset,
    chunk.message.byteLength,
  ).toString("utf8");
  const parsed = parseManifest(text);
  invariant(parsed.ok, "a manifest in the inbox was read by the gateway");
  const closed = await endByManifest(open, tenant, { chunk, manifest: parsed.value });
  await finishChunks(open, tenant, [{ ...chunk, entries: 0 }]);
  return closed;
}

type Closing = { readonly chunk: WaitingChunk; readonly manifest: RunManifest };

async function endByManifest(
  open: Tx,
  tenant: number,
  { chunk, manifest }: Closing,
): Promise<readonly number[]> {
  const runNo = await runOf(open, tenant, { chunk, manifest });
  if (runNo === undefined) return [];
  const arrived = await arrivedOf(open, tenant, chunk);
  const { outcome, isComplete, error } = verdictByManifest(manifest, arrived);
  await endRun(open, tenant, {
    runNo,
    outcome,
    isComplete,
    kind: manifest.kind,
    startedMs: manifest.startedMs,
    endedMs: manifest.endedMs,
    manifest: withoutChunks(manifest),
    chunksSha256: digestOf(manifest.chunks.map((listed) => listed.sha256)),
    errorKind: error?.kind,
    errorMessage: error?.message,
  });
  return [runNo];
}

/** The run's row, made where the run brought nothing. None for a source that was deleted before anything of the run was worked. */
async function runOf(
  open: Tx,
  tenant: number,
  { chunk, manifest }: Closing,
): Promise<number | undefined> {
  const { agentId, runId, sender } = chunk;
  const name = manifest.serviceId.toLowerCase();
  const source = sender.sources.find(({ serviceId }) => serviceId === name);
  const instanceNo =
    source === undefined
      ? await findInstance(open, tenant, name)
      : (await instanceNumbers(open, tenant, [{ name, sourceType: source.type }])).get(name);
  if (instanceNo === undefined) return undefined;
  const key: RunKey = { agentId, runId, instanceNo };
  const known = await findRun(open, tenant, key);
  if (known !== undefined || source === undefined) return known;
  const runNo = await takeNumbers(open, tenant, { what: "run", count: 1 });
  const { kind, startedMs } = manifest;
  const partitionNo = await partitionNumber(open, tenant, sender.partition);
  await openRun(open, tenant, { ...key, runNo, partitionNo, kind, startedMs });
  return runNo;
}

/** Closes the runs of the sources that an agent without manifests sent in one stream. Gives them. */
export async function closeByFinal(
  open: Tx,
  tenant: number,
  last: WaitingChunk,
): Promise<readonly number[]> {
  const arrived = await arrivedOf(open, tenant, last);
  const runs = await openRunsOf(open, tenant, last);
  for (const { runNo, instance, rejected } of runs) {
    const verdict = verdictByFinal(last.chunkIndex, { ...arrived, rejected });
    const source = last.sender.sources.find(({ serviceId }) => serviceId === instance);
    await endRun(open, tenant, {
      runNo,
      outcome: verdict.outcome,
      isComplete: verdict.isComplete,
      kind: source?.finalMeansFull === true ? "full" : "unknown",
      endedMs: last.receivedMs,
      errorKind: verdict.error?.kind,
      errorMessage: verdict.error?.message,
    });
  }
  return runs.map(({ runNo }) => runNo);
}

/**
 * Judges runs anew that were closed with a chunk missing, once a chunk of them was worked after all: one that had been parked
 * and was tried again. Gives those that are complete now.
 */
export async function rejudge(
  open: Tx,
  tenant: number,
  run: Pick<RunKey, "agentId" | "runId">,
): Promise<readonly number[]> {
  const arrived = await arrivedOf(open, tenant, run);
  const digests = [...arrived.digests].toSorted(([a], [b]) => a - b).map(([, digest]) => digest);
  const complete: number[] = [];
  for (const { runNo, manifest, chunksSha256 } of await incompleteRuns(open, tenant, run)) {
    const isWhole = arrived.entries === manifest.devices && digestOf(digests).equals(chunksSha256);
    const mended = isWhole && manifest.outcome === "success" && arrived.rejected === 0;
    if (!mended) continue;
    await mendRun(open, tenant, runNo);
    complete.push(runNo);
  }
  return complete;
}

/** What stands in the ledger for the list of a run's chunks: the hash over their hashes, in order. */
export function digestOf(chunks: readonly string[]): Buffer {
  return sha256(Buffer.from(chunks.join(""), "hex"));
}

/** The hashes stand in the ledger; a copy of 64 characters a chunk in every run would only grow. */
function withoutChunks({ chunks, ...rest }: RunManifest): unknown {
  return { ...rest, chunks: chunks.length };
}
