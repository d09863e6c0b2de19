/**
 * The core's foundation: database, keys, authorities. `serve` stands on it, and so does every command that finds no running
 * server and must start the database itself.
 */
import { join } from "node:path";

import { Authorities } from "../control/authorities.ts";
import { openSealer, type Sealer } from "../control/secrets.ts";
import { checkBarrier } from "../db/check-barrier.ts";
import type { DatabaseAddress } from "../db/connection.ts";
import type { PoolLimits } from "../db/connections.ts";
import type { Embedded } from "../db/embedded.ts";
import { migrate } from "../db/migrate.ts";
import { openPool, type TenantDbs } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import type { SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { beginEmbedded, type DatabasePlace } from "./begin-embedded.ts";

/** Where the core keeps what it must not lose, and which database it uses. */
export interface PlatformSettings extends DatabasePlace {
  /** Key file of sealed secrets; absent: in the data folder. Replicas on one database share it. */
  readonly keyFile?: string | undefined;
  readonly compatSchema?: string | undefined;
  readonly poolSize: number;
}

/** What everything in the core works with. */
export interface Platform extends AsyncDisposable {
  readonly db: TenantDbs;
  /** Gives the database's connections other limits than `poolSize`. */
  readonly retune: (to: PoolLimits) => void;
  /** Where that database is, for pools of one's own. */
  readonly address: DatabaseAddress;
  readonly sealer: Sealer;
  readonly authorities: Authorities;
  /** Where the data is; not what was asked for if that was closed to the service user. */
  readonly dataDir: string;
  /** Resolves when the embedded server has gone unasked; never with a server of one's own. */
  readonly crashed: Promise<SyncError>;
}

/** What opening it needs besides. */
export interface PlatformOutfit {
  readonly log: Log;
  readonly clock: Clock;
  /** A database that was begun by `beginEmbedded` with the same settings; the platform's own from now on. */
  readonly embedded?: Promise<Embedded | undefined> | undefined;
}

/** Opens it all: starts or reaches the database, brings the schema up to date, finds or makes key and root authority. */
export async function openPlatform(
  settings: PlatformSettings,
  { log, clock, embedded: starting }: PlatformOutfit,
): Promise<Platform> {
  const embedded = await (starting ?? beginEmbedded(settings, log));
  const address = embedded?.connection ?? { url: settings.databaseUrl ?? "" };
  const db = openPool({
    address,
    max: settings.poolSize,
    applicationName: "serviceradar-core",
    log,
  });
  const close = async (): Promise<void> => {
    await db.end();
    await embedded?.stop();
  };
  try {
    await migrate(db, { log, compatSchema: settings.compatSchema });
    await checkBarrier(db);
    const dataDir = embedded?.dataDir ?? settings.dataDir;
    const sealer = await openSealer(settings.keyFile ?? join(dataDir, "secret.key"), "--key-file");
    const authorities = new Authorities(sealer, clock);
    await authorities.root(db);
    // Whoever has the platform may tell others that something is kept.
    await embedded?.durable;
    const crashed = embedded?.crashed ?? new Promise<never>(() => {});
    const retune = (to: PoolLimits): void => db.retune(to);
    return {
      db,
      retune,
      address,
      sealer,
      authorities,
      dataDir,
      crashed,
      [Symbol.asyncDispose]: close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
