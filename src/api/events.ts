/** Live state: a stream that says where something has changed, so that open pages ask again. */
import { z } from "@hono/zod-openapi";

import { SyncError } from "../lib/errors.ts";
import type { ApiContext } from "./context.ts";
import { routesOf } from "./declare.ts";
import { TENANT_PATH, tenantParams, type Api } from "./routes.ts";
import { TenantNews, type Listener, type Told } from "./tenant-news.ts";

/** When a page asks again after its stream ended, ms. */
const RETRY_MS = 2_000;
/** When to come again where too many pages are open, ms. */
const BUSY_AGAIN_MS = 30_000;

const route = routesOf("events");
const get = route.get(`${TENANT_PATH}/events`, "viewer", {
  summary: "Where something has changed, as server-sent events",
  request: { params: tenantParams },
  gives: {
    200: {
      description:
        "Events `runs`, `sources`, `agents`, `inbox`, `commands` and `devices`, each with a few figures as JSON: something there has changed, ask for it. It ends after some minutes; then ask anew",
      content: { "text/event-stream": { schema: z.string() } },
    },
  },
});

/** Adds the route of live state. */
export function addEvents(app: Api, { clock }: ApiContext): void {
  const news = new TenantNews(clock);
  app.openapi(get, (c) => {
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
    return c.body(streamOf(listener, close), 200, {
      "content-type": "text/event-stream; charset=utf-8",
      // nginx holds answers back unless it is told not to.
      "x-accel-buffering": "no",
    });
  });
}

function streamOf(listener: Listener, close: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start: (stream) => stream.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`)),
    pull: async (stream) => {
      const told = await listener.next();
      if (told === undefined) {
        close();
        stream.close();
      } else stream.enqueue(encoder.encode(textOf(told)));
    },
    cancel: close,
  });
}

/** A comment where nothing has changed: it keeps proxies from cutting the answer off. */
function textOf(told: Told): string {
  if (told.size === 0) return ": quiet\n\n";
  const events = [...told].map(([topic, figures]) => {
    return `event: ${topic}\ndata: ${JSON.stringify(figures)}\n\n`;
  });
  return events.join("");
}
