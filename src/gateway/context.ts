import type { Sealer } from "../control/secrets.ts";
import type { TenantDbs } from "../db/pool.ts";
import type { ArrivedChunk } from "../inbox/inbox.ts";
import type { IntakeFact } from "../inbox/intake-fact.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";

type OfRehearsal = { readonly rehearsalNo: number; readonly agentId: string };

/** Where the snapshots go that agents send for rehearsals. What is of no open rehearsal of the agent changes nothing. */
interface SnapshotIntake {
  /** Commits a chunk, counted from 1, or finds it there. False: its rehearsal takes none. */
  add(
    tenant: number,
    chunk: OfRehearsal & { readonly chunkNo: number; readonly message: Uint8Array },
  ): Promise<boolean>;
  /** All `chunks` were sent; has them played, and does not wait for it. */
  complete(tenant: number, of: OfRehearsal & { readonly chunks: number }): Promise<void>;
  fail(tenant: number, of: OfRehearsal & { readonly error: string }): Promise<void>;
}

/** What every RPC handler works with. */
export interface GatewayContext {
  readonly db: TenantDbs;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly log: Log;
  /** Name of this gateway in answers. */
  readonly gatewayId: string;
  /** Unworked chunks that a tenant may have before its agents are held back. */
  readonly chunksMax: number;
  /** Hears of every chunk and every refusal. */
  readonly note?: ((fact: IntakeFact) => void) | undefined;
  /** Works a chunk at once that only repeats what is known, and commits it. False: it has to go into the inbox. */
  readonly takeRepeated?: ((tenant: number, chunk: ArrivedChunk) => Promise<boolean>) | undefined;
  /** Takes what agents send for rehearsals; absent: such services are passed over. */
  readonly snapshots?: SnapshotIntake | undefined;
  /** Told after each commit of a chunk, so that the worker need not poll. */
  readonly onStored: (tenant: number) => void;
}

/** Seconds between heartbeats that agents are asked for: the original gateway's value. */
export const HEARTBEAT_SEC = 30;
/** Seconds between polls for configuration that agents are asked for: the original's value. */
export const CONFIG_POLL_SEC = 300;
