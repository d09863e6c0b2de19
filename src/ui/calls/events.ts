/** Listens to a stream of events for as long as it is wanted, however often it ends. */

/** What is used of an EventSource. */
interface Stream {
  readonly readyState: number;
  addEventListener(type: string, hear: (event: StreamEvent) => void): void;
  close(): void;
}

/** What is used of an event; an opening or an error has no data. */
export interface StreamEvent {
  readonly type: string;
  readonly data?: unknown;
}

/** Who listens. */
export interface Listener {
  /** Opens the stream anew. */
  readonly open: () => Stream;
  /** Types of events that are told. */
  readonly types: readonly string[];
  readonly onEvent: (event: StreamEvent) => void;
  readonly onOpen: () => void;
  /** It is not heard for now; `onOpen` tells when it is again. */
  readonly onLost: () => void;
  /** Calls after so many ms unless the function that it gives is called before. */
  readonly later: (ms: number, call: () => void) => () => void;
}

/** EventSource.CLOSED: it tries no more by itself, as after an answer that is no stream (a proxy's 502, a core that stops: 503). */
const CLOSED = 2;
/** Pause before the first time that a stream which gave up is opened anew, ms, and the longest: each doubles the one before. */
const PAUSE_MS = { first: 2_000, longest: 60_000 };

/** Listens until the function that it gives is called. */
export function listenTo(listener: Listener): () => void {
  let pauseMs = PAUSE_MS.first;
  let stream: Stream | undefined;
  let stopWaiting: (() => void) | undefined;
  const begin = (): void => {
    const opened = listener.open();
    stream = opened;
    for (const type of listener.types) opened.addEventListener(type, listener.onEvent);
    opened.addEventListener("open", () => {
      pauseMs = PAUSE_MS.first;
      listener.onOpen();
    });
    opened.addEventListener("error", () => {
      listener.onLost();
      if (opened.readyState !== CLOSED || opened !== stream) return;
      stream = undefined;
      stopWaiting = listener.later(pauseMs, begin);
      pauseMs = Math.min(PAUSE_MS.longest, 2 * pauseMs);
    });
  };
  begin();
  return () => {
    stopWaiting?.();
    stream?.close();
  };
}
