/** What the main thread and the pipeline's say to each other: plain values only, no device and no chunk. */
import type { QueueLimits } from "../db/checkout-queue.ts";
import type { DatabaseAddress, SocketAddress } from "../db/connection.ts";
import type { PoolLoad } from "../db/connections.ts";
import type { WorkFact } from "../dire/work-fact.ts";
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
  /** Whether it works tenants that have little alone. */
  readonly isLight: boolean;
  /** Whether it keeps: one thread of a process does. */
  readonly isKeeping: boolean;
}

/** `wake`: chunks were stored. `stop`: end after the steps under way. */
export type ToPipeline = "wake" | "stop";

/** A log line, what a step did, or how busy the connections are. */
export type FromPipeline =
  | { readonly kind: "log"; readonly line: string }
  | { readonly kind: "fact"; readonly fact: WorkFact }
  | { readonly kind: "load"; readonly load: PoolLoad };

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
