import type { z } from "@hono/zod-openapi";

import type { retentionSchema } from "../api/contract-runs.ts";
import { RETENTION_NAMES, RETENTION_SETTINGS, type RetentionName } from "../model/retention.ts";
import { integer, type Argument } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { Misuse, tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { tableLines } from "./table.ts";

type Retention = z.infer<typeof retentionSchema>;
type Flags = Readonly<Record<string, Argument<number | undefined>>>;

/** "absentRuns" of "absent_runs". */
const camel = (name: RetentionName): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const flags: Flags = Object.fromEntries(
  RETENTION_NAMES.map((name) => {
    const { about, min, max, fallback } = RETENTION_SETTINGS[name];
    return [camel(name), integer("N", `${about} (default: ${fallback})`, { min, max })];
  }),
);

/** retention get, set. */
export const RETENTION_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "retention get",
    summary: "Show how long things are kept, and when what a source no longer lists goes",
    run: async (_, session) => {
      const path = session.path(["retention"]);
      const body = await session.ask<Retention>({ method: "GET", path });
      session.show(body, () => retentionLines(body));
    },
  }),
  tenantCommand({
    name: "retention set",
    summary: "Change some of these settings",
    flags,
    run: async (values, session) => {
      const given = RETENTION_NAMES.flatMap((name) => {
        const value = (values as Readonly<Record<string, unknown>>)[camel(name)];
        return typeof value === "number" ? [[name, value] as const] : [];
      });
      if (given.length === 0) throw new Misuse("name at least one setting; --help lists them");
      const path = session.path(["retention"]);
      const asked = { method: "PATCH", path, body: Object.fromEntries(given) } as const;
      const body = await session.ask<Retention>(asked);
      session.show(body, () => retentionLines(body));
    },
  }),
];

function retentionLines({ settings }: Retention): readonly string[] {
  return tableLines(
    [
      { title: "SETTING", text: (row) => row.name },
      { title: "VALUE", text: (row) => String(row.value), isNumber: true },
      { title: "DEFAULT", text: (row) => String(row.default), isNumber: true },
      { title: "WHAT IT DECIDES", text: (row) => row.about },
    ],
    settings,
  );
}
