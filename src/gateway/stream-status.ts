import { capabilitiesOf } from "../control/agents.ts";
import { sourcesOfAgent } from "../control/sources.ts";
/**
 * StreamStatus: takes the chunks of one call into the inbox, one commit each, and answers only after the last. A call that breaks
 * a rule midway leaves what was committed before; a resend recognises it by the ledger.
 */
import { splitEntries } from "../inbox/entries.ts";
import {
  MANIFEST_INDEX,
  putChunk,
  type ArrivedChunk,
  type ChunkKey,
  type PutOutcome,
} from "../inbox/inbox.ts";
import type { Sender } from "../inbox/sender.ts";
import { newUuid } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import { parseManifest } from "../model/run-manifest.ts";
import type { GatewayServiceStatus, GatewayStatusChunk } from "../wire/messages.ts";
import { RpcFailure } from "../wire/rpc-error.ts";
import { nextChunk, STREAM_START } from "./chunk-order.ts";
import type { GatewayContext } from "./context.ts";
import { LEFT_OUT, noteRefusal } from "./note-refusal.ts";
import { checkClaims, type Peer } from "./peer.ts";
import { checkService, classify, isOversize } from "./service-rules.ts";
import { takeSnapshot } from "./snapshot.ts";
import { syncMetaOf } from "./sync-meta.ts";

/** What a call brought in. */
export interface StreamCounts {
  readonly chunks: number;
  readonly bytes: number;
  readonly stored: number;
  readonly known: number;
  readonly left: number;
}

/** How long a call waits for room in a full inbox before it is refused, ms: shorter than any agent's patience. */
const INBOX_WAIT_MS = 10_000;
/**
 * How old the proof of a peer may be when a chunk is looked at, ms: as long as its control stream needs to hear that it was revoked. It is
 * stored after the one before it, and may have to wait for room.
 */
const RECHECK_MS = 500;
/** How often a full inbox is looked at again, ms. */
const INBOX_TRY_MS = 200;

/** Takes in one call. Throws RpcFailure as the protocol says. */
export async function streamStatus(
  context: GatewayContext,
  peer: Peer,
  {
    chunks,
    recheck,
  }: {
    readonly chunks: AsyncIterable<GatewayStatusChunk>;
    /** Throws RpcFailure once the peer is let in no more. */
    readonly recheck: () => Promise<void>;
  },
): Promise<StreamCounts> {
  await using intake = new Intake(context, peer);
  let order = STREAM_START;
  let checkedMs = context.clock.now();
  for await (const chunk of chunks) {
    checkClaims(peer, chunk);
    const nowMs = context.clock.now();
    if (nowMs - checkedMs >= RECHECK_MS) {
      await recheck();
      checkedMs = nowMs;
    }
    const next = nextChunk(order, chunk);
    if (!next.ok) throw new RpcFailure(next.error.status, next.error.message);
    order = next.value;
    for (const [i, service] of chunk.services.entries()) {
      const isLast = order.isFinal && i === chunk.services.length - 1;
      await intake.take(service, { isLast });
    }
    if (order.isFinal) return await intake.end();
  }
  throw new RpcFailure("INVALID_ARGUMENT", "stream ended without final chunk");
}

class Intake implements AsyncDisposable {
  readonly #context: GatewayContext;
  readonly #peer: Peer;
  /** Names chunks that say no run of their own, in this call alone. */
  readonly #callId = `call:${newUuid()}`;
  #unnumbered = 0;
  #isRepeating = true;
  #sender: { readonly sender: Sender; readonly sendsManifests: boolean } | undefined;
  readonly #counts = { chunks: 0, bytes: 0, stored: 0, known: 0, left: 0 };
  /** The chunk that is being stored: the next one is looked at meanwhile, and stored after it. */
  #storing: Promise<void> = Promise.resolve();

  constructor(context: GatewayContext, peer: Peer) {
    this.#context = context;
    this.#peer = peer;
  }

  /** What the call brought, once all of it is stored. */
  async end(): Promise<StreamCounts> {
    await this.#storing;
    return this.#counts;
  }

  /** A call that fails does not end before what it began. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#storing.catch(() => {});
  }

  /** `isLast`: nothing follows it in this call. */
  async take(service: GatewayServiceStatus, { isLast }: { isLast: boolean }): Promise<void> {
    checkClaims(this.#peer, { ...service, agentId: service.agentId || this.#peer.agentId });
    if (isOversize(service)) throw new RpcFailure("RESOURCE_EXHAUSTED", "message exceeds 15 MiB");
    const checked = checkService(service);
    if (!checked.ok) return this.#leaveOut(checked.error);
    const kind = classify(service);
    if (kind === "updates") await this.#takeUpdates(service.message, isLast);
    else if (kind === "manifest") await this.#takeManifest(service.message);
    else if (kind === "snapshot" || kind === "snapshot_end") await this.#takeSnapshot(service);
    else this.#counts.left += 1;
  }

  /** A service of a type that we do not know is passed over in silence; one that breaks a rule is not. */
  #leaveOut(why: string): void {
    const { tenant, agentId } = this.#peer;
    noteRefusal(this.#context, { tenant, agentId, code: LEFT_OUT, message: why });
    this.#counts.left += 1;
  }

  async #takeUpdates(message: Buffer, isLast: boolean): Promise<void> {
    const entries = splitEntries(message);
    if (!entries.ok) throw new RpcFailure("INVALID_ARGUMENT", entries.error);
    const [first] = entries.value;
    // "[]" is what an older peer may send for "nothing"; there is nothing to keep.
    if (first === undefined) return;
    const key = this.#keyOf(message.toString("utf8", first.start, first.end), isLast);
    await this.#storing;
    this.#storing = this.#put(key, message);
    // Met by whoever comes next.
    this.#storing.catch(() => {});
  }

