/**
 * A read replica: what lists show may come from a streaming standby, whose answers are a moment old, so that looking at an
 * inventory costs the server that writes it nothing. Where the standby is away, too far behind or somebody else's, the primary answers.
 */
import type { Clock } from "../lib/clock.ts";
import { ConfigError, messageOf, SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Db, TenantDbs } from "./pool.ts";

/** Reads what may be a moment old. */
export interface Lists {
  /** Runs `work`, which only reads, on the one that is to answer. It may be run twice. */
  read<T>(tenant: number, work: (db: Db) => Promise<T>): Promise<T>;
}

/** How a replica is set up. */
export interface ReplicaOptions {
  readonly primary: TenantDbs;
  readonly replica: TenantDbs;
  readonly clock: Clock;
  readonly log: Log;
  /** How far behind it may be and still answer, ms; default 30 s. */
  readonly lagMaxMs?: number | undefined;
}

/** An agent's heartbeat is as old; what is older surprises who looks. */
const LAG_MAX_MS = 30_000;
/** How long a look at the standby counts, ms: many requests share one. */
const LOOK_EVERY_MS = 2_000;

/** Behind by nothing where all that came is replayed; a standby that nothing comes to is behind for ever. */
const LAG = `
  select case
    when not pg_is_in_recovery() then 0
    when not exists (select from pg_stat_wal_receiver) then 'infinity'::float8
    when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
    else extract(epoch from now() - pg_last_xact_replay_timestamp()) * 1000 end::float8 as lag_ms,
  ${identity()} as id`;

/** Which cluster and database it is: a standby has its primary's. */
function identity(): string {
  return "(select system_identifier::text from pg_control_system()) || ' ' || current_database()";
}

/** Asks the replica where it is fit to answer, else the primary. */
export class Replica implements Lists {
  readonly #options: ReplicaOptions;
  #look: { readonly atMs: number; readonly isFit: Promise<boolean> } | undefined;
  #identity: Promise<string> | undefined;
  #said = "";

  constructor(options: ReplicaOptions) {
    this.#options = options;
  }

  async read<T>(tenant: number, work: (db: Db) => Promise<T>): Promise<T> {
    const { primary, replica } = this.#options;
    if (await this.#isFit()) {
      try {
        return await work(replica.forTenant(tenant));
      } catch (thrown) {
        // Also a query that the standby cancelled, because it stood in the way of what is to be replayed.
        if (!(thrown instanceof SyncError) || thrown.retry === "permanent") throw thrown;
        this.#say(messageOf(thrown));
      }
    }
    return await work(primary.forTenant(tenant));
  }

  /**
   * Looks once, for a start: a replica of something else stops it. Throws ConfigError naming --read-database-url. One that is
   * away does not: the primary answers until it is there.
   */
  async check(): Promise<void> {
    const why = await this.#unfit();
    if (why === OTHER) throw new ConfigError("--read-database-url", OTHER);
    this.#say(why);
  }

  async #isFit(): Promise<boolean> {
    const nowMs = this.#options.clock.now();
    if (this.#look === undefined || nowMs - this.#look.atMs > LOOK_EVERY_MS) {
      const isFit = this.#unfit().then((why) => {
        this.#say(why);
        return why === "";
      });
      this.#look = { atMs: nowMs, isFit };
    }
    return await this.#look.isFit;
  }

  /** Why the replica may not answer; "" where it may. */
  async #unfit(): Promise<string> {
    const { primary, replica, lagMaxMs = LAG_MAX_MS } = this.#options;
    try {
      this.#identity ??= identityOf(primary);
      const own = await this.#identity;
      const { rows } = await replica.across("schema").query<{ lag_ms: number; id: string }>(LAG);
      const { lag_ms: lagMs = Number.POSITIVE_INFINITY, id = "" } = rows[0] ?? {};
      if (id !== own) return OTHER;
      if (lagMs <= lagMaxMs) return "";
      return lagMs === Number.POSITIVE_INFINITY
        ? "it is not connected to its primary"
        : `it is ${Math.round(lagMs / 1_000)} s behind`;
    } catch (thrown) {
      if (!(thrown instanceof SyncError)) throw thrown;
      this.#identity = undefined;
      return messageOf(thrown);
    }
  }

  /** Once a change: lists are asked for many times a second. */
  #say(why: string): void {
    if (why === this.#said) return;
    this.#said = why;
    const { log } = this.#options;
    if (why === "") log.info("lists are read from the replica");
    else log.warn({ why }, "lists are read from the primary");
  }
}

const OTHER = "is not a replica of --database-url: another server, or another database on it";

async function identityOf(primary: TenantDbs): Promise<string> {
  const { rows } = await primary
    .across("schema")
    .query<{ id: string }>(`select ${identity()} as id`);
  return rows[0]?.id ?? "";
}

/** Lists where there is no replica. */
export function listsOf(primary: TenantDbs): Lists {
  return { read: (tenant, work) => work(primary.forTenant(tenant)) };
}
