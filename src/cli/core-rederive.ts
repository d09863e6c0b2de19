import type { z } from "@hono/zod-openapi";

import type { rederivedSchema } from "../api/contract-dire.ts";
import { EXIT } from "../lib/exit-code.ts";
import { toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";
import { pairLines, sectionLines, tableLines } from "./table.ts";
import { countOf, countText, valueText } from "./wording.ts";

type Slice = z.infer<typeof rederivedSchema>;
/** A whole pass. */
type Pass = Omit<Slice, "next">;

/** Rows that are shown; what else differed is counted. */
const ROWS_SHOWN = 20;
/** How often a long pass says how far it is, ms. */
const PROGRESS_MS = 10_000;

/** dire rederive. */
export const REDERIVE_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "dire rederive",
    summary:
      "Derive the inventory anew from stored records; it must change nothing (exit 1 if it did)",
    flags: { dryRun: toggle("only tell what differs") },
    run: async ({ dryRun }, session) => {
      const pass = await wholePass(session, dryRun);
      session.show(pass, () => passLines(pass));
      const count = Object.values(pass.differences).reduce((sum, rows) => sum + rows, 0);
      if (count === 0) return;
      const done = dryRun ? "nothing was changed" : "they were put right";
      throw new Misuse(
        `${countOf(count, "row")} differed from what records derive; ${done}`,
        EXIT.failed,
      );
    },
  }),
];

async function wholePass(session: TenantSession, isDryRun: boolean): Promise<Pass> {
  const { clock, printError } = session.context;
  const pass = {
    records: 0,
    refreshed: 0,
    watched: 0,
    held: 0,
    differences: {} as Record<string, number>,
    rows: [] as Slice["rows"],
  };
  const path = session.path(["dire", "rederive"]);
  let toldMs = clock.now();
  for (let after: string | undefined; ;) {
    const body = { dry_run: isDryRun, after };
    const slice = await session.ask<Slice>({ method: "POST", path, body });
    pass.records += slice.records;
    pass.refreshed += slice.refreshed;
    pass.watched += slice.watched;
    pass.held += slice.held;
    for (const [table, count] of Object.entries(slice.differences)) {
      pass.differences[table] = (pass.differences[table] ?? 0) + count;
    }
    pass.rows.push(...slice.rows.slice(0, ROWS_SHOWN - pass.rows.length));
    after = slice.next;
    if (after === undefined) return pass;
    if (clock.now() - toldMs < PROGRESS_MS) continue;
    toldMs = clock.now();
    printError(`rederive: ${countOf(pass.records, "record")} so far`);
  }
}

function passLines({
  records,
  refreshed,
  watched,
  held,
  differences,
  rows,
}: Pass): readonly string[] {
  const counts = Object.entries(differences);
  return [
    `${countOf(records, "record")} rederived: ${counts.length === 0 ? "nothing differs" : "some rows differ"}`,
    ...pairLines([
      [
        "  last sighting brought forward",
        refreshed === 0 ? undefined : countOf(refreshed, "device"),
      ],
      ["  watched sooner", watched === 0 ? undefined : countOf(watched, "record")],
      ["  held by the storm brake", held === 0 ? undefined : countOf(held, "record")],
      ...counts.map(([table, count]) => [`  ${table}`, countText(count)] as const),
    ]),
    ...(rows.length === 0
      ? []
      : sectionLines(
          "First rows",
          tableLines(
            [
              { title: "TABLE", text: (row) => row.table },
              { title: "ROW", text: (row) => row.key, maxChars: 60 },
              { title: "STOOD", text: (row) => valueText(row.before), maxChars: 60 },
              { title: "DERIVED", text: (row) => valueText(row.after), maxChars: 60 },
            ],
            rows,
          ),
        )),
  ];
}
