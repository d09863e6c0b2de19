/** The REST API: one application for the network, for the local socket and for commands that work without a server. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ZodError } from "zod";

import { AttemptSweep } from "../control/login-attempts.ts";
import { Passwords } from "../control/passwords.ts";
import { VERSION } from "../lib/version.ts";
import { authenticate, scopeToTenant } from "./access.ts";
import { addAgentConfig } from "./agent-config.ts";
import { addAgents } from "./agents.ts";
import { addAssertions } from "./assertions.ts";
import { addAudit } from "./audit.ts";
import { addAuthorities } from "./authorities.ts";
import { limitBody } from "./body-limit.ts";
import type { ApiEnv } from "./caller.ts";
import { addCommands } from "./commands.ts";
import { addCompatDevices } from "./compat-devices.ts";
import type { ApiContext } from "./context.ts";
import { addDeviceActs } from "./device-acts.ts";
import { addDeviceExport } from "./device-export.ts";
import { addDeviceLists } from "./device-list.ts";
import { addDevices } from "./devices.ts";
import { docsPage, DOCS_STYLE } from "./docs-page.ts";
import { answerThrown, Problem } from "./errors.ts";
import { entityTag } from "./etag.ts";
import { addEvents } from "./events.ts";
import { addExplain } from "./explain.ts";
import { addHealth, addWriteCheck } from "./health.ts";
import { addHolds } from "./holds.ts";
import { addImports } from "./imports.ts";
import { addInbox } from "./inbox.ts";
import { addIngest } from "./ingest.ts";
import { addLogin } from "./login.ts";
import { addMembers } from "./members.ts";
import { addMetrics } from "./metrics-routes.ts";
import type { Metrics } from "./metrics.ts";
import { addOidc } from "./oidc-routes.ts";
import { addOverview } from "./overview.ts";
import { methodsOf } from "./path-methods.ts";
import type { People } from "./people.ts";
import { addPlatform } from "./platform.ts";
import { addProgress } from "./progress.ts";
import { addQuality } from "./quality.ts";
import { addQuarantine } from "./quarantine.ts";
import { RecentCounts } from "./recent-counts.ts";
import { RecentFinds } from "./recent-finds.ts";
import { addRederivations } from "./rederivations.ts";
import { addRehearsals } from "./rehearsals.ts";
import { addRetention } from "./retention.ts";
import { addRetractions } from "./retractions.ts";
import type { Api } from "./routes.ts";
import { addRules } from "./rules.ts";
import { addRunUndo } from "./run-undo.ts";
import { addRuns } from "./runs.ts";
import { securityHeaders } from "./security-headers.ts";
import { addSession } from "./session.ts";
import { addSourceRecords } from "./source-records.ts";
import { addSources } from "./sources.ts";
import { addSyncJson } from "./sync-json.ts";
import { addTagChanges } from "./tag-changes.ts";
import { TenantNews } from "./tenant-news.ts";
import { addTenants } from "./tenants.ts";
import { addTokens } from "./tokens.ts";
import { addTuning } from "./tuning.ts";
import type { UiFiles } from "./ui-files.ts";
import { addUi } from "./ui-routes.ts";
import { addUsers } from "./users.ts";
import { addViews } from "./views.ts";

/** What an application may serve beside the API itself. */
export interface BesideApi {
  readonly metrics?: Metrics | undefined;
  readonly ui?: UiFiles | undefined;
}

/** What works on devices that a query finds. */
function addFoundDevices(app: Api, context: ApiContext, news: TenantNews): void {
  const finds = new RecentFinds(context.clock);
  addDeviceLists(app, context, { finds, news });
  addDeviceExport(app, context, finds);
  addTagChanges(app, context);
}

