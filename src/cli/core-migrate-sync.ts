import type { z } from "@hono/zod-openapi";

import type { appliedSourceSchema } from "../api/contract-sources.ts";
import { readSource } from "../control/source-settings.ts";
import { ConfigError } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { migrateSyncJson, type LeftBehind, type MigratedSyncJson } from "../model/sync-json.ts";
import { optional, required, toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { inputName, readJsonFile } from "./core-json-file.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import { onlyAgent } from "./core-source.ts";
import type { Command } from "./program.ts";
import { plain, sectionLines } from "./table.ts";

type Applied = z.infer<typeof appliedSourceSchema>;
type Refused = { readonly name: string; readonly why: string };

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
  const migrated = migrateSyncJson(await readJsonFile(file, session.context));
  if (!migrated.ok) throw new ConfigError(inputName(file), migrated.error);
  const { payload, leftBehind } = migrated.value;
  const { good, refused } = sorted(payload);
  const names = Object.keys(good);
  if (dryRun || names.length === 0) {
    const body = { would_make: names, refused, left_behind: leftBehind };
    session.show(body, () => [
      names.length === 0 ? "No source would be made." : `Would be made: ${names.join(", ")}`,
      ...reportLines(refused, leftBehind),
    ]);
  } else {
    const agentId = agent ?? (await onlyAgent(session));
    const path = session.path(["sources"], { agent_id: agentId });
    const body = { ...payload, sources: good };
    const { applied } = await session.ask<{ applied: Applied[] }>({ method: "POST", path, body });
    session.show({ applied, refused, left_behind: leftBehind }, () => [
      ...applied.map(({ source, outcome }) => `Source ${source.name} was ${outcome}.`),
      ...reportLines(refused, leftBehind),
    ]);
  }
  if (refused.length > 0) throw new Misuse("not every source was taken over", EXIT.partial);
}

/** One source that cannot be used does not keep the others back. */
function sorted({ poll_interval: pollInterval, sources }: MigratedSyncJson["payload"]): {
  readonly good: Readonly<Record<string, unknown>>;
  readonly refused: readonly Refused[];
} {
  const read = Object.entries(sources).map(([name, source]) => ({
    name,
    source,
    draft: readSource(name, source, { pollInterval }),
  }));
  return {
    good: Object.fromEntries(
      read.filter(({ draft }) => draft.ok).map(({ name, source }) => [name, source]),
    ),
    refused: read.flatMap(({ name, draft }) => (draft.ok ? [] : [{ name, why: draft.error }])),
  };
}

function reportLines(
  refused: readonly Refused[],
  leftBehind: readonly LeftBehind[],
): readonly string[] {
  const all = [
    ...refused.map(({ name, why }) => plain(`source ${name}: ${why}`)),
    ...leftBehind.map(({ member, why }) => plain(`${member}: ${why}`)),
  ];
  return all.length === 0 ? [] : sectionLines("Not taken over", all);
}
