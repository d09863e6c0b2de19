import type { z } from "@hono/zod-openapi";

import type { retractionSchema } from "../api/contract-runs.ts";
import { PAGE_MAX } from "../api/page.ts";
import { integer, oneOf, optional, required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { tableLines } from "./table.ts";
import { agoText, countOf, countText } from "./wording.ts";

type Retraction = z.infer<typeof retractionSchema>;

/** Retractions shown where nobody says how many: a screenful. */
const LIMIT_DEFAULT = 20;

/** retractions list, allow. */
export const RETRACTION_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "retractions list",
    summary: "Show what was retired because its source no longer lists it, and what is held",
    flags: {
      state: oneOf(["held", "due", "done", "passed"], "only those that stand so"),
      limit: integer("N", `how many (default: ${LIMIT_DEFAULT})`, { min: 1, max: PAGE_MAX }),
      after: optional("CURSOR", "go on where the page before ended"),
    },
    run: async ({ state, limit = LIMIT_DEFAULT, after }, session) => {
      const path = session.path(["retractions"], { state, limit, after });
      const body = await session.ask<{ retractions: Retraction[]; next?: string }>({
        method: "GET",
        path,
      });
      const nowMs = session.context.clock.now();
      const held = body.retractions.find((row) => row.state === "held");
      session.show(body, () => [
        ...retractionLines(body.retractions, nowMs),
        ...(body.next === undefined ? [] : ["", `More: --after ${body.next}`]),
        ...(held === undefined
          ? []
          : [
              "",
              "Held: more of the source than may go unasked. If the devices are really gone:",
              `  ${session.commandLine(`retractions allow ${held.retraction_no}`)}`,
            ]),
      ]);
    },
  }),
  tenantCommand({
    name: "retractions allow",
    summary: "Let a held retraction go on, this once",
    operands: { retraction: required("RETRACTION", "its number") },
    run: async ({ retraction }, session) => {
      const path = session.path(["retractions", retraction, "allow"]);
      const body = await session.ask<Retraction>({ method: "POST", path });
      session.show(body, () => [
        `Retraction ${body.retraction_no} goes on: ${countOf(body.wanted, "record")} of source ${body.source} are retired, but for those that were seen again.`,
      ]);
    },
  }),
];

function retractionLines(retractions: readonly Retraction[], nowMs: number): readonly string[] {
  if (retractions.length === 0) return ["No retractions."];
  return tableLines(
    [
      { title: "NO", text: (row) => String(row.retraction_no), isNumber: true },
      { title: "SOURCE", text: (row) => row.source },
      { title: "STATE", text: (row) => row.state },
      { title: "WHY", text: (row) => row.reason },
      { title: "RECORDS", text: (row) => countText(row.wanted), isNumber: true },
      { title: "OF", text: (row) => countText(row.present), isNumber: true },
      { title: "RETIRED", text: (row) => countText(row.retired), isNumber: true },
      { title: "RUN", text: (row) => row.run_no?.toString(), isNumber: true },
      { title: "SINCE", text: (row) => agoText(row.created_at, nowMs) },
      { title: "DECIDED BY", text: (row) => row.decided_by },
    ],
    retractions,
  );
}
