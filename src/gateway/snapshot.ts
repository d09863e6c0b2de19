/** What an agent sends for a rehearsal: chunks as of a run, and a manifest that ends them. None of it goes into the inbox. */
import { findCommand } from "../control/commands.ts";
import { splitEntries } from "../inbox/entries.ts";
import { parseManifest } from "../model/run-manifest.ts";
import { rehearsalOfRun } from "../model/snapshot.ts";
import type { CommandResult, GatewayServiceStatus } from "../wire/messages.ts";
import { RpcFailure } from "../wire/rpc-error.ts";
import type { GatewayContext } from "./context.ts";
import type { Peer } from "./peer.ts";
import { classify } from "./service-rules.ts";
import { syncMetaOf } from "./sync-meta.ts";

/** Takes a chunk or the end of a snapshot. False: this gateway keeps none. Throws RpcFailure where it is of no rehearsal of the agent. */
export async function takeSnapshot(
  context: GatewayContext,
  peer: Peer,
  service: GatewayServiceStatus,
): Promise<boolean> {
  if (context.snapshots === undefined) return false;
  if (classify(service) === "snapshot") await takeChunk(context, peer, service.message);
  else await takeEnd(context, peer, service.message);
  return true;
}

async function takeChunk(
  { snapshots }: GatewayContext,
  { tenant, agentId }: Peer,
  message: Buffer,
): Promise<void> {
  const entries = splitEntries(message);
  if (!entries.ok) throw new RpcFailure("INVALID_ARGUMENT", entries.error);
  const [first] = entries.value;
  if (first === undefined) return;
  const meta = syncMetaOf(message.toString("utf8", first.start, first.end));
  const rehearsalNo = rehearsalOfRun(meta?.syncRunId);
  if (rehearsalNo === undefined || meta?.chunkIndex === undefined) {
    throw new RpcFailure("INVALID_ARGUMENT", "the chunk is of no rehearsal");
  }
  const chunk = { rehearsalNo, agentId, chunkNo: meta.chunkIndex + 1, message };
  if ((await snapshots?.add(tenant, chunk)) === true) return;
  // Without the number, which is the agent's to choose: what is refused is counted by its text.
  throw new RpcFailure("FAILED_PRECONDITION", "the rehearsal takes no chunks");
}

async function takeEnd(
  { snapshots }: GatewayContext,
  { tenant, agentId }: Peer,
  message: Buffer,
): Promise<void> {
  const manifest = parseManifest(message.toString("utf8"));
  if (!manifest.ok) throw new RpcFailure("INVALID_ARGUMENT", manifest.error);
  const { runId, chunks, error } = manifest.value;
  const rehearsalNo = rehearsalOfRun(runId);
  if (rehearsalNo === undefined) {
    throw new RpcFailure("INVALID_ARGUMENT", "the manifest is of no rehearsal");
  }
  const of = { rehearsalNo, agentId };
  if (error === undefined) await snapshots?.complete(tenant, { ...of, chunks: chunks.length });
  else await snapshots?.fail(tenant, { ...of, error: `${error.kind}: ${error.message}` });
}

/** An agent that cannot even begin says so in its answer to the command. */
export async function noteUnrehearsed(
  { db, snapshots }: GatewayContext,
  { tenant, agentId }: Peer,
  { commandId, commandType, success, message: error }: CommandResult,
): Promise<void> {
  if (success || commandType !== "sync.rehearse") return;
  const command = await findCommand(db.forTenant(tenant), tenant, commandId);
  const rehearsalNo = command?.rehearsalNo;
  if (rehearsalNo !== undefined) await snapshots?.fail(tenant, { rehearsalNo, agentId, error });
}
