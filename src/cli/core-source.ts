import type { z } from "@hono/zod-openapi";

import type { appliedSourceSchema, sourceSchema } from "../api/contract-sources.ts";
import type { agentSchema } from "../api/contract.ts";
import { ConfigError } from "../lib/errors.ts";
import { optional, required, toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { inputName, readJsonFile } from "./core-json-file.ts";
import { Misuse, RefusedRequest, tenantCommand, type TenantSession } from "./core-session.ts";
import { appliedLines, sourceLines, sourceTable } from "./core-source-text.ts";
import type { Command } from "./program.ts";

type Source = z.infer<typeof sourceSchema>;
type Applied = z.infer<typeof appliedSourceSchema>;
type Agent = z.infer<typeof agentSchema>;

const sourceOperand = { source: required("SOURCE", "name or id of the source") };

/** source list, get, apply, enable, disable, delete. */
export const SOURCE_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "source list",
    summary: "Show a tenant's sources",
    run: async (_, session) => {
      const path = session.path(["sources"]);
      const body = await session.ask<{ sources: Source[] }>({ method: "GET", path });
      session.show(body, () => sourceTable(body.sources, session));
    },
  }),
  tenantCommand({
    name: "source get",
    summary: "Show one source",
    operands: sourceOperand,
    run: async ({ source }, session) => {
      const path = session.path(["sources", source]);
      const body = await session.ask<Source>({ method: "GET", path });
      session.show(body, () => sourceLines(body, session.context.clock.now()));
    },
  }),
  tenantCommand({
    name: "source apply",
    summary: "Make or change the sources of an integration payload",
    operands: { file: required("FILE", 'JSON with "sources"; "-" reads standard input') },
    flags: { agent: optional("AGENT", "who runs them (needed where there are several agents)") },
    run: async ({ file, agent }, session) => {
      const payload = await readJsonFile(file, session.context);
      const agentId = agent ?? (await onlyAgent(session));
      const path = session.path(["sources"], { agent_id: agentId });
      const asked = { method: "POST", path, body: payload } as const;
      const body = await session.ask<{ applied: Applied[] }>(asked).catch((thrown: unknown) => {
        const isPayload =
          thrown instanceof RefusedRequest && thrown.problem.code === "invalid_source";
        throw isPayload ? new ConfigError(inputName(file), thrown.message) : thrown;
      });
      session.show(body, () => appliedLines(body.applied));
    },
  }),
  switchCommand("enable", "Have the agent run a source"),
  switchCommand("disable", "Have the agent leave a source alone"),
  tenantCommand({
    name: "source delete",
    summary: "Delete a source and wipe its credentials; its records stay in the inventory",
    operands: sourceOperand,
    flags: { yes: toggle("do not ask") },
    run: async ({ source, yes }, session) => {
      const path = session.path(["sources", source]);
      const known = await session.ask<Source>({ method: "GET", path });
      if (!yes) await confirm(known, session);
      const body = await session.ask<{ source: Source }>({ method: "DELETE", path });
      session.show(body, () => [
        `Source ${body.source.name} is deleted, its credentials are wiped. Its records stay in the inventory.`,
      ]);
    },
  }),
];

function switchCommand(verb: "enable" | "disable", summary: string): Command<CoreContext> {
  return tenantCommand({
    name: `source ${verb}`,
    summary,
    operands: sourceOperand,
    run: async ({ source }, session) => {
      const path = session.path(["sources", source, verb]);
      const body = await session.ask<Source>({ method: "POST", path });
      session.show(body, () => [
        `Source ${body.name} is ${verb}d. Agent ${body.agent_id} hears of it with its next configuration.`,
      ]);
    },
  });
}

async function onlyAgent(session: TenantSession): Promise<string> {
  const path = session.path(["agents"]);
  const { agents } = await session.ask<{ agents: Agent[] }>({ method: "GET", path });
  const [only, ...others] = agents.filter(({ state }) => state !== "revoked");
  if (only === undefined) {
    throw new Misuse(
      `tenant ${session.slug} has no agent to run a source; make one with: ${session.commandLine("agent create --agent-id AGENT")}`,
    );
  }
  if (others.length === 0) return only.agent_id;
  const ids = [only, ...others].map(({ agent_id: id }) => id).join(", ");
  throw new Misuse(`--agent is needed, since the tenant has several agents: ${ids}`);
}

async function confirm(source: Source, { context, slug }: TenantSession): Promise<void> {
  if (context.ask === undefined) {
    throw new Misuse(`deleting a source cannot be undone; say --yes where nobody can be asked`);
  }
  const answer = await context.ask(
    `Delete source ${source.name} (${source.type}, ${source.endpoint}) of tenant ${slug}? Its name confirms: `,
  );
  if (answer.trim() !== source.name) throw new Misuse("nothing was deleted");
}
