import { SyncError } from "../lib/errors.ts";

/** More unsent answers than this mean that the gateway sends commands and takes no answers. */
const MESSAGES_MAX = 1_000;

/** Messages for an open stream: pushed when they arise, taken as fast as the network lets them through. */
export class OutgoingQueue<Message> implements AsyncIterable<Message> {
  readonly #messages: Message[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;
  #failure: { readonly thrown: unknown } | undefined;

  /** Throws SyncError "overrun" where nobody has taken anything for long. */
  push(message: Message): void {
    if (this.#messages.length >= MESSAGES_MAX) {
      const why = `control stream: ${MESSAGES_MAX} answers are waiting to be sent`;
      throw new SyncError("overrun", why, { retry: "transient" });
    }
    this.#messages.push(message);
    this.#wake?.();
  }

  /** Has the stream that takes the messages end with this failure. */
  fail(thrown: unknown): void {
    this.#failure ??= { thrown };
    this.#wake?.();
  }

  /** No message will come any more. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.thrown;
      yield* this.#messages.splice(0);
      if (this.#messages.length > 0) continue;
      if (this.#isOver) return;
      if (this.#failure !== undefined) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }
}
