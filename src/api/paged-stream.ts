/** A body that is made page by page, each once the one before was taken, so that neither its size nor a slow line costs memory. */
import { pause, type Clock } from "../lib/clock.ts";

/**
 * How long a client may leave what was made for it lying, ms: a page of 0.5 MB takes as long at 2 kB/s. Whoever takes nothing for that
 * long is gone without a word, and held a connection and a page.
 */
const UNTAKEN_MAX_MS = 300_000;

/** A part of a body. */
export interface Part {
  readonly text: string;
  readonly isLast: boolean;
}

/** How such a body comes about. */
export interface Paging {
  /** Goes out before the first part. */
  readonly head: string;
  readonly next: () => Promise<Part>;
  readonly clock: Clock;
  /** Cuts the connection off; absent: the body fails instead. */
  readonly hangUp?: (() => void) | undefined;
}

/** Makes the body. It ends with its last part, and fails, never looking whole, where a part fails or nobody takes it. */
export function pagedStream(paging: Paging): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let untaken = new AbortController();
  const give = (stream: ReadableStreamDefaultController<Uint8Array>, text: string): void => {
    stream.enqueue(encoder.encode(text));
    untaken = new AbortController();
    void awaitTaking(stream, paging, untaken.signal);
  };
  return new ReadableStream(
    {
      start: (stream) => give(stream, paging.head),
      pull: async (stream) => {
        untaken.abort();
        const { text, isLast } = await paging.next();
        give(stream, text);
        if (!isLast) return;
        untaken.abort();
        stream.close();
      },
      cancel: () => untaken.abort(),
    },
    // Nothing ahead of who reads.
    { highWaterMark: 0 },
  );
}

async function awaitTaking(
  stream: ReadableStreamDefaultController<Uint8Array>,
  { clock, hangUp }: Paging,
  taken: AbortSignal,
): Promise<void> {
  await pause(clock, UNTAKEN_MAX_MS, taken);
  if (taken.aborted) return;
  if (hangUp === undefined) stream.error(new Error("nobody took it"));
  else hangUp();
}
