/** Answers that go on, as server-sent events: something now, and more whenever news of a tenant come. */
import type { Context, TypedResponse } from "hono";

import { SyncError } from "../lib/errors.ts";
import type { ApiEnv } from "./caller.ts";
import type { Listener, TenantNews, Told } from "./tenant-news.ts";

/** When a page asks again after its stream ended, ms. */
const RETRY_MS = 2_000;
/** When to come again where too many pages are open, ms. */
const BUSY_AGAIN_MS = 30_000;

/** What such an answer says. */
interface NewsText {
  readonly news: TenantNews;
  /** Events to begin with, as text. */
  readonly first?: string;
  /** Events about what is told; what fails ends the answer, so that who listens asks anew. */
  readonly textOf: (told: Told) => string | Promise<string>;
}

/** A comment where nothing has changed: it keeps proxies from cutting the answer off. */
export const QUIET = ": quiet\n\n";

/** An event as text. */
export function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Answers so until the client goes, the process stops, or some minutes have passed. Throws "busy" where too many listen. */
export function newsStream(c: Context<ApiEnv>, { news, ...text }: NewsText): Body {
  const { tenant } = c.get("tenant");
  const listener = news.open(tenant, c.get("db"));
  if (listener === undefined) {
    throw new SyncError("busy", "too many pages are open", { retry: { afterMs: BUSY_AGAIN_MS } });
  }
  const { stopping } = c.env;
  const close = (): void => {
    stopping?.removeEventListener("abort", close);
    news.close(tenant, listener);
  };
  stopping?.addEventListener("abort", close, { once: true });
  c.req.raw.signal.addEventListener("abort", close, { once: true });
  return c.body(streamOf(listener, { close, ...text }), 200, {
    "content-type": "text/event-stream; charset=utf-8",
    // nginx holds answers back unless it is told not to.
    "x-accel-buffering": "no",
  });
}

type Body = Response & TypedResponse<ReadableStream<Uint8Array>, 200, "body">;
type Streamed = Omit<NewsText, "news"> & { readonly close: () => void };

function streamOf(
  listener: Listener,
  { close, first = "", textOf }: Streamed,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start: (stream) => stream.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n${first}`)),
    pull: async (stream) => {
      try {
        const told = await listener.next();
        if (told !== undefined) return stream.enqueue(encoder.encode(await textOf(told)));
      } catch (thrown) {
        close();
        throw thrown;
      }
      close();
      stream.close();
    },
    cancel: close,
  });
}
