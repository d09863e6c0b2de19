/**
 * The loop that works tenants: claim the one with work that waited longest, take its chunks in and publish its dirty components until
 * neither is left or its slice is over, give it back. It wakes when told of new chunks, and looks by itself once a second, so a lost hint costs a second.
 * What fails for the moment is tried again with back-off; a chunk that fails for good is parked with the reason.
 */
import type { Db, TenantDbs } from "../db/pool.ts";
import type { ArrivedChunk, WaitingChunk } from "../inbox/inbox.ts";
import { claimTenant, releaseTenant, tenantSlug, type Lease } from "../inbox/lease.ts";
import type { Coalescing } from "../inbox/ready.ts";
import { newUuid, pause, type Clock } from "../lib/clock.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { backoffMs, retryOf } from "../lib/retry.ts";
import type { Published } from "./beside.ts";
import { parkFailed } from "./park.ts";
import { workDirty } from "./publish-dirty.ts";
import { Recalls } from "./recall-store.ts";
import { workRetractions } from "./retire.ts";
import { takeRepeated } from "./take-repeated.ts";
import type { WorkFact } from "./work-fact.ts";
import { workChunks, type WorkedBeside } from "./work.ts";

/** How the worker is set up. */
export interface WorkerOptions {
  readonly db: TenantDbs;
  readonly clock: Clock;
  readonly log: Log;
  /** Chunks merged into one transaction: SYNC_INGESTOR_QUEUE_MAX_CHUNKS. */
  readonly chunksPerTx: number;
  /** How long a chunk waits for others, ms: SYNC_INGESTOR_COALESCE_MS; default 0. */
  readonly coalesceMs?: number | undefined;
  /** Chunks of a tenant under way at a time: SYNC_INGESTOR_BATCH_CONCURRENCY; default 1. */
  readonly batchConcurrency?: number | undefined;
  /** Tenants worked at a time: SYNC_INGESTOR_MAX_INFLIGHT. */
  readonly tenantsInFlight: number;
  /** Whether it leaves alone whoever has much: its next tenant then never waits for longer than a light step takes. */
  readonly isLight?: boolean | undefined;
  /** Hears of every step that was done. */
  readonly note?: ((fact: WorkFact) => void) | undefined;
}

/** How often work is looked for without being told, ms. */
const POLL_MS = 1_000;
/** A tenant that has work for longer gives way to whoever waits, ms. One step is always done, of seconds where much was merged into it. */
const SLICE_MS = 1_000;
const NOTHING = { batches: 0, records: 0 };
const BACKOFF = { baseMs: 200, capMs: 30_000 };
/**
 * What is dirty is published at the latest after so many batches of chunks, so that a long load shows progress, or so many new records:
 * while they are at hand (fresh-records.ts) they need not be read back.
 */
const PUBLISHED_AFTER = { batches: 8, records: 20_000 };

