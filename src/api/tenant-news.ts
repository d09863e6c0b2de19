/**
 * Tells open pages that something has changed. One look a second serves all pages of a tenant in this process; without pages there
 * is none. A page that reads slowly is told once of what changed several times.
 */
import type { Db } from "../db/pool.ts";
import { pause, type Clock } from "../lib/clock.ts";
import { changedTopics, readMarks, type Marks, type Topic } from "./news-marks.ts";

/** How often a tenant with open pages is looked at, ms: a person takes this for "at once"; one statement of 1 ms. */
const LOOK_MS = 1_000;
/** Looks without news after which a page is told that all is quiet: proxies cut a silent answer after a minute. */
const QUIET_LOOKS = 15;
/** How long a page is told without asking anew, ms: then its session or token is looked at again. */
const LIFE_MS = 300_000;
/** Pages that one process serves: each holds a connection and nothing else of note. */
const LISTENERS_MAX = 500;
/** Of these, pages of one tenant, so that no tenant closes the others out. */
const LISTENERS_PER_TENANT_MAX = 100;

/** What a page is told: topics with what changed there; none: that all is quiet. */
export type Told = ReadonlyMap<Topic, Readonly<Record<string, unknown>>>;

/** One open page. */
export class Listener {
  readonly endsMs: number;
  readonly #waiting = new Map<Topic, Readonly<Record<string, unknown>>>();
  #isTold = false;
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(endsMs: number) {
    this.endsMs = endsMs;
  }

  /** Resolves when there is something to tell; undefined at the end. */
  async next(): Promise<Told | undefined> {
    while (!this.#isTold && !this.#isEnded) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    if (!this.#isTold) return undefined;
    const told = new Map(this.#waiting);
    this.#waiting.clear();
    this.#isTold = false;
    return told;
  }

  /** Has it told of topics; of none: that all is quiet. */
  tell(topics: readonly Topic[], marks: Marks): void {
    for (const topic of topics) this.#waiting.set(topic, marks[topic]);
    this.#isTold = true;
    this.#wake?.();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }
}

type Watched = { readonly listeners: Set<Listener>; readonly stop: AbortController };

/** Looks for news of the tenants that have open pages. */
export class TenantNews {
  readonly #clock: Clock;
  readonly #watched = new Map<number, Watched>();
  #open = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Opens a page of a tenant; undefined where there are too many. */
  open(tenant: number, db: Db): Listener | undefined {
    const known = this.#watched.get(tenant);
    const ofTenant = known?.listeners.size ?? 0;
    if (this.#open >= LISTENERS_MAX || ofTenant >= LISTENERS_PER_TENANT_MAX) return undefined;
    this.#open += 1;
    const listener = new Listener(this.#clock.now() + LIFE_MS);
    if (known !== undefined) {
      known.listeners.add(listener);
      return listener;
    }
    const watched = { listeners: new Set([listener]), stop: new AbortController() };
    this.#watched.set(tenant, watched);
    void this.#watch(tenant, { db, watched });
    return listener;
  }

  /** Closes a page; the last one of a tenant ends the looking. May be called again. */
  close(tenant: number, listener: Listener): void {
    const watched = this.#watched.get(tenant);
    if (watched?.listeners.delete(listener) !== true) return;
    this.#open -= 1;
    listener.end();
    if (watched.listeners.size > 0) return;
    this.#watched.delete(tenant);
    watched.stop.abort();
  }

  /** A look that fails ends the pages: they ask again, and are answered what is the matter. */
  async #watch(tenant: number, { db, watched }: { db: Db; watched: Watched }): Promise<void> {
    const { listeners, stop } = watched;
    try {
      let marks = await readMarks(db, tenant);
      for (let quiet = 0; listeners.size > 0;) {
        await pause(this.#clock, LOOK_MS, stop.signal);
        if (stop.signal.aborted) return;
        const found = await readMarks(db, tenant);
        const topics = changedTopics(marks, found);
        marks = found;
        quiet = topics.length > 0 ? 0 : (quiet + 1) % QUIET_LOOKS;
        if (quiet === 0) listeners.forEach((listener) => listener.tell(topics, marks));
        this.#endOld(tenant, listeners);
      }
    } catch {
      for (const listener of listeners) this.close(tenant, listener);
    }
  }

  #endOld(tenant: number, listeners: ReadonlySet<Listener>): void {
    const nowMs = this.#clock.now();
    for (const listener of listeners) {
      if (listener.endsMs <= nowMs) this.close(tenant, listener);
    }
  }
}
