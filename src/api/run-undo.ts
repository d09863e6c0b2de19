/** Undoing what a run did, and undoing that. */

import { audit } from "../control/audit.ts";
import type { Tx } from "../db/tx.ts";
import { redoRun, type RedoReport } from "../dire/redo-run.ts";
import { previewUndo, undoRun, type UndoReport } from "../dire/undo-run.ts";
import { redoneSchema, undoneSchema, undoSchema } from "./contract-runs.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { answers, paramsWith, takes, TENANT_PATH, type Api } from "./routes.ts";
import { addRunChanges } from "./run-changes.ts";
import { runNamed } from "./runs.ts";

const route = routesOf("runs");
const params = paramsWith("run", "Number of the run, or the agent's id of it");

const undo = route.post(`${TENANT_PATH}/runs/{run}/undo`, "operator", {
  summary: "Take back what only this run supports",
  request: { params, body: takes(undoSchema) },
  gives: { 200: answers(undoneSchema, "What was, or would be, taken back") },
});

const redo = route.post(`${TENANT_PATH}/runs/{run}/redo`, "operator", {
  summary: "Undo the undo of a run",
  request: { params },
  gives: { 200: answers(redoneSchema, "What is as the run brought it again") },
});

/** Adds the routes of undoing runs, and of what there is to undo. */
export function addRunUndo(app: Api): void {
  addRunChanges(app);
  app.openapi(undo, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { runNo } = await runNamed(db, c.get("tenant"), c.req.valid("param").run);
    const { actor } = c.get("caller");
    const isDry = c.req.valid("json").dry_run === true;
    const alongside = async (open: Tx, done: UndoReport): Promise<void> => {
      const after = { ...done, undoNo: undefined };
      await audit(open, { tenant, actor, action: "run.undo", subject: String(runNo), after });
    };
    const report = isDry
      ? await previewUndo(db, tenant, runNo)
      : await undoRun(db, tenant, { runNo, actor, alongside });
    if (!report.ok) throw new Problem("run_not_undoable", report.error);
    const { undoNo, ...counts } = report.value;
    return c.json({ run_no: runNo, undo_no: undoNo, ...counts, kept: { ...counts.kept } }, 200);
  });
  app.openapi(redo, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { runNo } = await runNamed(db, c.get("tenant"), c.req.valid("param").run);
    const { actor } = c.get("caller");
    const alongside = async (open: Tx, done: RedoReport): Promise<void> => {
      const after = { redone: done.redone, kept: done.kept };
      await audit(open, { tenant, actor, action: "run.redo", subject: String(runNo), after });
    };
    const report = await redoRun(db, tenant, { runNo, alongside });
    if (!report.ok) throw new Problem("run_not_undone", report.error);
    const { undoNo, redone, kept } = report.value;
    return c.json({ run_no: runNo, undo_no: undoNo, redone, kept }, 200);
  });
}
