/**
 * Who waits for a connection, and who has waited too long. The rules are those of Elixir's DBConnection (2.x, connection_pool.ex), whose
 * settings the document names: CoDel as in queue.acm.org/appendices/codel.html. A queue that is drained within `target` now and then is
 * only busy, however long it is. Where the least wait of a whole `interval` was longer than `target`, the queue is slow: from then on
 * requests that waited longer than twice the target are dropped, until an interval's least wait is within the target again.
 */

/** What is asked of the queue, ms: DATABASE_QUEUE_TARGET_MS and DATABASE_QUEUE_INTERVAL_MS. */
export interface QueueLimits {
  readonly targetMs: number;
  readonly intervalMs: number;
}

/** A request that got nothing, and how long it had waited. */
export interface Dropped<Request> {
  readonly request: Request;
  readonly waitedMs: number;
}

/** Who gets a connection that came free, if anybody waits, and who is dropped before. */
export interface Freed<Request> {
  readonly next: Request | undefined;
  readonly dropped: readonly Dropped<Request>[];
}

type Waiting<Request> = { readonly request: Request; readonly sentMs: number };

/** The queue. Times are the caller's clock, ms; they never go back. */
export class CheckoutQueue<Request> {
  readonly #limits: QueueLimits;
  readonly #waiting: Waiting<Request>[] = [];
  /** Whether somebody had to wait since a connection last came free unasked. */
  #isBusy = false;
  #isSlow = false;
  /** Least wait of the interval that runs, ms. */
  #delayMs = 0;
  /** When the next interval begins. */
  #nextMs: number;
  /** Since when the first of the queue had been waiting at the last look; who is first twice has seen no progress. */
  #firstSentMs: number;

  constructor(limits: QueueLimits, nowMs: number) {
    this.#limits = limits;
    this.#nextMs = nowMs;
    this.#firstSentMs = nowMs;
  }

  /** Requests that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Least wait of the interval that runs, ms: what an operator calls the wait. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** A request that found no free connection. */
  join(request: Request, nowMs: number): void {
    this.#isBusy = true;
    this.#waiting.push({ request, sentMs: nowMs });
  }

  /** A connection came free. Where `next` is undefined it rests until somebody asks, without the queue. */
  free(nowMs: number): Freed<Request> {
    if (!this.#isBusy) return { next: undefined, dropped: [] };
    if (nowMs >= this.#nextMs) return this.#firstOfInterval(nowMs);
    const dropped = this.#isSlow ? this.#dropWhile(nowMs) : [];
    const first = this.#waiting.shift();
    this.#delayMs = first === undefined ? 0 : Math.min(this.#delayMs, nowMs - first.sentMs);
    this.#isBusy = first !== undefined;
    return { next: first?.request, dropped };
  }

  /** An interval's first: its wait is the least so far, and the one before says whether the queue is slow. */
  #firstOfInterval(nowMs: number): Freed<Request> {
    this.#isSlow = this.#delayMs > this.#limits.targetMs;
    this.#nextMs = nowMs + this.#limits.intervalMs;
    const first = this.#waiting.shift();
    this.#delayMs = first === undefined ? 0 : nowMs - first.sentMs;
    this.#isBusy = first !== undefined;
    return { next: first?.request, dropped: [] };
  }

  /** To be called once an interval: where no connection comes free at all, nobody else would say that it is slow. */
  look(nowMs: number): readonly Dropped<Request>[] {
    const [first] = this.#waiting;
    const isStuck = first !== undefined && first.sentMs <= this.#firstSentMs;
    this.#firstSentMs = first?.sentMs ?? nowMs;
    if (!isStuck || nowMs < this.#nextMs) return [];
    this.#isSlow = this.#delayMs > this.#limits.targetMs;
    this.#delayMs = nowMs - first.sentMs;
    this.#nextMs = nowMs + this.#limits.intervalMs;
    return this.#isSlow ? this.#dropWhile(nowMs) : [];
  }

  #dropWhile(nowMs: number): readonly Dropped<Request>[] {
    const dropped: Dropped<Request>[] = [];
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const waitedMs = nowMs - first.sentMs;
      if (waitedMs <= this.#limits.targetMs * 2) break;
      this.#waiting.shift();
      dropped.push({ request: first.request, waitedMs });
    }
    return dropped;
  }
}
