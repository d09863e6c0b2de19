import type { Authorities } from "../control/authorities.ts";
import type { Sealer } from "../control/secrets.ts";
import type { TenantDbs } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";

/** What every handler works with. */
export interface ApiContext {
  readonly db: TenantDbs;
  readonly sealer: Sealer;
  readonly authorities: Authorities;
  readonly clock: Clock;
  readonly log: Log;
}
