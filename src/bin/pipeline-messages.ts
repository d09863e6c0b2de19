/** What the main thread and the pipeline's say to each other: plain values only. */
import type { QueueLimits } from "../db/checkout-queue.ts";
import type { DatabaseAddress, SocketAddress } from "../db/connection.ts";
import type { PoolLoad } from "../db/connections.ts";
import type { WorkFact } from "../dire/work-fact.ts";
import type { ArrivedChunk } from "../inbox/inbox.ts";
import { Secret } from "../lib/secret.ts";

/** What the thread is started with. */
export interface PipelineOrders {
  readonly address: PlainAddress;
  readonly poolSize: number;
  readonly queue: QueueLimits;
  readonly logLevel: string;
  readonly chunksPerTx: number;
  readonly coalesceMs: number;
  readonly tenantsInFlight: number;
  readonly batchConcurrency: number;
  /** Whether it works tenants that have little alone. */
  readonly isLight: boolean;
  /** Whether it keeps: one thread of a process does. */
  readonly isKeeping: boolean;
}

/** `wake`: chunks were stored. `stop`: end after the steps under way. Or a chunk that may only repeat what is known. */
export type ToPipeline = "wake" | "stop" | Offer;

/** A chunk, to be worked at once if it says nothing new. */
export interface Offer {
  readonly offerNo: number;
  readonly tenant: number;
  readonly chunk: ArrivedChunk;
}

/** A log line, what a step did, how busy the connections are, or what became of an offer. */
export type FromPipeline =
  | { readonly kind: "log"; readonly line: string }
  | { readonly kind: "fact"; readonly fact: WorkFact }
  | { readonly kind: "load"; readonly load: PoolLoad }
  | { readonly kind: "offered"; readonly offerNo: number; readonly isTaken: boolean };

/** A database's address whose password can cross to a thread of this process; it goes nowhere else. */
export type PlainAddress =
  | { readonly url: string }
  | (Omit<SocketAddress, "password"> & { readonly password: string });

/** For the way to the thread. */
export function plainAddress(address: DatabaseAddress): PlainAddress {
  return "url" in address ? address : { ...address, password: address.password.reveal() };
}

/** At its end. */
export function addressOf(plain: PlainAddress): DatabaseAddress {
  return "url" in plain ? plain : { ...plain, password: new Secret(plain.password) };
}
