/** Chunks of two sources whose records share names, serials and addresses, in one chunk and over chunks. */
import fc from "fast-check";

import type { Db } from "../../src/db/pool.ts";
import { putChunk } from "../../src/inbox/inbox.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { answer, devicesOfRecords, quarantine } from "./dire.ts";

const AGENT = "agent-1";
const START_MS = Date.UTC(2026, 0, 1);

/** Both sources of the agent that sends them. */
export const SOURCES = [
  "0e6c3f2a-0000-4000-8000-000000000001",
  "0e6c3f2a-0000-4000-8000-000000000002",
];
const SENDER = {
  agentId: AGENT,
  partition: "default",
  sources: SOURCES.map((serviceId) => ({ serviceId, type: "netbox", enabled: true })),
};

/** A chunk of one of the sources; equal numbers are equal values. */
export interface SharingChunk {
  readonly source: string;
  readonly devices: readonly {
    readonly id: number;
    readonly serial: number;
    readonly address: number;
  }[];
}

/** Any chunks, the fewer numbers the more shared. */
export function sharingChunks(max: {
  readonly id: number;
  readonly serial: number;
}): fc.Arbitrary<SharingChunk[]> {
  const device = fc.record({
    id: fc.nat({ max: max.id }),
    serial: fc.nat({ max: max.serial }),
    address: fc.nat({ max: 60 }),
  });
  const chunk = fc.record({
    source: fc.constantFrom(...SOURCES),
    devices: fc.array(device, { minLength: 1, maxLength: 8 }),
  });
  return fc.array(chunk, { minLength: 2, maxLength: 8 });
}

/** Puts a chunk of the run into the inbox. */
export async function putSharing(
  db: Db,
  lease: Lease,
  { chunk, chunkIndex }: { readonly chunk: SharingChunk; readonly chunkIndex: number },
): Promise<void> {
  await putMessage(db, lease, { message: messageOf(chunk, chunkIndex), chunkIndex });
}

/** The same with any message of the agent. */
export async function putMessage(
  db: Db,
  lease: Lease,
  { message, chunkIndex }: { readonly message: Buffer; readonly chunkIndex: number },
): Promise<void> {
  const key = { agentId: AGENT, runId: "run", chunkIndex, sender: SENDER, message };
  await putChunk(db, lease.tenant, { ...key, chunksMax: 1_000 });
}

function messageOf({ source, devices }: SharingChunk, chunkIndex: number): Buffer {
  const entries = devices.map(({ id, serial, address }) => ({
    source: "netbox",
    hostname: `host-${id}`,
    ip: `10.0.0.${address}`,
    timestamp: new Date(START_MS + chunkIndex * 1_000).toISOString(),
    // Some are called the same by both sources.
    metadata: {
      netbox_device_id: id % 4 === 0 ? `${id}` : `${source.at(-1)}-${id}`,
      serial: `SN-77${serial}`,
    },
    sync_meta: { sync_service_id: source, sync_run_id: "run", chunk_index: chunkIndex },
  }));
  return Buffer.from(JSON.stringify(entries));
}

/** What came of a tenant's chunks: devices, what each record belongs to, and what is held apart. */
export async function inventoryOf(db: Db, lease: Lease): Promise<unknown> {
  return [await answer(db, lease), await devicesOfRecords(db, lease), await quarantine(db, lease)];
}
