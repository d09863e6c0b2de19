/** Routes that have an agent do something now. Each answers at once with the command, whose end is asked for by its id. */
import type { z } from "@hono/zod-openapi";

import { agentState } from "../control/agent-state.ts";
import { findAgent } from "../control/agents.ts";
import {
  findCommand,
  queueCommand,
  type Command,
  type WantedCommand,
} from "../control/commands.ts";
import { findSource, type Source } from "../control/sources.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Db } from "../db/pool.ts";
import { openRehearsal } from "../dire/rehearsal-store.ts";
import type { ApiContext } from "./context.ts";
import { commandSchema, previewQuery, runQuery } from "./contract-commands.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { answers, paramsWith, TENANT_PATH, timeOf, type Api } from "./routes.ts";

const route = routesOf("commands");
const params = paramsWith("source", "Name or id of the source");
const ONE = `${TENANT_PATH}/sources/{source}` as const;
const accepted = { 202: answers(commandSchema, "The command, on its way") };

const run = route.post(`${ONE}/run`, "operator", {
  summary: "Pull a source now",
  request: { params, query: runQuery },
  gives: accepted,
});

const cancel = route.post(`${ONE}/cancel`, "operator", {
  summary: "End a source's run in flight; what it delivered stays",
  request: { params },
  gives: accepted,
});

const test = route.post(`${ONE}/test`, "operator", {
  summary: "Test a source from its agent: name, port, certificate, credentials, rights, devices",
  request: { params },
  gives: accepted,
});

const preview = route.post(`${ONE}/preview`, "operator", {
  summary: "Show a source's first devices as a run would send them; nothing is stored",
  request: { params, query: previewQuery },
  gives: accepted,
});

const rehearse = routesOf("commands", "rehearsals").post(`${ONE}/rehearse`, "operator", {
  summary:
    "Have a source read by its agent and tell what that would do to the inventory, without doing it",
  request: { params },
  gives: accepted,
});

const diagnostics = route.post(`${TENANT_PATH}/agents/{agent_id}/diagnostics`, "operator", {
  summary: "Have an agent make diagnostics: how it is, what it said last; no secret is in them",
  request: { params: paramsWith("agent_id", "Id of the agent") },
  gives: accepted,
});

const get = route.get(`${TENANT_PATH}/commands/{command_id}`, "operator", {
  summary: "A command, as it stands",
  request: { params: paramsWith("command_id", "Id of the command") },
  gives: { 200: answers(commandSchema, "The command") },
});

/** Adds them. */
export function addCommands(app: Api, context: ApiContext): void {
  for (const [one, type] of [
    [cancel, "sync.cancel"],
    [test, "sync.test_connection"],
  ] as const) {
    app.openapi(one, async (c) => {
      const { source } = c.req.valid("param");
      const asked = { source, type, payload: {}, actor: c.get("caller").actor };
      return c.json(await queue(context, c.get("tenant"), asked), 202);
    });
  }
  app.openapi(run, async (c) => {
    const { source } = c.req.valid("param");
    const payload = c.req.valid("query");
    const asked = { source, type: "sync.run_now", payload, actor: c.get("caller").actor } as const;
    return c.json(await queue(context, c.get("tenant"), asked), 202);
  });
  app.openapi(preview, async (c) => {
    const { source } = c.req.valid("param");
    const { limit } = c.req.valid("query");
    const { actor } = c.get("caller");
    const asked = { source, type: "sync.preview", payload: { limit }, actor } as const;
    return c.json(await queue(context, c.get("tenant"), asked), 202);
  });
  app.openapi(rehearse, async (c) => {
    const { actor } = c.get("caller");
    const { source } = c.req.valid("param");
    return c.json(await queueRehearsal(context, c.get("tenant"), { source, actor }), 202);
  });
  app.openapi(diagnostics, async (c) => {
    const { tenant } = c.get("tenant");
    const agentId = c.req.valid("param").agent_id;
    const wanted = {
      agentId,
      type: "agent.diagnostics",
      payload: {},
      actor: c.get("caller").actor,
    };
    return c.json(await queueForAgent(context, tenant, wanted), 202);
  });
  app.openapi(get, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    return c.json(shown(await commandOf(db, tenant, c.req.valid("param").command_id)), 200);
  });
}

