/** Undoing what a run did, and undoing that. */

import type { z } from "@hono/zod-openapi";

import { audit } from "../control/audit.ts";
import type { Db } from "../db/pool.ts";
import type { Tx } from "../db/tx.ts";
import { redoRun, type RedoReport } from "../dire/redo-run.ts";
import type { RemovedRecord } from "../dire/removed-records.ts";
import { previewUndo, undoRun, type UndoReport } from "../dire/undo-run.ts";
import {
  redoneSchema,
  undoneSchema,
  undoSchema,
  type removedRecordSchema,
} from "./contract-runs.ts";
import { PAGE_DEFAULT } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  cursorOf,
  pageWithNext,
  paramsWith,
  readCursor,
  takes,
  TENANT_PATH,
  type Api,
} from "./routes.ts";
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

type Undone = z.infer<typeof undoneSchema>;
type PreviewWanted = z.infer<typeof undoSchema> & { readonly runNo: number };

/** What an undo would do, with a page of what it would remove. */
async function preview(
  db: Db,
  tenant: number,
  { runNo, after, limit = PAGE_DEFAULT }: PreviewWanted,
): Promise<Undone> {
  const page = { after: readCursor("u", after) ?? 0, limit: limit + 1 };
  const found = await previewUndo(db, tenant, { runNo, page });
  if (!found.ok) throw new Problem("run_not_undoable", found.error);
  const { report, removes } = found.value;
  const { rows, next } = pageWithNext(removes, limit, (row) => cursorOf("u", row.recordNo));
  return { ...shown(runNo, report), removes: rows.map(removedOf), next };
}

function shown(runNo: number, { undoNo, ...counts }: UndoReport): Undone {
  return { run_no: runNo, undo_no: undoNo, ...counts, kept: { ...counts.kept } };
}

function removedOf(row: RemovedRecord): z.infer<typeof removedRecordSchema> {
  const { recordNo, deviceId, isLast, kind, native, hostname } = row;
  const device_id = deviceId && `sr:${deviceId}`;
  return { record_no: recordNo, kind, native, device_id, hostname, is_last: isLast };
}

/** Adds the routes of undoing runs, and of what there is to undo. */
export function addRunUndo(app: Api): void {
  addRunChanges(app);
  app.openapi(undo, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { runNo } = await runNamed(db, c.get("tenant"), c.req.valid("param").run);
    const { actor } = c.get("caller");
    const { dry_run: isDry = false, ...page } = c.req.valid("json");
    if (isDry) return c.json(await preview(db, tenant, { runNo, ...page }), 200);
    if (page.limit !== undefined || page.after !== undefined) {
      throw new Problem("invalid_request", "limit and after: only a dry run names records");
    }
    const alongside = async (open: Tx, done: UndoReport): Promise<void> => {
      const after = { ...done, undoNo: undefined };
      await audit(open, { tenant, actor, action: "run.undo", subject: String(runNo), after });
    };
    const report = await undoRun(db, tenant, { runNo, actor, alongside });
    if (!report.ok) throw new Problem("run_not_undoable", report.error);
    return c.json(shown(runNo, report.value), 200);
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
