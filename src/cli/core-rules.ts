import type { z } from "@hono/zod-openapi";

import type { rulesSchema } from "../api/contract-rules.ts";
import type { CoreContext } from "./core-context.ts";
import { platformCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { pairLines, sectionLines, tableLines } from "./table.ts";
import { agoText, countOf } from "./wording.ts";

type Rules = z.infer<typeof rulesSchema>;

/** rules list. */
export const RULE_COMMANDS: readonly Command<CoreContext>[] = [
  platformCommand({
    name: "rules list",
    summary: "Show the enrichment rules in force, and those that could not be used",
    run: async (_, session) => {
      const body = await session.ask<Rules>({ method: "GET", path: "/api/v1/rules" });
      session.show(body, () => ruleLines(body, session.context.clock.now()));
    },
  }),
];

function ruleLines(body: Rules, nowMs: number): readonly string[] {
  return [
    ...pairLines([
      ["your own are read from", body.directory],
      ["read", body.loaded_at === undefined ? "not yet" : agoText(body.loaded_at, nowMs)],
      ["a value expires after", `${countOf(body.field_expiry_runs, "run")} without its record`],
    ]),
    ...sectionLines(
      "Rules, the first that matches decides",
      tableLines(
        [
          { title: "RULE", text: (rule) => rule.id, maxChars: 60 },
          { title: "PRIORITY", text: (rule) => String(rule.priority), isNumber: true },
          { title: "CONFIDENCE", text: (rule) => String(rule.confidence), isNumber: true },
          { title: "STATE", text: (rule) => (rule.enabled ? "on" : "off") },
          { title: "FROM", text: (rule) => rule.origin, maxChars: 60 },
          { title: "SETS", text: (rule) => setsText(rule.set), maxChars: 80 },
        ],
        body.rules,
      ),
    ),
    ...skippedLines(body),
  ];
}

function setsText(set: unknown): string {
  const entries = Object.entries((set ?? {}) as Readonly<Record<string, unknown>>);
  return entries.map(([name, value]) => `${name}=${String(value)}`).join(" ");
}

function skippedLines({ skipped }: Rules): readonly string[] {
  if (skipped.length === 0) return [];
  return sectionLines(
    "Skipped: not in force",
    tableLines(
      [
        { title: "FILE", text: (row) => row.origin },
        { title: "RULE", text: (row) => row.id ?? "all of it" },
        { title: "WHY", text: (row) => row.reason },
      ],
      skipped,
    ),
  );
}
