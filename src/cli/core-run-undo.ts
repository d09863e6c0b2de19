import type { z } from "@hono/zod-openapi";

import type { redoneSchema, removedRecordSchema, undoneSchema } from "../api/contract-runs.ts";
import { PAGE_MAX } from "../api/page.ts";
import { integer, optional, required, toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";
import { pairLines, sectionLines, tableLines } from "./table.ts";
import { countOf, countText } from "./wording.ts";

type Undone = z.infer<typeof undoneSchema>;
type Removed = z.infer<typeof removedRecordSchema>;

/** Records that are named where nobody says how many: a screenful with the rest. */
const NAMED_DEFAULT = 10;

const operands = { run: required("RUN", "number of the run, or the agent's id of it") };

/** runs undo, redo. */
export const RUN_UNDO_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "runs undo",
    summary: "Take back what only this run supports; shows what that is, and asks",
    operands,
    flags: {
      dryRun: toggle("only show it"),
      yes: toggle("do not ask"),
      limit: integer("N", `how many of the records that go are named (default: ${NAMED_DEFAULT})`, {
        min: 1,
        max: PAGE_MAX,
      }),
      after: optional("CURSOR", "name those behind where the page before ended"),
    },
    run: async ({ run, dryRun, yes, limit = NAMED_DEFAULT, after }, session) => {
      const path = session.path(["runs", run, "undo"]);
      const ask = async (body: object): Promise<Undone> =>
        await session.ask<Undone>({ method: "POST", path, body });
      const preview = await ask({ dry_run: true, limit, after });
      if (dryRun) {
        session.show(preview, () => previewLines(preview, session, "would leave"));
        return;
      }
      if (!yes) {
        const { ask: askPerson, printError } = session.context;
        const lines = previewLines(preview, session, "leaves");
        for (const line of lines) printError(line);
        if (askPerson === undefined) throw new Misuse("say --yes where nobody can be asked");
        const answer = await askPerson(`Undo run ${preview.run_no}? Its number confirms: `);
        if (answer.trim() !== String(preview.run_no)) throw new Misuse("nothing was undone");
      }
      const body = await ask({ dry_run: false });
      await session.work();
      session.show(body, () => [
        ...undoLines(body, `Run ${body.run_no} is undone`),
        `To take that back: ${session.commandLine(`runs redo ${body.run_no}`)}`,
      ]);
    },
  }),
  tenantCommand({
    name: "runs redo",
    summary: "Undo the undo of a run",
    operands,
    run: async ({ run }, session) => {
      const path = session.path(["runs", run, "redo"]);
      const body = await session.ask<z.infer<typeof redoneSchema>>({ method: "POST", path });
      await session.work();
      session.show(body, () => [
        `${countOf(body.redone, "record")} of run ${body.run_no} are as it brought them again.`,
        ...(body.kept === 0
          ? []
          : [`${countOf(body.kept, "record")} stay: something else stands there by now.`]),
      ]);
    },
  }),
];

/** In numbers, the records that would go by name, and where each field is shown that would say again what it said before. */
function previewLines(undone: Undone, session: TenantSession, will: string): readonly string[] {
  const { run_no: no, restored, removes = [], next } = undone;
  const changes = session.commandLine(`runs changes ${no}`);
  const rest = session.commandLine(`runs undo ${no} --dry-run --after ${next}`);
  return [
    ...undoLines(undone, `Undoing run ${no} ${will}`),
    ...(restored === 0 ? [] : [`Field by field: ${changes}`]),
    ...(removes.length === 0 ? [] : sectionLines("Records that go", removedLines(removes))),
    ...(next === undefined ? [] : ["", `More: ${rest}`]),
  ];
}

function removedLines(removes: readonly Removed[]): readonly string[] {
  return tableLines(
    [
      { title: "ID THERE", text: ({ native }: Removed) => native, maxChars: 60 },
      { title: "HOSTNAME", text: ({ hostname }) => hostname, maxChars: 40 },
      { title: "DEVICE", text: ({ device_id: id }) => id },
      { title: "THE DEVICE", text: (row) => (row.is_last ? "goes too" : "stays") },
    ],
    removes,
  );
}

function undoLines(undone: Undone, title: string): readonly string[] {
  const some = (count: number): string | undefined => (count === 0 ? undefined : countText(count));
  const kept = Object.entries(undone.kept);
  const lines = pairLines([
    ["  removed, seen by this run alone", some(undone.removed)],
    ["  as they were before", some(undone.restored)],
    ["  there again, deleted by it", some(undone.undeleted)],
    ["  there again, missed by it", some(undone.unretired)],
    ["  in error", some(undone.errored)],
    ...kept.map(([reason, count]) => [`  kept: ${reason}`, countText(count)] as const),
  ]);
  return [`${title}, in records:`, ...(lines.length === 0 ? ["  nothing to take back"] : lines)];
}
