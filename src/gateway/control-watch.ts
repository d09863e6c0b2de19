/**
 * Looks for news of every agent whose control stream is open here, all of them in one query a tick. Asking rather than being
 * notified works through any pooler and over any number of replicas, and cannot be missed.
 */
import { readStreamNews, type StreamNews, type WatchedAgent } from "../control/stream-news.ts";
import type { TenantDbs } from "../db/pool.ts";
import { pause, type Clock } from "../lib/clock.ts";
import { messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";

/** How often news is looked for, ms: a source edit or a command reaches its agent within it. */
const LOOK_MS = 500;

type Stream = {
  readonly agent: WatchedAgent;
  last: StreamNews | undefined;
  tell: ((news: StreamNews) => void) | undefined;
};

/** Watches for control streams. */
export class ControlWatch {
  readonly #db: TenantDbs;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #streams = new Set<Stream>();
  #isLooking = false;

  constructor(db: TenantDbs, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#db = db;
    this.#clock = clock;
    this.#log = log;
  }

  /** News of one agent: as it stands first, then whenever it is other news. Ends with the signal. */
  async *news(agent: WatchedAgent, signal: AbortSignal): AsyncGenerator<StreamNews> {
    const stream: Stream = { agent, last: undefined, tell: undefined };
    this.#streams.add(stream);
    void this.#look();
    try {
      for (
        let news = await next(stream, signal);
        news !== undefined;
        news = await next(stream, signal)
      ) {
        yield news;
      }
    } finally {
      this.#streams.delete(stream);
    }
  }

  /** Goes on while there are streams. A database that is away for a while only makes news late. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const never = new AbortController().signal;
    while (this.#streams.size > 0) {
      try {
        await this.#lookOnce();
      } catch (thrown) {
        this.#log.warn({ error: messageOf(thrown) }, "news for agents could not be read");
      }
      await pause(this.#clock, LOOK_MS, never);
    }
    this.#isLooking = false;
  }

  async #lookOnce(): Promise<void> {
    const streams = [...this.#streams].filter(({ tell }) => tell !== undefined);
    if (streams.length === 0) return;
    const all = await readStreamNews(
      this.#db,
      streams.map(({ agent }) => agent),
    );
    for (const [i, stream] of streams.entries()) {
      const news = all[i];
      if (news === undefined || isSame(news, stream.last)) continue;
      // Commands are taken by who is told of them, so the same news again means others.
      stream.last = { ...news, hasCommands: false };
      stream.tell?.(news);
    }
  }
}

function isSame(news: StreamNews, last: StreamNews | undefined): boolean {
  return (
    last !== undefined &&
    news.admission === last.admission &&
    news.configRev === last.configRev &&
    !news.hasCommands
  );
}

/** Waits for the next news; undefined once the signal aborts. */
async function next(stream: Stream, signal: AbortSignal): Promise<StreamNews | undefined> {
  if (signal.aborted) return undefined;
  const { promise, resolve } = Promise.withResolvers<StreamNews | undefined>();
  const onAbort = (): void => resolve(undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  stream.tell = resolve;
  try {
    return await promise;
  } finally {
    stream.tell = undefined;
    signal.removeEventListener("abort", onAbort);
  }
}
