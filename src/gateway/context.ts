import type { Sealer } from "../control/secrets.ts";
import type { TenantDbs } from "../db/pool.ts";
import type { ArrivedChunk } from "../inbox/inbox.ts";
import type { IntakeFact } from "../inbox/intake-fact.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";

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
  /** Told after each commit of a chunk, so that the worker need not poll. */
  readonly onStored: (tenant: number) => void;
}

/** Seconds between heartbeats that agents are asked for: the original gateway's value. */
export const HEARTBEAT_SEC = 30;
/** Seconds between polls for configuration that agents are asked for: the original's value. */
export const CONFIG_POLL_SEC = 300;
