/**
 * Who may read the metrics. Beside the API: the platform's administrator all of them, a token those of its tenant. On a port of
 * their own: whoever reaches it, all of them.
 */
import { OpenAPIHono } from "@hono/zod-openapi";

import { authenticate } from "./access.ts";
import { isPlatform, type ApiEnv } from "./caller.ts";
import type { ApiContext } from "./context.ts";
import { answerThrown, Problem } from "./errors.ts";
import { addHealth } from "./health.ts";
import type { Metrics } from "./metrics.ts";
import type { Api } from "./routes.ts";

const PATH = "/metrics";

/** Adds /metrics to the API. */
export function addMetrics(app: Api, context: ApiContext, metrics: Metrics): void {
  app.get(PATH, authenticate(context), async (c) => {
    const caller = c.get("caller");
    if (caller.kind === "user" && !isPlatform(caller)) {
      throw new Problem("platform_only", "a token of your tenant reads its metrics");
    }
    const text = await metrics.text(caller.kind === "token" ? caller.slug : undefined);
    return c.body(text, 200, { "content-type": metrics.contentType });
  });
}

/** What a port for watchers serves: /metrics, /healthz, /readyz and /version, without a password. */
export function createMetricsApp(context: ApiContext, metrics: Metrics): Api {
  const app: Api = new OpenAPIHono<ApiEnv>();
  app.onError((thrown, c) => answerThrown(thrown, c, context.log));
  addHealth(app, context);
  app.get(PATH, async (c) =>
    c.body(await metrics.text(), 200, { "content-type": metrics.contentType }),
  );
  return app;
}
