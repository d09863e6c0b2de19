import { z } from "@hono/zod-openapi";

import { sourceNames } from "../control/source-names.ts";
import type { Tenant } from "../control/tenants.ts";
import type { Queryable } from "../db/session.ts";
import { tx } from "../db/tx.ts";
import { promiseFor, type Rehearsal } from "../dire/rehearsal-store.ts";
import { verifyRun } from "../dire/verify-run.ts";
import { findRuns, listRuns, type Run, type RunDetail } from "../inbox/run-list.ts";
import { verificationSchema } from "./contract-runs.ts";
import { runDetailSchema, runSchema } from "./contract-sources.ts";
import { pageOf, pageQuery } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { liveRuns, progressOf } from "./progress.ts";
import {
  answers,
  cursorOf,
  pageWithNext,
  paramsWith,
  readCursor,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";
import { instanceNamed } from "./source-filter.ts";

const route = routesOf("runs");

const list = route.get(`${TENANT_PATH}/runs`, "viewer", {
  summary: "Runs, newest first",
  request: {
    params: tenantParams,
    query: pageQuery.extend({
      source: z.string().max(128).optional().openapi({ description: "Name or id of a source" }),
      outcome: z.enum(["running", "success", "partial", "failed", "timeout"]).optional(),
    }),
  },
  gives: { 200: answers(pageOf("runs", runSchema), "One page") },
});

const get = route.get(`${TENANT_PATH}/runs/{run}`, "viewer", {
  summary: "One run",
  request: { params: paramsWith("run", "Number of the run, or the agent's id of it") },
  gives: { 200: answers(runDetailSchema, "The run") },
});

const verify = route.get(`${TENANT_PATH}/runs/{run}/verification`, "viewer", {
  summary: "What is stored of a run, recomputed: what is missing, if anything",
  request: { params: paramsWith("run", "Number of the run, or the agent's id of it") },
  gives: { 200: answers(verificationSchema, "Every check") },
});

/** Adds the routes of runs. */
export function addRuns(app: Api): void {
  app.openapi(list, async (c) => {
    const { tenant } = c.get("tenant");
    const { limit, after, source, outcome } = c.req.valid("query");
    const page = await c.get("listing")(async (db) => {
      const names = await sourceNames(db, tenant);
      const found = await listRuns(db, tenant, {
        instance:
          source === undefined ? undefined : await instanceNamed(db, c.get("tenant"), source),
        outcome,
        before: readCursor("r", after),
        limit: limit + 1,
      });
      const { rows, next } = pageWithNext(found, limit, ({ runNo }) => cursorOf("r", runNo));
      // What of an ended run is still to be published is of the newest ones.
      const isAny = after === undefined || rows.some(isRunning);
      const live = await liveRuns(db, tenant, { names, isAny });
      return {
        runs: rows.map((run) => ({ ...shown(run, names), ...progressOf(run, live) })),
        next,
      };
    });
    return c.json(page, 200);
  });
  app.openapi(get, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const run = await runNamed(db, c.get("tenant"), c.req.valid("param").run);
    const names = await sourceNames(db, tenant);
    const live = await liveRuns(db, tenant, { names, isAny: true });
    const detail = detailOf(run, { names, rehearsal: await promiseFor(db, tenant, run) });
    return c.json({ ...detail, ...progressOf(run, live) }, 200);
  });
  app.openapi(verify, async (c) => {
    const db = c.get("db");
    const { tenant } = c.get("tenant");
    const { runNo, runId, undoneMs } = await runNamed(
      db,
      c.get("tenant"),
      c.req.valid("param").run,
    );
    const findings = await tx(db, (open) => verifyRun(open, tenant, runNo), SNAPSHOT);
    const shownFindings = findings.map(({ check, isRight, detail }) => ({
      check,
      is_right: isRight,
      detail,
    }));
    const passed = findings.every(({ isRight }) => isRight);
    const undone_at = timeOf(undoneMs);
    return c.json(
      { run_no: runNo, run_id: runId, passed, undone_at, findings: shownFindings },
      200,
    );
  });
}

function isRunning({ outcome }: Run): boolean {
  return outcome === "running";
}

const SNAPSHOT = { isolation: "repeatable read", readOnly: true } as const;

/** A run by its number or id; an unknown one, or one of several, is a problem of the request. */
export async function runNamed(
  db: Queryable,
  { tenant, slug }: Tenant,
  wanted: string,
): Promise<RunDetail> {
  const [run, ...others] = await findRuns(db, tenant, wanted);
  if (run === undefined) {
    throw new Problem("run_not_found", `tenant "${slug}" has no run "${wanted}"`);
  }
  if (others.length > 0) {
    const numbers = [run, ...others].map(({ runNo }) => runNo).join(", ");
    throw new Problem(
      "ambiguous_run",
      `"${wanted}" ran several sources; ask for one of ${numbers}`,
    );
  }
  return run;
}

type Around = {
  readonly names: ReadonlyMap<string, string>;
  readonly rehearsal: Rehearsal | undefined;
};

function detailOf(run: RunDetail, { names, rehearsal }: Around): z.infer<typeof runDetailSchema> {
  return {
    ...shown(run, names),
    rejected_by: run.rejectedBy,
    rejected_sample: [...run.rejectedSample],
    manifest: manifestOf(run.manifest),
    promised: promisedOf(rehearsal),
  };
}

function promisedOf(rehearsal: Rehearsal | undefined): z.infer<typeof runDetailSchema>["promised"] {
  if (rehearsal?.promised === undefined) return undefined;
  const { entries, created, changed, unchanged, rejected, merged } = rehearsal.promised;
  const counts = { entries, created, changed, unchanged, rejected, merged };
  return { rehearsal_no: rehearsal.rehearsalNo, ...counts };
}

/** The ledger keeps the agent's manifest as it was read; a count stands for its chunks. */
const ledgerManifest = z.object({
  outcome: z.string(),
  pages: z.number(),
  sourceTotal: z.number().optional(),
  devices: z.number(),
  chunks: z.number(),
  rejected: z.record(z.string(), z.number()),
  error: z.object({ kind: z.string(), message: z.string() }).optional(),
});

function manifestOf(kept: unknown): z.infer<typeof runDetailSchema>["manifest"] {
  const read = ledgerManifest.safeParse(kept);
  if (!read.success) return undefined;
  const { sourceTotal, ...manifest } = read.data;
  return { ...manifest, source_total: sourceTotal };
}

function shown(run: Run, names: ReadonlyMap<string, string>): z.infer<typeof runSchema> {
  const { errorKind, errorMessage } = run;
  const failed = errorKind !== undefined || errorMessage !== undefined;
  return {
    run_no: run.runNo,
    run_id: run.runId,
    agent_id: run.agentId,
    source: names.get(run.instance) ?? run.instance,
    source_id: run.instance,
    source_type: run.sourceType,
    kind: run.kind,
    outcome: run.outcome,
    started_at: timeOf(run.startedMs),
    active_at: timeOf(run.activeMs),
    ended_at: timeOf(run.endedMs),
    chunks: run.chunks,
    bytes: run.bytes,
    entries: run.entries,
    created: run.created,
    changed: run.changed,
    unchanged: run.unchanged,
    rejected: run.rejected,
    merged: run.merged,
    retracted: run.retracted,
    is_complete: run.isComplete,
    undone_at: timeOf(run.undoneMs),
    ...(failed ? { error: { kind: errorKind ?? "unknown", message: errorMessage ?? "" } } : {}),
  };
}