/** Makes the application. It holds nothing open; `context` outlives it. */
export function createApi(context: ApiContext, { metrics, ui }: BesideApi = {}): Api {
  const app: Api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.target, result.error);
    },
  });
  app.onError((thrown, c) => answerThrown(readable(thrown), c, context.log));
  app.notFound((c) => answerThrown(unrouted(app, c), c, context.log));
  app.use(securityHeaders);
  const people: People = {
    passwords: new Passwords(),
    attempts: new AttemptSweep(),
    oidc: context.oidc,
  };
  addLogin(app, context, people);
  addOidc(app, context, context.oidc);
  app.use("/api/*", entityTag);
  app.use("/api/*", authenticate(context));
  app.use("/api/v1/tenants/:tenant/*", scopeToTenant(context));
  app.use("/api/*", limitBody);
  addHealth(app, context);
  if (metrics !== undefined) addMetrics(app, context, metrics);
  addSession(app, context, people);
  addUsers(app, context, people);
  addMembers(app, context);
  addAudit(app, context);
  const counts = new RecentCounts(context.clock);
  addOverview(app, context, counts);
  const news = new TenantNews(context.clock);
  addEvents(app, news);
  addViews(app);
  addTenants(app, context);
  addAgents(app, context);
  addSources(app, context);
  addSyncJson(app, context);
  addSourceRecords(app);
  addCommands(app, context);
  addRuns(app);
  addProgress(app);
  addRunUndo(app);
  addIngest(app, context);
  addAuthorities(app, context);
  addPlatform(app, context, counts);
  addImports(app, context);
  addAgentConfig(app, context);
  addRetention(app);
  addRetractions(app);
  addFoundDevices(app, context, news);
  addCompatDevices(app, context);
  addDevices(app);
  addRules(app, context);
  addRehearsals(app, context);
  addHolds(app, context);
  addRederivations(app, context);
  addQuality(app);
  addDeviceActs(app, context);
  addAssertions(app, context);
  addQuarantine(app);
  addExplain(app);
  addTokens(app, context);
  addInbox(app, context);
  addTuning(app, context);
  addWriteCheck(app, context);
  addDocument(app);
  if (ui !== undefined) addUi(app, ui);
  return app;
}

/** Why no route took a request; where the path is one, it also says by which methods. */
function unrouted({ routes }: Api, c: Context): Problem {
  const { method, path } = c.req;
  const methods = methodsOf(routes, path);
  if (methods.length === 0) return new Problem("not_found", `there is no ${method} ${path}`);
  c.header("allow", methods.join(", "));
  return new Problem("method_not_allowed", `${path} takes ${methods.join(", ")}, not ${method}`);
}

function addDocument(app: Api): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "A token of one tenant: serviceradar-core token create",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "__Host-serviceradar",
    description: "A browser's session; changes need the header x-csrf-token too",
  });
  const about = {
    openapi: "3.1.0",
    info: { title: "ServiceRadar Sync", version: VERSION, license: { name: "Apache-2.0" } },
  };
  app.doc31("/openapi.json", about);
  app.get("/docs", (c) => c.html(docsPage(app.getOpenAPI31Document(about))));
  app.get("/docs/style.css", (c) =>
    c.body(DOCS_STYLE, 200, { "content-type": "text/css; charset=utf-8" }),
  );
}

/** Parts of a request as its sender knows them. */
const PARTS: Readonly<Record<string, string>> = { json: "body", param: "path" };

/** The first thing that is wrong, in one sentence, and all of them by member. */
function invalid(target: string, { issues }: ZodError): Problem {
  const errors = issues.map((issue) => ({
    path: issue.path.length === 0 ? (PARTS[target] ?? target) : issue.path.map(String).join("."),
    message: issue.code === "unrecognized_keys" ? `has no ${issue.keys.join(", ")}` : issue.message,
  }));
  const [first] = errors;
  const detail =
    first === undefined ? "the request is not valid" : `${first.path}: ${first.message}`;
  return new Problem("invalid_request", detail, { errors });
}

/** The framework's own refusal, of a body that is no JSON, as one of ours. */
function readable(thrown: unknown): unknown {
  if (!(thrown instanceof HTTPException) || thrown.status >= 500) return thrown;
  return new Problem("invalid_request", thrown.message || "the request cannot be read");
}
