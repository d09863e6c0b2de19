/** Delivers one window: again and again in the same bytes, until the gateway has it or refuses it for good. */
import { pause, type Clock } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import { backoffMs, retryOf, type Backoff } from "../lib/retry.ts";
import type { Draft, GatewayStatusChunk } from "../wire/messages.ts";
import type { Gateway, GatewayLink } from "./gateway-link.ts";
import type { Waiting } from "./source-status.ts";

/** How a delivery is bounded and watched. */
export interface DeliveryOptions {
  readonly link: GatewayLink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of every failure that is followed by another try, and of how long that waits. */
  readonly onRetry: (failure: unknown, waiting: Waiting) => void;
  /** Gives up when nothing has been delivered for so long; absent: never. */
  readonly patienceMs?: number | undefined;
}

/** Between tries while the gateway is away; a new connection ends the pause early. */
const RETRY_BACKOFF: Backoff = { baseMs: 1_000, capMs: 30_000 };
/** A call in which nothing moves for so long is made anew: longer than a busy gateway takes for one chunk, shorter than patience. */
const STALL_MS = 120_000;

/** Sends the chunks of one call until the answer says `received`. Throws the failure that is final, or the signal's reason. */
export async function deliver(
  drafts: readonly Draft<GatewayStatusChunk>[],
  options: DeliveryOptions,
): Promise<void> {
  const { link, clock, signal, onRetry, patienceMs = Infinity } = options;
  const startedMs = clock.now();
  for (let failures = 0; ; failures += 1) {
    try {
      await link.use(signal, ({ gateway }) => streamOnce(gateway, drafts, { clock, signal }));
      return;
    } catch (thrown) {
      signal.throwIfAborted();
      const retry = retryOf(thrown);
      if (retry === "permanent" || clock.now() - startedMs > patienceMs) throw thrown;
      const isAsked = typeof retry === "object";
      const ms = isAsked ? retry.afterMs : backoffMs(RETRY_BACKOFF, failures);
      const reason = isAsked ? "gateway_busy" : "gateway_away";
      onRetry(thrown, { reason, untilMs: clock.now() + ms });
      await pauseForRetry(ms, { ...options, isWakeable: !isAsked });
    }
  }
}

async function pauseForRetry(
  ms: number,
  { link, clock, signal, isWakeable }: DeliveryOptions & { readonly isWakeable: boolean },
): Promise<void> {
  const woken = new AbortController();
  const off = isWakeable ? link.onEstablished(() => woken.abort()) : undefined;
  try {
    await pause(clock, ms, AbortSignal.any([signal, woken.signal]));
  } finally {
    off?.();
  }
  signal.throwIfAborted();
}

async function streamOnce(
  gateway: Gateway,
  drafts: readonly Draft<GatewayStatusChunk>[],
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  let moved = 0;
  // Read by an iterator that goes with the network: each step is progress.
  function* chunks(): Generator<Draft<GatewayStatusChunk>> {
    for (const draft of drafts) {
      moved += 1;
      yield draft;
    }
    moved += 1;
  }
  const ended = new AbortController();
  const stalled = new AbortController();
  const watching = watch({ clock, ended: ended.signal, movement: () => moved }, stalled);
  try {
    const both = AbortSignal.any([signal, stalled.signal]);
    const { received } = await gateway.streamStatus(asyncOf(chunks()), { signal: both });
    if (received) return;
    throw new SyncError("not_received", "StreamStatus: the gateway did not take the chunks", {
      retry: "transient",
    });
  } finally {
    ended.abort();
    await watching;
  }
}

// oxlint-disable-next-line require-await -- what the wire takes is asynchronous, and these chunks are there already
async function* asyncOf<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}

type Watched = {
  readonly clock: Clock;
  readonly ended: AbortSignal;
  readonly movement: () => number;
};

async function watch({ clock, ended, movement }: Watched, stalled: AbortController): Promise<void> {
  for (let seen = -1; seen !== movement();) {
    seen = movement();
    await pause(clock, STALL_MS, ended);
    if (ended.aborted) return;
  }
  const why = `StreamStatus: nothing moved for ${STALL_MS / 1_000} s`;
  stalled.abort(new SyncError("stalled", why, { retry: "transient" }));
}
