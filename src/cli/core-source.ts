import type { z } from "@hono/zod-openapi";

import type { adoptedSchema, deletedSourceSchema } from "../api/contract-runs.ts";
import type { appliedSourceSchema, sourceSchema } from "../api/contract-sources.ts";
import type { agentSchema } from "../api/contract.ts";
import { ConfigError } from "../lib/errors.ts";
import { oneOf, optional, required, toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { inputName, readJsonFile } from "./core-json-file.ts";
import { LIST_FLAGS, showList } from "./core-list.ts";
import { pagesOf, type Page } from "./core-pages.ts";
import { Misuse, RefusedRequest, tenantCommand, type TenantSession } from "./core-session.ts";
import { appliedLines, sourceLines, sourceList } from "./core-source-text.ts";
import type { Command } from "./program.ts";
import { countOf } from "./wording.ts";

type Source = z.infer<typeof sourceSchema>;
type Deleted = z.infer<typeof deletedSourceSchema>;
type Adopted = z.infer<typeof adoptedSchema>;
type Applied = z.infer<typeof appliedSourceSchema>;
type Agent = z.infer<typeof agentSchema>;

const sourceOperand = { source: required("SOURCE", "name or id of the source") };

/** source list, get, apply, change, enable, disable, delete, adopt. */
export const SOURCE_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "source list",
    summary: "Show a tenant's sources",
    flags: { agent: optional("AGENT", "only those that this agent pulls"), ...LIST_FLAGS },
    run: ({ agent, ...wanted }, session) => showList(session, sourceList(session, agent), wanted),
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
    flags: {
      agent: optional("AGENT", "who runs them (needed where there are several agents)"),
      disabled: toggle("new ones wait until they are enabled, to be tested and rehearsed first"),
    },
    run: async ({ file, agent, disabled }, session) => {
      const payload = await readJsonFile(file, session.context);
      const agentId = agent ?? (await onlyAgent(session));
      const query = { agent_id: agentId, enabled: disabled ? false : undefined };
      const asked = {
        method: "POST",
        path: session.path(["sources"], query),
        body: payload,
      } as const;
      const body = await session
        .ask<{ applied: Applied[] }>(asked)
        .catch((thrown: unknown) => blameFile(file, thrown));
      session.show(body, () => appliedLines(body.applied));
    },
  }),
  tenantCommand({
    name: "source change",
    summary: "Change some settings of a source, or the agent that runs it",
    operands: {
      ...sourceOperand,
      file: required(
        "FILE",
        'JSON of the members that change, null to take one away; "-" reads standard input',
      ),
    },
    run: async ({ source, file }, session) => {
      const body = await readJsonFile(file, session.context);
      const asked = { method: "PATCH", path: session.path(["sources", source]), body } as const;
      const applied = await session
        .ask<Applied>(asked)
        .catch((thrown: unknown) => blameFile(file, thrown));
      session.show(applied, () => appliedLines([applied]));
    },
  }),
  switchCommand("enable", "Have the agent run a source"),
  switchCommand("disable", "Have the agent leave a source alone"),
  tenantCommand({
    name: "source delete",
    summary: "Delete a source and wipe its credentials; its records are kept or retired",
    operands: sourceOperand,
    flags: {
      records: oneOf(["keep", "retire"], "what becomes of its records (asked; with --yes: keep)"),
      yes: toggle("do not ask"),
    },
    run: async ({ source, records: wanted, yes }, session) => {
      const known = await session.ask<Source>({
        method: "GET",
        path: session.path(["sources", source]),
      });
      const records = wanted ?? (yes ? "keep" : await askRecords(known, session));
      if (!yes) await confirm(known, session);
      const path = session.path(["sources", source], { records });
      const body = await session.ask<Deleted>({ method: "DELETE", path });
      await session.work();
      session.show(body, () => deletedLines(body, session));
    },
  }),
  tenantCommand({
    name: "source adopt",
    summary: "Move the records of a deleted source to the one that was made in its place",
    operands: {
      from: required("OLD", "name or id of the source that was deleted"),
      source: required("NEW", "name or id of the source that takes its place"),
    },
    run: async ({ from, source }, session) => {
      const path = session.path(["sources", source, "adopt"]);
      const body = await session.ask<Adopted>({ method: "POST", path, body: { from } });
      await session.work();
      session.show(body, () => [
        `${countOf(body.moved, "record")} of ${from} belong to ${source} now.`,
        ...(body.retired === 0
          ? []
          : [`${countOf(body.retired, "record")} that it lists itself were retired.`]),
      ]);
    },
  }),
];

/** Throws what a request threw; what is wrong with a source as ConfigError of the file that it is from. */
export function blameFile(file: string, thrown: unknown): never {
  const isPayload = thrown instanceof RefusedRequest && thrown.problem.code === "invalid_source";
  throw isPayload ? new ConfigError(inputName(file), thrown.message) : thrown;
}

function deletedLines(
  { source, records, held_retractions: held }: Deleted,
  session: TenantSession,
): readonly string[] {
  const fate = {
    kept: "Its records stay in the inventory.",
    retiring: "Its records are retired.",
    held: "Its records are more than may go unasked, so they stay until you allow it:",
  }[records];
  return [
    `Source ${source.name} is deleted, its credentials are wiped. ${fate}`,
    ...held.map((no) => `  ${session.commandLine(`retractions allow ${no}`)}`),
  ];
}

async function askRecords(source: Source, { context }: TenantSession): Promise<"keep" | "retire"> {
  // Without anybody to ask, the question that follows ends the command with what to say.
  const answer = await context.ask?.(
    `Keep the records of ${source.name} in the inventory, or retire them? (keep/retire) `,
  );
  const given = answer?.trim() ?? "keep";
  if (given === "keep" || given === "retire") return given;
  throw new Misuse(`"${given}" is neither keep nor retire; nothing was deleted`);
}

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

/** Agents named in a complaint; a tenant may have thousands. */
const NAMED_MAX = 10;

type AgentsPage = Page & { readonly agents: readonly Agent[] };

/** The agent of a tenant that has but one. Throws Misuse naming the flag. */
export async function onlyAgent(session: TenantSession): Promise<string> {
  const usable: Agent[] = [];
  const path = ["tenants", session.slug, "agents"];
  for await (const { agents } of pagesOf<AgentsPage>(session, path)) {
    usable.push(...agents.filter(({ state }) => state !== "revoked"));
    if (usable.length > NAMED_MAX) break;
  }
  const [only, ...others] = usable;
  if (only === undefined) {
    throw new Misuse(
      `tenant ${session.slug} has no agent to run a source; make one with: ${session.commandLine("agent create --agent-id AGENT")}`,
    );
  }
  if (others.length === 0) return only.agent_id;
  const ids = usable.slice(0, NAMED_MAX).map(({ agent_id: id }) => id);
  const more = usable.length > NAMED_MAX ? " and more; see: agent list" : "";
  throw new Misuse(
    `--agent is needed, since the tenant has several agents: ${ids.join(", ")}${more}`,
  );
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
