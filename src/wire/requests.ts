import {
  Metadata,
  type Client,
  type ClientDuplexStream,
  type ClientWritableStream,
  type ServiceError,
} from "@grpc/grpc-js";

import type { Draft } from "./messages.ts";
import { syncErrorOf } from "./rpc-error.ts";
import type { Rpc } from "./stubs.ts";

/** Messages to be sent, from memory or made on the way. */
export type Outgoing<Message> = AsyncIterable<Message> | Iterable<Message>;

/** When a call ends at the latest. */
interface Bounds {
  readonly signal: AbortSignal;
  /** Milliseconds since 1970, or Infinity. */
  readonly deadline: number;
}

/** Sends one message and resolves with the answer. */
export async function unaryRequest<Request, Response>(
  client: Client,
  rpc: Rpc<Request, Response>,
  { draft, signal, deadline }: Bounds & { readonly draft: Draft<Request> },
): Promise<Response> {
  signal.throwIfAborted();
  const { answer, onAnswer } = expectAnswer<Response>(rpc);
  const call = client.makeUnaryRequest(
    rpc.path,
    rpc.request.encode,
    rpc.response.decode,
    draft,
    new Metadata(),
    { deadline },
    onAnswer,
  );
  return cancellable(call, signal, () => answer);
}

/** Sends a stream of messages and resolves with the answer, which may come before the last of them. */
export async function clientStreamRequest<Request, Response>(
  client: Client,
  rpc: Rpc<Request, Response>,
  { drafts, signal, deadline }: Bounds & { readonly drafts: Outgoing<Draft<Request>> },
): Promise<Response> {
  signal.throwIfAborted();
  const { answer, onAnswer } = expectAnswer<Response>(rpc);
  const call = client.makeClientStreamRequest<Draft<Request>, Response>(
    rpc.path,
    rpc.request.encode,
    rpc.response.decode,
    new Metadata(),
    { deadline },
    onAnswer,
  );
  return cancellable(call, signal, async () => {
    await pump(drafts, call, answer);
    return answer;
  });
}

/** Sends a stream of messages and yields what comes back, until the server ends the stream or the caller leaves the loop. */
export async function* bidiRequest<Request, Response>(
  client: Client,
  rpc: Rpc<Request, Response>,
  { drafts, signal, deadline }: Bounds & { readonly drafts: Outgoing<Draft<Request>> },
): AsyncGenerator<Response, void, void> {
  signal.throwIfAborted();
  const call = client.makeBidiStreamRequest<Draft<Request>, Response>(
    rpc.path,
    rpc.request.encode,
    rpc.response.decode,
    new Metadata(),
    { deadline },
  );
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  call.once("status", () => end());
  const cancel = (): void => call.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  let broken: { readonly why: unknown } | undefined;
  const sending = pump(drafts, call, ended).catch((why: unknown) => {
    broken = { why };
    call.cancel();
  });
  try {
    yield* messagesOf(call);
  } catch (thrown) {
    signal.throwIfAborted();
    throw broken === undefined ? syncErrorOf(thrown, nameOf(rpc)) : broken.why;
  } finally {
    signal.removeEventListener("abort", cancel);
    call.cancel();
    end();
    await sending;
  }
}

function messagesOf<Request, Response>(
  call: ClientDuplexStream<Request, Response>,
): AsyncIterable<Response> {
  // Cancelling makes grpc-js emit an error when nobody reads any more; without a listener that ends the process.
  call.on("error", () => undefined);
  return call as AsyncIterable<Response>;
}

type Answer<Response> = {
  readonly answer: Promise<Response>;
  readonly onAnswer: (error: ServiceError | null, response?: Response) => void;
};

function expectAnswer<Response>(rpc: Rpc<unknown, Response>): Answer<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  // Where the messages to be sent fail first, nobody asks for the answer any more.
  promise.catch(() => undefined);
  return {
    answer: promise,
    onAnswer: (error, response) => {
      if (error === null) resolve(response as Response);
      else reject(syncErrorOf(error, nameOf(rpc)));
    },
  };
}

function nameOf(rpc: { readonly path: string }): string {
  return rpc.path.slice(rpc.path.lastIndexOf("/") + 1);
}

async function cancellable<Response>(
  call: { cancel(): void },
  signal: AbortSignal,
  work: () => Promise<Response>,
): Promise<Response> {
  const cancel = (): void => call.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await work();
  } catch (thrown) {
    cancel();
    signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** Sends one message at a time, each taken once the one before is on the network; stops quietly when the call has ended. */
async function pump<Message>(
  drafts: Outgoing<Message>,
  call: ClientWritableStream<Message>,
  ended: Promise<unknown>,
): Promise<void> {
  const end = ended.then(
    () => undefined,
    () => undefined,
  );
  const iterator = each(drafts);
  for (;;) {
    const taken = iterator.next();
    const next = await Promise.race([taken, end]);
    if (next === undefined) return abandon(iterator, taken);
    if (next.done === true) break;
    const isSent = await Promise.race([written(call, next.value), end]);
    if (isSent === undefined) return abandon(iterator, taken);
  }
  call.end();
}

async function* each<Message>(drafts: Outgoing<Message>): AsyncGenerator<Message, void, void> {
  yield* drafts;
}

/** grpc-js calls back once HTTP/2's flow control has let the message through, never if the call ended meanwhile. */
function written<Message>(call: ClientWritableStream<Message>, message: Message): Promise<true> {
  const { promise, resolve } = Promise.withResolvers<true>();
  call.write(message, () => resolve(true));
  return promise;
}

/** Not waited for: the one who makes the messages may be waiting for something that no longer comes. */
function abandon(iterator: AsyncGenerator<unknown, void, void>, taken: Promise<unknown>): void {
  taken.catch(() => undefined);
  iterator.return().catch(() => undefined);
}