/** Works tenants until it is stopped. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #owner = newUuid();
  readonly #recalls = new Recalls();
  #wake = new AbortController();
  #idle = 0;
  readonly #onIdle: (() => void)[] = [];
  /** What a tenant's batches of chunks have brought since its last publication. */
  readonly #unpublished = new Map<number, { batches: number; records: number }>();
  /** Tenants that are published until nothing of them is dirty. */
  readonly #due = new Set<number>();
  /** Tenants whose publication failed beside their chunks: it is tried by itself until it succeeds. */
  readonly #apart = new Set<number>();
  /** Slugs of the tenants that were worked, which never change. */
  readonly #slugs = new Map<number, string>();

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Runs until `stop`; resolves when the last step is done. */
  async run(): Promise<void> {
    const lanes = Array.from({ length: this.#options.tenantsInFlight }, (_, lane) =>
      this.#lane(`${this.#owner}:${lane}`),
    );
    await Promise.all(lanes);
  }

  /** Finishes the step under way, then ends. */
  stop(): void {
    this.#stopping.abort();
    this.wake();
  }

  /** Looks for work now. */
  wake(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /**
   * Works a chunk as it arrives where it only repeats what is known. False where it has to go into the inbox; whatever fails here
   * is found again there, and dealt with.
   */
  async takeRepeated(tenant: number, chunk: ArrivedChunk): Promise<boolean> {
    const { db, log, clock, note } = this.#options;
    const startedMs = clock.now();
    try {
      const own = db.forTenant(tenant);
      const worked = await takeRepeated(own, tenant, { chunk, recalls: this.#recalls });
      if (worked === undefined) return false;
      const { held: _, ...counts } = worked;
      const slug = this.#slugs.get(tenant) ?? (await tenantSlug(own, tenant));
      this.#slugs.set(tenant, slug);
      note?.({ step: "ingested", tenant: slug, ...counts, ms: clock.now() - startedMs });
      // Nobody is woken: what a new day makes due is found within a second.
      return true;
    } catch (thrown) {
      log.warn({ error: messageOf(thrown) }, "chunk not worked as it arrived");
      return false;
    }
  }

  async #lane(owner: string): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      const wake = this.#wake.signal;
      try {
        const lease = await claimTenant(this.#options.db, owner, {
          ...this.#coalescing(),
          isLight: this.#options.isLight === true,
        });
        if (lease === undefined) await this.#rest(wake);
        else await this.#workTenant(lease);
        failures = 0;
      } catch (thrown) {
        failures += 1;
        await this.#afterFailure(thrown, failures);
      }
    }
  }

  async #rest(wake: AbortSignal): Promise<void> {
    this.#idle += 1;
    if (this.#idle === this.#options.tenantsInFlight) {
      for (const tell of this.#onIdle.splice(0)) tell();
    }
    // What came with the last wake may be waiting for more to come.
    const { waitMs = 0 } = this.#coalescing();
    const ms = waitMs > 0 ? Math.min(POLL_MS, waitMs) : POLL_MS;
    await pause(this.#options.clock, ms, AbortSignal.any([wake, this.#stopping.signal]));
    this.#idle -= 1;
  }

  #coalescing(): Coalescing {
    return { limit: this.#options.chunksPerTx, waitMs: this.#options.coalesceMs ?? 0 };
  }

  async #workTenant(lease: Lease): Promise<void> {
    const { clock, isLight } = this.#options;
    const db = this.#dbOf(lease);
    const untilMs = clock.now() + (isLight === true ? 0 : SLICE_MS);
    try {
      do {
        const worked = !this.#due.has(lease.tenant) && (await this.#ingest(lease));
        if (!this.#isPublicationDue(lease, worked)) continue;
        const published = await this.#publishDue(lease);
        const retired = await this.#retire(lease);
        if (!worked && !published && !retired) return;
      } while (!this.#stopping.signal.aborted && clock.now() < untilMs);
    } finally {
      // A lease that cannot be given back runs out by itself.
      await releaseTenant(db, lease).catch((thrown: unknown) =>
        this.#options.log.warn({ error: messageOf(thrown) }, "lease not released"),
      );
    }
  }

  /** One that fails is tried again after the next chunks: a tenant that cannot be published still has its chunks taken in. */
  async #publishDue(lease: Lease): Promise<boolean> {
    let published = false;
    try {
      published = await this.#publish(lease);
    } finally {
      if (!published) this.#due.delete(lease.tenant);
    }
    return published;
  }

  #isPublicationDue({ tenant }: Lease, worked: boolean): boolean {
    const { batches, records } = this.#unpublished.get(tenant) ?? NOTHING;
    const isMuch = batches >= PUBLISHED_AFTER.batches || records >= PUBLISHED_AFTER.records;
    const isDue = !worked || this.#options.isLight === true || isMuch;
    if (!isDue) return false;
    this.#unpublished.delete(tenant);
    this.#due.add(tenant);
    return true;
  }

  /** What was published beside a step was there before it, but for its last chunk's. */
  #countUnpublished({ tenant }: Lease, { created, published }: WorkedBeside): void {
    const { batches, records } = this.#unpublished.get(tenant) ?? NOTHING;
    const done = published.reduce((sum, { counts }) => sum + counts.created, 0);
    const left = Math.max(0, records + created - done);
    this.#unpublished.set(tenant, { batches: batches + 1, records: left });
  }

  async #ingest(lease: Lease): Promise<boolean> {
    const isPublishing = this.#options.isLight !== true && !this.#apart.has(lease.tenant);
    try {
      return await this.#takeIn(lease, isPublishing);
    } catch (thrown) {
      if (isPublishing) this.#apart.add(lease.tenant);
      if (isPassing(thrown)) throw thrown;
      // Whichever of the two failed: by itself it says so.
      return isPublishing ? await this.#ingest(lease) : await this.#ingestSingly(lease, thrown);
    }
  }

  async #takeIn(lease: Lease, isPublishing: boolean): Promise<boolean> {
    const { log, clock, note, batchConcurrency: concurrency } = this.#options;
    const startedMs = clock.now();
    const options = { ...this.#coalescing(), recalls: this.#recalls, concurrency, isPublishing };
    const worked = await workChunks(this.#dbOf(lease), lease, options);
    if (worked === undefined) return false;
    const { held, ended, published, ...counts } = worked;
    this.#countUnpublished(lease, worked);
    for (const one of published) await this.#tellPublished(lease, one);
    const tenant = await this.#slug(lease);
    const ms = clock.now() - startedMs;
    log.info({ tenant, ...counts, ms }, "ingested");
    note?.({ step: "ingested", tenant, ...counts, ended, ms });
    for (const retraction of held) {
      log.error(
        { tenant, ...retraction },
        "retraction held: look with `retractions list`, let it go on with `retractions allow`",
      );
    }
    return true;
  }

  /** One chunk of several is bad: work them one by one, and park the one that fails by itself. */
  async #ingestSingly(lease: Lease, cause: unknown): Promise<boolean> {
    let taken: WaitingChunk | undefined;
    const onTaken = ([first]: readonly WaitingChunk[]): void => void (taken = first);
    const options = { limit: 1, recalls: this.#recalls, onTaken };
    try {
      return (await workChunks(this.#dbOf(lease), lease, options)) !== undefined;
    } catch (thrown) {
      if (isPassing(thrown)) throw thrown;
      await this.#park(lease, { failed: taken, thrown, cause });
      return true;
    }
  }

  /** Where it failed before it was taken, its body cannot be read: it is the one that waits longest. */
  async #park(
    lease: Lease,
    {
      failed,
      thrown,
      cause,
    }: {
      readonly failed: WaitingChunk | undefined;
      readonly thrown: unknown;
      readonly cause: unknown;
    },
  ): Promise<void> {
    const { log, note } = this.#options;
    const reason = messageOf(thrown);
    const parked = await parkFailed(this.#dbOf(lease), lease, { failed, reason });
    if (parked === undefined) throw cause;
    const tenant = await this.#slug(lease);
    note?.({ step: "parked", tenant });
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    log.error({ tenant, ...parked, reason, stack }, "chunk parked");
  }

  async #retire(lease: Lease): Promise<boolean> {
    const { log } = this.#options;
    const retired = await workRetractions(this.#dbOf(lease), lease);
    if (retired !== undefined) log.info({ tenant: await this.#slug(lease), ...retired }, "retired");
    return retired !== undefined;
  }

  async #publish(lease: Lease): Promise<boolean> {
    const { clock } = this.#options;
    const startedMs = clock.now();
    const counts = await workDirty(this.#dbOf(lease), lease, { recalls: this.#recalls });
    this.#apart.delete(lease.tenant);
    if (counts === undefined) return false;
    await this.#tellPublished(lease, { counts, ms: clock.now() - startedMs });
    return true;
  }

  async #tellPublished(lease: Lease, { counts, ms: exact }: Published): Promise<void> {
    const { log, note } = this.#options;
    const tenant = await this.#slug(lease);
    const ms = Math.round(exact);
    const { decided: _, ...told } = counts;
    log.info({ tenant, ...told, ms }, "published");
    note?.({ step: "published", tenant, ...counts, ms });
    if (counts.held > 0) {
      const hint = "dire held list";
      log.warn({ tenant, records: counts.held, hint }, "publication held");
    }
  }

  #dbOf({ tenant }: Lease): Db {
    return this.#options.db.forTenant(tenant);
  }

  async #slug(lease: Lease): Promise<string> {
    const { tenant } = lease;
    const slug = this.#slugs.get(tenant) ?? (await tenantSlug(this.#dbOf(lease), tenant));
    this.#slugs.set(tenant, slug);
    return slug;
  }

  async #afterFailure(thrown: unknown, failures: number): Promise<void> {
    const { clock, log, note } = this.#options;
    note?.({ step: "failed", code: thrown instanceof SyncError ? thrown.code : "bug" });
    const retry = retryOf(thrown);
    const ms = typeof retry === "object" ? retry.afterMs : backoffMs(BACKOFF, failures - 1);
    const isLoud = !(thrown instanceof SyncError) || failures > 1;
    log[isLoud ? "error" : "warn"](
      {
        error: messageOf(thrown),
        retry_ms: ms,
        stack: isLoud && thrown instanceof Error ? thrown.stack : undefined,
      },
      "work failed",
    );
    await pause(clock, ms, this.#stopping.signal);
  }

  /** Resolves when every lane has found nothing to do after this call. */
  whenIdle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle.push(resolve);
    this.wake();
    return promise;
  }
}

/** Whether the same step may succeed later without anybody doing anything. */
function isPassing(thrown: unknown): boolean {
  return thrown instanceof SyncError && thrown.retry !== "permanent";
}
