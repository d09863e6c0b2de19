import type { Db, TenantDbs } from "../db/pool.ts";
/** What becomes of snapshots that agents send for a rehearsal: their chunks are kept, and at their end they are played. */
import { endRehearsal, findRehearsal, type Rehearsal } from "../dire/rehearsal-store.ts";
import {
  addSnapshotChunk,
  findLeft,
  isLoadingFrom,
  notePlaying,
  noteWhole,
  PLAYING_EVERY_MS,
} from "../dire/snapshot-store.ts";
import { pause, type Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { Problem } from "./errors.ts";
import { runRehearsal } from "./run-rehearsal.ts";

/** How often what dead cores left is looked for, ms. */
const LOOK_MS = 60_000;

/** A rehearsal, and the agent that says something of it. */
interface Of {
  readonly rehearsalNo: number;
  readonly agentId: string;
}

/** Takes in snapshots, in the words of the gateway. */
export class Snapshots {
  readonly #context: { readonly db: TenantDbs; readonly clock: Clock; readonly log: Log };
  readonly #playing = new Set<Promise<void>>();

  constructor(context: { readonly db: TenantDbs; readonly clock: Clock; readonly log: Log }) {
    this.#context = context;
  }

  /** Commits a chunk; false where it belongs nowhere. */
  async add(
    tenant: number,
    chunk: Of & { readonly chunkNo: number; readonly message: Uint8Array },
  ): Promise<boolean> {
    return await addSnapshotChunk(this.#context.db.forTenant(tenant), tenant, chunk);
  }

  /** The snapshot is whole, and is played while the agent goes its way. `chunks`: how many it had. */
  async complete(
    tenant: number,
    { chunks, ...of }: Of & { readonly chunks: number },
  ): Promise<void> {
    const db = this.#context.db.forTenant(tenant);
    if (!(await isLoadingFrom(db, tenant, of))) return;
    const rehearsal = await findRehearsal(db, tenant, of.rehearsalNo);
    if (rehearsal === undefined) return;
    if (rehearsal.chunks !== chunks) {
      const error = `${rehearsal.chunks} of ${chunks} chunks came`;
      return await this.fail(tenant, { ...of, error });
    }
    await noteWhole(db, tenant, of.rehearsalNo);
    this.#begin(tenant, rehearsal);
  }

  /** Plays what a core left that died, now and then until the signal aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#context;
    while (!signal.aborted) {
      try {
        await this.resume();
      } catch (thrown) {
        log.warn({ error: messageOf(thrown) }, "rehearsals that were left could not be read");
      }
      await pause(clock, LOOK_MS, signal);
    }
  }

  /** Begins to play what a core left that died. */
  async resume(): Promise<void> {
    const { db: dbs, log } = this.#context;
    for (const { tenant, rehearsalNo } of await findLeft(dbs)) {
      const rehearsal = await findRehearsal(dbs.forTenant(tenant), tenant, rehearsalNo);
      if (rehearsal === undefined) continue;
      log.info({ tenant, rehearsal: rehearsalNo }, "a rehearsal that was left is played");
      this.#begin(tenant, rehearsal);
    }
  }

  #begin(tenant: number, rehearsal: Rehearsal): void {
    const db = this.#context.db.forTenant(tenant);
    const playing = this.#play(db, tenant, rehearsal)
      .catch((thrown: unknown) => this.#told(tenant, rehearsal, thrown))
      .finally(() => this.#playing.delete(playing));
    this.#playing.add(playing);
  }

  /** There will be no snapshot. */
  async fail(tenant: number, { error, ...of }: Of & { readonly error: string }): Promise<void> {
    const db = this.#context.db.forTenant(tenant);
    if (!(await isLoadingFrom(db, tenant, of))) return;
    await endRehearsal(db, tenant, { rehearsalNo: of.rehearsalNo, error });
  }

  /** Waits until what is being played has ended. */
  async settle(): Promise<void> {
    await Promise.all(this.#playing);
  }

  async #play(db: Db, tenant: number, rehearsal: Rehearsal): Promise<void> {
    const { rehearsalNo, plays, actor } = rehearsal;
    const over = new AbortController();
    const own = { rehearsalNo, plays: plays + 1, signal: over.signal };
    const saying = this.#sayPlaying(db, tenant, own);
    try {
      await runRehearsal(this.#context, tenant, { rehearsal, actor });
    } catch (thrown) {
      this.#told(tenant, rehearsal, thrown);
      // One that another replica took is that one's to end.
      if (thrown instanceof Problem && thrown.code === "rehearsal_ended") return;
      // One that was taken has been ended by who took it; this is for what cannot even be taken, such as one of a deleted source.
      await endRehearsal(db, tenant, { rehearsalNo, plays, error: messageOf(thrown) });
    } finally {
      over.abort();
      await saying;
    }
  }

  async #sayPlaying(
    db: Db,
    tenant: number,
    { signal, ...own }: Pick<Rehearsal, "rehearsalNo" | "plays"> & { readonly signal: AbortSignal },
  ): Promise<void> {
    const { clock, log } = this.#context;
    for (
      await pause(clock, PLAYING_EVERY_MS, signal);
      !signal.aborted;
      await pause(clock, PLAYING_EVERY_MS, signal)
    ) {
      await notePlaying(db, tenant, own).catch((thrown: unknown) =>
        log.warn({ error: messageOf(thrown) }, "a rehearsal could not say that it is played"),
      );
    }
  }

  #told(tenant: number, { rehearsalNo }: Rehearsal, thrown: unknown): void {
    const error = messageOf(thrown);
    this.#context.log.warn({ tenant, rehearsal: rehearsalNo, error }, "rehearsal failed");
  }
}
