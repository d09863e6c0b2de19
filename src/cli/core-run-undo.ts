import type { z } from "@hono/zod-openapi";

import type { redoneSchema, undoneSchema } from "../api/contract-runs.ts";
import { required, toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";
import { pairLines } from "./table.ts";
import { countOf, countText } from "./wording.ts";

type Undone = z.infer<typeof undoneSchema>;

const operands = { run: required("RUN", "number of the run, or the agent's id of it") };

/** runs undo, redo. */
export const RUN_UNDO_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "runs undo",
    summary: "Take back what only this run supports; shows what that is, and asks",
    operands,
    flags: { dryRun: toggle("only show it"), yes: toggle("do not ask") },
    run: async ({ run, dryRun, yes }, session) => {
      const path = session.path(["runs", run, "undo"]);
      const ask = async (isDry: boolean): Promise<Undone> =>
        await session.ask<Undone>({ method: "POST", path, body: { dry_run: isDry } });
      const preview = await ask(true);
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
      const body = await ask(false);
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

/** In numbers, and where each field is shown that would say again what it said before. */
function previewLines(undone: Undone, session: TenantSession, will: string): readonly string[] {
  const lines = undoLines(undone, `Undoing run ${undone.run_no} ${will}`);
  const changes = session.commandLine(`runs changes ${undone.run_no}`);
  return undone.restored === 0 ? lines : [...lines, `Field by field: ${changes}`];
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
