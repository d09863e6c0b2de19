import { createRoute, z } from "@hono/zod-openapi";

import { findAgent } from "../control/agents.ts";
import { audit } from "../control/audit.ts";
import { agentConfig } from "../control/config-payload.ts";
import type { ApiContext } from "./context.ts";
import { Problem } from "./errors.ts";
import { answers, needs, paramsWith, PROBLEMS, TENANT_PATH, type Api } from "./routes.ts";

const schema = z
  .looseObject({ agent_id: z.string(), sources: z.record(z.string(), z.unknown()) })
  .openapi("AgentConfig");

const get = createRoute({
  method: "get",
  path: `${TENANT_PATH}/agents/{agent_id}/config`,
  tags: ["agents"],
  summary: "What an agent is told, for one that no line leads to; credentials stand in it in clear",
  ...needs("admin"),
  request: { params: paramsWith("agent_id", "Id of the agent") },
  responses: { 200: answers(schema, "Its configuration"), ...PROBLEMS },
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
    await audit(db, { tenant, actor, action: "agent.export_config", subject: agentId });
    return c.json(JSON.parse(json) as z.infer<typeof schema>, 200);
  });
}
