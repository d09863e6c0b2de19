import type { Authorities } from "../control/authorities.ts";
import type { Sealer } from "../control/secrets.ts";
import type { PoolLoad } from "../db/connections.ts";
import type { TenantDbs } from "../db/pool.ts";
import type { Lists } from "../db/replica.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { DatabaseLoad } from "../model/database-load.ts";
import type { Advice, Tuning, Workload } from "../model/tuning.ts";
import type { Oidc } from "./oidc.ts";

/** What every handler works with. */
export interface ApiContext {
  readonly db: TenantDbs;
  readonly sealer: Sealer;
  readonly authorities: Authorities;
  readonly clock: Clock;
  readonly log: Log;
  /** Where lists of what ingestion brings are read; default: the database itself. */
  readonly lists?: Lists | undefined;
  /** The identity provider, where one is set. */
  readonly oidc?: Oidc | undefined;
  /** "https://host:port" as browsers know us; absent: as each names us. */
  readonly publicUrl?: string | undefined;
  /** Where the page of this process is: `publicUrl`, else where it listens; absent in a command that works without a server. */
  readonly pageUrl?: (() => string | undefined) | undefined;
  /** "host:port" by which agents reach the gateway of this process; absent where it has none. */
  readonly gatewayAddress?: string | undefined;
  /** "https://host:port" by which hosts enrol at this process; absent where it has no `--enroll-listen`. */
  readonly enrolmentUrl?: string | undefined;
  /** What the process is tuned to; absent in a command that works without a server. */
  readonly tuning?: (() => TuningInForce) | undefined;
}

/** What a process is tuned to, as its composition knows it. */
export interface TuningInForce {
  readonly tuning: Tuning;
  readonly isGiven: (name: keyof Tuning) => boolean;
  readonly why: readonly string[];
  /** By the part that they serve. */
  readonly pools: Readonly<Record<string, PoolLoad>>;
  /** How busy the database was in the last minute; absent until it is known. */
  readonly database?: DatabaseLoad | undefined;
  /** What is advised for what there is now; a core tunes itself only when it starts. */
  readonly now?:
    | (Pick<Advice, "tuning" | "why"> & { readonly workload: Omit<Workload, "cores"> })
    | undefined;
}
