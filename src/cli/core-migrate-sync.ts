import type { z } from "@hono/zod-openapi";

import type { migratedSourcesSchema } from "../api/contract-sources.ts";
import { EXIT } from "../lib/exit-code.ts";
import { optional, required, toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { readJsonFile } from "./core-json-file.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import { blameFile, onlyAgent } from "./core-source.ts";
import type { Command } from "./program.ts";
import { plain, sectionLines } from "./table.ts";

type Migrated = z.infer<typeof migratedSourcesSchema>;

/** migrate-sync-json. */
export const MIGRATE_SYNC_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "migrate-sync-json",
    summary: "Make sources of the sync.json of the original's standalone service",
    operands: { file: required("FILE", '"-" reads standard input') },
    flags: {
      agent: optional("AGENT", "who runs them (needed where there are several agents)"),
      dryRun: toggle("only tell what would be made, and what not"),
    },
    run: (values, session) => migrateFile(values, session),
  }),
];

async function migrateFile(
  {
    file,
    agent,
    dryRun,
  }: { readonly file: string; readonly agent: string | undefined; readonly dryRun: boolean },
  session: TenantSession,
): Promise<void> {
  const payload = await readJsonFile(file, session.context);
  const agentId = agent ?? (dryRun ? undefined : await onlyAgent(session));
  const path = session.path(["sync-json"], { agent_id: agentId, dry_run: dryRun });
  const body = await session
    .ask<Migrated>({ method: "POST", path, body: payload })
    .catch((thrown: unknown) => blameFile(file, thrown));
  session.show(body, () => migratedLines(body));
  if (body.refused.length > 0) throw new Misuse("not every source was taken over", EXIT.partial);
}

function migratedLines({
  applied = [],
  would_make: names = [],
  refused,
  left_behind: leftBehind,
}: Migrated): readonly string[] {
  const made = [
    ...applied.map(({ source, outcome }) => `Source ${source.name} was ${outcome}.`),
    ...(names.length === 0 ? [] : [`Would be made: ${names.join(", ")}`]),
  ];
  return [
    ...(made.length === 0 ? ["There is no source that can be made."] : made),
    ...reportLines(refused, leftBehind),
  ];
}

function reportLines(
  refused: Migrated["refused"],
  leftBehind: Migrated["left_behind"],
): readonly string[] {
  const all = [
    ...refused.map(({ name, why }) => plain(`source ${name}: ${why}`)),
    ...leftBehind.map(({ member, why }) => plain(`${member}: ${why}`)),
  ];
  return all.length === 0 ? [] : sectionLines("Not taken over", all);
}
