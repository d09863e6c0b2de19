/** Live state: a stream that says where something has changed, so that open pages ask again. */
import { z } from "@hono/zod-openapi";

import { routesOf } from "./declare.ts";
import { eventText, newsStream, QUIET } from "./news-stream.ts";
import { TENANT_PATH, tenantParams, type Api } from "./routes.ts";
import type { TenantNews, Told } from "./tenant-news.ts";

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
export function addEvents(app: Api, news: TenantNews): void {
  app.openapi(get, (c) => newsStream(c, { news, textOf }));
}

function textOf(told: Told): string {
  if (told.size === 0) return QUIET;
  return [...told].map(([topic, figures]) => eventText(topic, figures)).join("");
}
