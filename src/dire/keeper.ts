/**
 * The loop that does what only time asks for: runs that fell silent end, and what is old enough goes. Every replica may run
 * it: each step is safe to do twice, and the clean-up of a tenant is claimed by one.
 */
import type { Db, TenantDbs } from "../db/pool.ts";
import { forgetProgress } from "../inbox/progress-store.ts";
import { readRetention } from "../inbox/retention-store.ts";
import { forgetRuns } from "../inbox/run-history.ts";
import { timeOutRuns } from "../inbox/run-store.ts";
import { pause, type Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Retention } from "../model/retention.ts";
import { forgetDecided } from "./forget-decided.ts";
import { reapDevices } from "./reap.ts";
import { endStaleRehearsals } from "./rehearsal-store.ts";
import { endDeadly } from "./snapshot-store.ts";
import type { WorkFact } from "./work-fact.ts";

/** How the keeper is set up. */
export interface KeeperOptions {
  readonly db: TenantDbs;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears of every run that was ended because it fell silent. */
  readonly note?: ((fact: WorkFact) => void) | undefined;
  /** Forgets what lies beyond the stages of this folder; gives how many rows went. */
  readonly alsoForget?: Forget | undefined;
}

/** Removes what is old enough of one tenant, by its settings. */
type Forget = (db: Db, tenant: number, settings: Retention) => Promise<number>;

/** How often it looks, ms: the shortest time that can be set is five minutes. */
const LOOK_MS = 60_000;
const FAILED = "housekeeping failed, it is tried again in a minute";

/** Keeps tenants until it is stopped. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #stopping = new AbortController();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Runs until `stop`; resolves when the step under way is done. */
  async run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.look();
      await pause(clock, LOOK_MS, signal);
    }
  }

  /** Ends the loop after the step under way. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Does what is due, of every tenant. What fails of one is logged, and tried again with the next look. */
  async look(): Promise<void> {
    const { db, log } = this.#options;
    try {
      const { rows } = await db.across("housekeeping").query<{ tenant: number; slug: string }>(
        `select i.tenant, coalesce(t.slug, '') as slug from sync.tenant_ingest i
             left join sync.tenants t on t.tenant = i.tenant order by i.tenant`,
      );
      for (const tenant of rows) {
        if (this.#stopping.signal.aborted) return;
        await this.#keep(tenant);
      }
    } catch (thrown) {
      log.error({ error: messageOf(thrown) }, FAILED);
    }
  }

  /** One tenant's trouble is not the next one's. */
  async #keep(kept: Kept): Promise<void> {
    const { tenant } = kept;
    try {
      await keepTenant(kept, this.#options);
    } catch (thrown) {
      this.#options.log.error({ tenant, error: messageOf(thrown) }, FAILED);
    }
  }
}

type Kept = { readonly tenant: number; readonly slug: string };

async function keepTenant(
  { tenant, slug }: Kept,
  { db: all, log, note, alsoForget }: KeeperOptions,
): Promise<void> {
  const db = all.forTenant(tenant);
  const settings = await readRetention(db, tenant);
  const quietMinutes = settings.run_timeout_minutes;
  for (const runNo of await timeOutRuns(db, tenant, { quietMinutes })) {
    log.warn({ tenant, run: runNo, quiet_minutes: quietMinutes }, "run timed out");
    note?.({ step: "timed_out", tenant: slug });
  }
  if (!(await claimCleanUp(db, tenant, settings.cleanup_interval_minutes))) return;
  const forgotten = await forgetRuns(db, tenant, {
    runDays: settings.run_history_days,
    journalDays: settings.journal_days,
    batch: settings.batch_size,
  });
  await endStaleRehearsals(db, tenant);
  await endDeadly(db, tenant);
  const decided = await forgetDecided(db, tenant, settings);
  const untold = await forgetProgress(db, tenant);
  const others = ((await alsoForget?.(db, tenant, settings)) ?? 0) + decided + untold;
  const reaped =
    settings.cleanup_enabled === 0
      ? 0
      : await reapDevices(db, tenant, {
          retentionDays: settings.retention_days,
          batch: settings.batch_size,
        });
  log.info({ tenant, forgotten: forgotten + others, reaped }, "cleaned up");
}

/** One replica gets it, once an interval. */
async function claimCleanUp(db: Db, tenant: number, minutes: number): Promise<boolean> {
  const { count } = await db.query(
    `update sync.tenant_ingest set cleaned_at = now()
      where tenant = $1 and cleaned_at < now() - $2 * interval '1 minute'`,
    [tenant, minutes],
  );
  return count > 0;
}
