import { z } from "@hono/zod-openapi";

import { findAgent } from "../control/agents.ts";
import { auditAlone } from "../control/audit.ts";
import { agentConfig } from "../control/config-payload.ts";
import type { ApiContext } from "./context.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { answers, paramsWith, TENANT_PATH, type Api } from "./routes.ts";

const schema = z
  .looseObject({ agent_id: z.string(), sources: z.record(z.string(), z.unknown()) })
  .openapi("AgentConfig");

const route = routesOf("agents");
const get = route.get(`${TENANT_PATH}/agents/{agent_id}/config`, "admin", {
  summary: "What an agent is told, for one that no line leads to; credentials stand in it in clear",
  request: { params: paramsWith("agent_id", "Id of the agent") },
  gives: { 200: answers(schema, "Its configuration") },
});

/** Where an updates' gateway stands, for runs that pass none. */
const NO_GATEWAY = "bundle";

/** Adds the route. */
export function addAgentConfig(app: Api, { sealer }: ApiContext): void {
  app.openapi(get, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const agentId = c.req.valid("param").agent_id;
    if ((await findAgent(db, tenant, agentId)) === undefined) {
      throw new Problem("agent_not_found", `there is no agent "${agentId}"`);
    }
    const { json } = await agentConfig(db, tenant, { agentId, gatewayId: NO_GATEWAY, sealer });
    const { actor } = c.get("caller");
    await auditAlone(db, { tenant, actor, action: "agent.export_config", subject: agentId });
    return c.json(JSON.parse(json) as z.infer<typeof schema>, 200);
  });
}