  /** A run ends with the chunk that says so; one that lies in a single call ends with it. */
  #keyOf(firstEntry: string, isLast: boolean): ChunkKey & { endsRun: boolean } {
    const { agentId } = this.#peer;
    const meta = syncMetaOf(firstEntry);
    if (meta?.syncRunId !== undefined && meta.chunkIndex !== undefined) {
      const { syncRunId: runId, chunkIndex, isFinal: endsRun = false } = meta;
      return { agentId, runId, chunkIndex, endsRun };
    }
    return { agentId, runId: this.#callId, chunkIndex: this.#unnumbered++, endsRun: isLast };
  }

  async #takeManifest(message: Buffer): Promise<void> {
    const manifest = parseManifest(message.toString("utf8"));
    if (!manifest.ok) throw new RpcFailure("INVALID_ARGUMENT", manifest.error);
    await this.#storing;
    await this.#put(
      {
        agentId: this.#peer.agentId,
        runId: manifest.value.runId,
        chunkIndex: MANIFEST_INDEX,
        endsRun: false,
      },
      message,
    );
  }

  async #takeSnapshot(service: GatewayServiceStatus): Promise<void> {
    const isTaken = await takeSnapshot(this.#context, this.#peer, service);
    this.#counts[isTaken ? "chunks" : "left"] += 1;
  }

  async #put(key: ChunkKey & { endsRun: boolean }, message: Buffer): Promise<void> {
    const { chunksMax, onStored, note } = this.#context;
    const { tenant } = this.#peer;
    const db = this.#context.db.forTenant(tenant);
    this.#sender ??= await readSender(this.#context, this.#peer);
    const { sender, sendsManifests } = this.#sender;
    const endsRun = key.endsRun && !sendsManifests;
    const chunk = { ...key, endsRun, sender, message };
    const isTaken = await this.#takeRepeated(chunk);
    const put = (): Promise<PutOutcome> => putChunk(db, tenant, { ...chunk, chunksMax });
    const outcome = isTaken ? "stored" : await this.#whenRoom(put);
    if (outcome === "conflict") {
      throw new RpcFailure(
        "INVALID_ARGUMENT",
        "chunk_index was received before with another message",
      );
    }
    this.#counts.chunks += 1;
    this.#counts.bytes += message.length;
    this.#counts[outcome] += 1;
    note?.({ kind: "chunk", tenant: this.#peer.slug, outcome, bytes: message.length });
    if (outcome === "stored" && !isTaken) onStored(tenant);
  }

  /** Once a chunk of the call has said something new the others are not tried: in most runs either nearly all do or hardly any. */
  async #takeRepeated(chunk: ArrivedChunk): Promise<boolean> {
    const { takeRepeated } = this.#context;
    const isCandidate = this.#isRepeating && chunk.chunkIndex >= 0 && chunk.endsRun !== true;
    if (takeRepeated === undefined || !isCandidate) return false;
    this.#isRepeating = await takeRepeated(this.#peer.tenant, chunk);
    return this.#isRepeating;
  }

  /** While this waits nothing is read from the stream, so gRPC's flow control stops the agent. */
  async #whenRoom<T>(put: () => Promise<T>): Promise<T> {
    const { clock } = this.#context;
    const untilMs = clock.now() + INBOX_WAIT_MS;
    for (;;) {
      try {
        return await put();
      } catch (thrown) {
        if (!(thrown instanceof SyncError) || thrown.code !== "inbox_full") throw thrown;
        if (clock.now() >= untilMs) throw inboxFull(thrown);
        await clock.sleep(INBOX_TRY_MS);
      }
    }
  }
}

function inboxFull(thrown: SyncError): RpcFailure {
  const retryAfterMs = typeof thrown.retry === "object" ? thrown.retry.afterMs : INBOX_WAIT_MS;
  return new RpcFailure("RESOURCE_EXHAUSTED", thrown.message, { retryAfterMs, cause: thrown });
}

/** What agents of ours say of themselves that end every run with a manifest. */
const MANIFEST_CAPABILITY = "sync-run";

async function readSender(
  context: GatewayContext,
  { tenant, agentId, partition }: Peer,
): Promise<{ sender: Sender; sendsManifests: boolean }> {
  const db = context.db.forTenant(tenant);
  const sender = { agentId, partition, sources: await sourcesOfAgent(db, tenant, agentId) };
  const capabilities = await capabilitiesOf(db, tenant, agentId);
  return { sender, sendsManifests: capabilities.includes(MANIFEST_CAPABILITY) };
}
