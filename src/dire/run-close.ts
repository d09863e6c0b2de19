/**
 * Closes a run by its manifest. The agent's word counts as far as it can be checked: a run is complete only if every chunk
 * that it lists was worked, byte for byte.
 */
import type { Tx } from "../db/tx.ts";
import { MANIFEST_INDEX, type WaitingChunk, finishChunks } from "../inbox/inbox.ts";
import { endRun, findRun, openRun, workedDigests } from "../inbox/run-store.ts";
import { invariant } from "../lib/invariant.ts";
import { parseManifest, type RunManifest } from "../model/run-manifest.ts";
import { instanceNumbers, takeNumbers } from "./numbers.ts";

/** Works a manifest that has reached its turn: all chunks that were sent before it are worked. */
export async function closeRun(open: Tx, tenant: number, chunk: WaitingChunk): Promise<void> {
  invariant(chunk.chunkIndex === MANIFEST_INDEX, "a run is closed by its manifest");
  const text = Buffer.from(
    chunk.message.buffer,
    chunk.message.byteOffset,
    chunk.message.byteLength,
  ).toString("utf8");
  const parsed = parseManifest(text);
  invariant(parsed.ok, "a manifest in the inbox was read by the gateway");
  const manifest = parsed.value;
  const source = chunk.sender.sources.find(
    ({ serviceId }) => serviceId === manifest.serviceId.toLowerCase(),
  );
  // A source that was deleted while its run went on has no run to close; its chunks were rejected alike.
  if (source !== undefined) {
    await endByManifest(open, tenant, { chunk, manifest, sourceType: source.type });
  }
  await finishChunks(open, tenant, [chunk]);
}

type Closing = {
  readonly chunk: WaitingChunk;
  readonly manifest: RunManifest;
  readonly sourceType: string;
};

async function endByManifest(
  open: Tx,
  tenant: number,
  { chunk, manifest, sourceType }: Closing,
): Promise<void> {
  const { agentId, runId } = chunk;
  const name = manifest.serviceId.toLowerCase();
  const instanceNo = (await instanceNumbers(open, tenant, [{ name, sourceType }])).get(name) ?? 0;
  const runNo = await runOf(open, tenant, { agentId, runId, instanceNo, manifest });
  const missing = missingChunks(manifest, await workedDigests(open, tenant, { agentId, runId }));
  const { outcome, error } = missing === 0 ? manifest : incomplete(manifest, missing);
  await endRun(open, tenant, {
    runNo,
    outcome,
    kind: manifest.kind,
    startedMs: manifest.startedMs,
    endedMs: manifest.endedMs,
    manifest: withoutChunks(manifest),
    errorKind: error?.kind,
    errorMessage: error?.message,
  });
}

type RunWanted = {
  readonly agentId: string;
  readonly runId: string;
  readonly instanceNo: number;
  readonly manifest: RunManifest;
};

async function runOf(open: Tx, tenant: number, { manifest, ...key }: RunWanted): Promise<number> {
  const known = await findRun(open, tenant, key);
  if (known !== undefined) return known;
  const runNo = await takeNumbers(open, tenant, { what: "run", count: 1 });
  await openRun(open, tenant, {
    ...key,
    runNo,
    kind: manifest.kind,
    startedMs: manifest.startedMs,
  });
  return runNo;
}

/** How many of the listed chunks were not worked as listed. */
function missingChunks(
  { chunks }: Pick<RunManifest, "chunks">,
  worked: ReadonlyMap<number, string>,
): number {
  return chunks.filter(({ sha256 }, index) => worked.get(index) !== sha256).length;
}

function incomplete(
  manifest: RunManifest,
  missing: number,
): Pick<RunManifest, "outcome" | "error"> {
  const message = `${missing} of ${manifest.chunks.length} chunks that the agent lists did not arrive as listed`;
  return {
    outcome: manifest.outcome === "failed" ? "failed" : "partial",
    error: manifest.error ?? { kind: "incomplete", message },
  };
}

/** The hashes stand in the ledger; a copy of 64 characters a chunk in every run would only grow. */
function withoutChunks({ chunks, ...rest }: RunManifest): unknown {
  return { ...rest, chunks: chunks.length };
}