/** How long a command is worth carrying out, s: the original's default. Its answer may come later. */
const TTL_SECONDS = 60;

type CommandType =
  | "sync.run_now"
  | "sync.cancel"
  | "sync.test_connection"
  | "sync.preview"
  | "sync.rehearse";
type Asked = {
  readonly source: string;
  readonly type: CommandType;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly actor: string;
};

async function queue(
  context: ApiContext,
  tenant: Tenant,
  { source: named, type, payload, actor }: Asked,
): Promise<z.infer<typeof commandSchema>> {
  const source = await sourceNamed(context, tenant, named);
  if (!source.enabled && type === "sync.run_now") {
    const detail = `source "${source.name}" is disabled; enable it first`;
    throw new Problem("source_disabled", detail);
  }
  return await queueForAgent(context, tenant.tenant, {
    agentId: source.agentId,
    type,
    serviceId: source.serviceId,
    payload: { ...payload, sync_service_id: source.serviceId, name: source.name },
    actor,
  });
}

async function sourceNamed(
  { db }: ApiContext,
  { tenant, slug }: Tenant,
  named: string,
): Promise<Source> {
  const source = await findSource(db.forTenant(tenant), tenant, named);
  if (source !== undefined) return source;
  throw new Problem("source_not_found", `tenant "${slug}" has no source "${named}"`);
}

/** The rehearsal is open before its agent hears of it. */
async function queueRehearsal(
  context: ApiContext,
  at: Tenant,
  { source: named, actor }: Pick<Asked, "source" | "actor">,
): Promise<z.infer<typeof commandSchema>> {
  const { tenant } = at;
  const db = context.db.forTenant(tenant);
  const { agentId, serviceId: instance } = await sourceNamed(context, at, named);
  await refuseAway(db, tenant, { agentId, nowMs: context.clock.now() });
  const { rehearsalNo } = await openRehearsal(db, tenant, { instance, agentId, actor });
  const payload = { rehearsal_no: rehearsalNo };
  return await queue(context, at, { source: named, type: "sync.rehearse", payload, actor });
}

async function queueForAgent(
  { db: dbs, clock }: ApiContext,
  tenant: number,
  wanted: Omit<WantedCommand, "ttlSeconds">,
): Promise<z.infer<typeof commandSchema>> {
  const db = dbs.forTenant(tenant);
  await refuseAway(db, tenant, { agentId: wanted.agentId, nowMs: clock.now() });
  const commandId = await queueCommand(db, tenant, { ...wanted, ttlSeconds: TTL_SECONDS });
  return shown(await commandOf(db, tenant, commandId));
}

/** A command that cannot arrive is not queued: whoever asks wants to know now. */
async function refuseAway(
  db: Db,
  tenant: number,
  { agentId, nowMs }: { readonly agentId: string; readonly nowMs: number },
): Promise<void> {
  const agent = await findAgent(db, tenant, agentId);
  if (agent === undefined) throw new Problem("agent_not_found", `there is no agent "${agentId}"`);
  const state = agentState(agent, nowMs);
  if (state === "online") return;
  const since = agent.lastSeenMs === undefined ? "" : `, last seen ${timeOf(agent.lastSeenMs)}`;
  const detail = `agent "${agentId}" is ${state.replace("_", " ")}${since}; it would not hear of it`;
  throw new Problem("agent_not_online", detail);
}

async function commandOf(db: Db, tenant: number, commandId: string): Promise<Command> {
  const command = await findCommand(db, tenant, commandId);
  if (command !== undefined) return command;
  throw new Problem("command_not_found", `there is no command "${commandId}"`);
}

function shown(command: Command): z.infer<typeof commandSchema> {
  return {
    command_id: command.commandId,
    agent_id: command.agentId,
    type: command.type,
    source_id: command.serviceId,
    rehearsal_no: command.rehearsalNo,
    state: command.state,
    progress_percent: command.progressPercent,
    message: command.message,
    result: command.result,
    actor: command.actor,
    created_at: timeOf(command.createdMs),
    ended_at: timeOf(command.endedMs),
  };
}
