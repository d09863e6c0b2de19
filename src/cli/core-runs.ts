import type { z } from "@hono/zod-openapi";

import type { verificationSchema } from "../api/contract-runs.ts";
import type { runDetailSchema, runSchema } from "../api/contract-sources.ts";
import { PAGE_MAX } from "../api/page.ts";
import { formatBytes } from "../lib/bytes.ts";
import { EXIT } from "../lib/exit-code.ts";
import { integer, oneOf, optional, required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { progressLines, progressText, type Progress } from "./core-progress-text.ts";
import { Misuse, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";
import { pairLines, plain, sectionLines, tableLines, type Column } from "./table.ts";
import { agoText, countOf, countText, rateText, durationText, timeText } from "./wording.ts";

type Run = z.infer<typeof runSchema>;
type Verification = z.infer<typeof verificationSchema>;
type RunDetail = z.infer<typeof runDetailSchema>;

/** Runs shown where nobody says how many: a screenful. */
const LIMIT_DEFAULT = 20;

/** runs list, progress, get, verify. */
export const RUN_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "runs list",
    summary: "Show runs, newest first",
    flags: {
      source: optional("SOURCE", "only of this source"),
      outcome: oneOf(
        ["running", "success", "partial", "failed", "timeout"],
        "only those that ended so",
      ),
      limit: integer("N", `how many (default: ${LIMIT_DEFAULT})`, { min: 1, max: PAGE_MAX }),
      after: optional("CURSOR", "go on where the page before ended"),
    },
    run: async ({ source, outcome, limit = LIMIT_DEFAULT, after }, session) => {
      const path = session.path(["runs"], { source, outcome, limit, after });
      const body = await session.ask<{ runs: Run[]; next?: string }>({ method: "GET", path });
      const isFront = after === undefined && (outcome ?? "running") === "running";
      const live = isFront ? await underWay(session, source) : [];
      const nowMs = session.context.clock.now();
      session.show(body, () => [
        ...progressLines(live, nowMs),
        ...(body.runs.length === 0 ? ["No runs."] : tableLines(columns(nowMs), body.runs)),
        ...(body.next === undefined ? [] : ["", `More: --after ${body.next}`]),
      ]);
    },
  }),
  tenantCommand({
    name: "runs progress",
    summary: "Show the runs under way, as fresh as a second",
    run: async (_, session) => {
      const live = await underWay(session, undefined);
      const nowMs = session.context.clock.now();
      session.show({ runs: live }, () =>
        live.length === 0 ? ["No run is under way."] : progressLines(live, nowMs).slice(1, -1),
      );
    },
  }),
  tenantCommand({
    name: "runs get",
    summary: "Show one run: counts, rejected entries, manifest",
    operands: { run: required("RUN", "number of the run, or the agent's id of it") },
    run: async ({ run }, session) => {
      const path = session.path(["runs", run]);
      const body = await session.ask<RunDetail>({ method: "GET", path });
      session.show(body, () => runLines(body, session.context.clock.now()));
    },
  }),
  tenantCommand({
    name: "runs verify",
    summary: "Recompute a run from what is stored of it: PASS, or exactly what is missing",
    operands: { run: required("RUN", "number of the run, or the agent's id of it") },
    run: async ({ run }, session) => {
      const path = session.path(["runs", run, "verification"]);
      const body = await session.ask<Verification>({ method: "GET", path });
      session.show(body, () => verificationLines(body));
      if (!body.passed) throw new Misuse(`run ${body.run_no} does not pass`, EXIT.failed);
    },
  }),
];

/** Runs under way, also those that the core has worked nothing of yet. */
async function underWay(
  session: TenantSession,
  source: string | undefined,
): Promise<readonly Progress[]> {
  const path = session.path(["progress"]);
  const { runs } = await session.ask<{ runs: Progress[] }>({ method: "GET", path });
  return runs.filter((run) => source === undefined || [run.source, run.source_id].includes(source));
}

function verificationLines(verification: Verification): readonly string[] {
  const { run_no: no, passed, undone_at: undoneAt, findings } = verification;
  const run = undoneAt === undefined ? `run ${no}` : `run ${no}, undone ${timeText(undoneAt)}`;
  const shown = passed ? findings : findings.filter((finding) => !finding.is_right);
  return [
    passed ? `PASS  ${run}` : `FAIL  ${run}: this is missing`,
    ...pairLines(shown.map(({ check, detail }) => [`  ${check}`, detail])),
  ];
}

function columns(nowMs: number): readonly Column<Run>[] {
  const number = (title: string, read: (run: Run) => number): Column<Run> => ({
    title,
    text: (run) => countText(read(run)),
    isNumber: true,
  });
  return [
    { title: "RUN", text: (run) => String(run.run_no), isNumber: true },
    { title: "SOURCE", text: (run) => run.source },
    { title: "KIND", text: (run) => run.kind },
    { title: "OUTCOME", text: outcomeText },
    { title: "STARTED", text: (run) => agoText(run.started_at, nowMs) },
    { title: "TOOK", text: tookText },
    number("ENTRIES", (run) => run.entries),
    number("NEW", (run) => run.created),
    number("CHANGED", (run) => run.changed),
    number("SAME", (run) => run.unchanged),
    number("REJECTED", (run) => run.rejected),
    number("MERGED", (run) => run.merged),
    number("GONE", (run) => run.retracted),
    { title: "ERROR", text: (run) => run.error?.message, maxChars: 100 },
  ];
}

/** An undone run ended as it did all the same. */
function outcomeText({ outcome, undone_at: undoneAt }: Run): string {
  return undoneAt === undefined ? outcome : `${outcome}, undone`;
}

function tookMs({ started_at: start, ended_at: end }: Run): number | undefined {
  return end === undefined ? undefined : Date.parse(end) - Date.parse(start);
}

function tookText(run: Run): string | undefined {
  const ms = tookMs(run);
  return ms === undefined ? undefined : durationText(ms);
}

/** A run for people. */
export function runLines(run: RunDetail, nowMs: number): readonly string[] {
  const ms = tookMs(run);
  const rate = ms === undefined ? undefined : rateText(run.entries, ms);
  const started = `${timeText(run.started_at)} (${agoText(run.started_at, nowMs)})`;
  const total = run.manifest?.source_total;
  const rejectedBy = Object.entries(run.rejected_by);
  const leftOut = Object.entries(run.manifest?.rejected ?? {});
  return [
    `Run ${run.run_no} of source ${plain(run.source)}: ${run.outcome}`,
    ...pairLines([
      ["  error", run.error && `${run.error.kind}: ${run.error.message}`],
      ["  kind", run.kind],
      ["  agent", run.agent_id],
      ["  run id", run.run_id],
      ["  source id", run.source_id],
      ["  started", started],
      ["  fetched", run.progress && progressText(run.progress, nowMs)],
      ["  streamed", run.progress && countText(run.progress.streamed)],
      ["  reconciled", run.progress && countText(run.progress.reconciled)],
      ["  ended", timeText(run.ended_at)],
      ["  undone", run.undone_at && `${timeText(run.undone_at)}: what it alone brought is gone`],
      [
        "  took",
        ms === undefined ? undefined : [durationText(ms), rate].filter(Boolean).join(", "),
      ],
      ["  received", `${formatBytes(run.bytes)} in ${countOf(run.chunks, "chunk")}`],
      ["  pages read", run.manifest && countText(run.manifest.pages)],
      ["  source holds", total === undefined ? undefined : countOf(total, "device")],
      ["  entries", countText(run.entries)],
      ["  new records", countText(run.created)],
      ["  changed", countText(run.changed)],
      ["  unchanged", countText(run.unchanged)],
      ["  rejected", countText(run.rejected)],
      ["  devices merged", countText(run.merged)],
      ["  retracted", countText(run.retracted)],
      ["  complete", run.is_complete ? "yes" : "no: it retires nothing"],
    ]),
    ...promiseLines(run),
    ...(rejectedBy.length === 0
      ? []
      : sectionLines(
          "Rejected by the core because",
          pairLines(rejectedBy.map(([reason, count]) => [countText(count), reason])),
        )),
    ...(leftOut.length === 0
      ? []
      : sectionLines(
          "Left out by the agent because",
          pairLines(leftOut.map(([reason, count]) => [countText(count), reason])),
        )),
    ...(run.rejected_sample.length === 0
      ? []
      : sectionLines(
          "First rejected entries",
          run.rejected_sample.map((entry) => plain(JSON.stringify(entry))),
        )),
  ];
}

/** What the source's last rehearsal said of its next complete run, beside what came. */
function promiseLines(run: RunDetail): readonly string[] {
  const { promised } = run;
  if (promised === undefined) return [];
  const counts = ["entries", "created", "changed", "unchanged", "rejected", "merged"] as const;
  const number = (title: string, read: (name: (typeof counts)[number]) => number) => ({
    title,
    text: (name: (typeof counts)[number]) => countText(read(name)),
    isNumber: true,
  });
  return sectionLines(
    `Promised by rehearsal ${promised.rehearsal_no}, and happened`,
    tableLines(
      [
        { title: "COUNT", text: (name) => name },
        number("PROMISED", (name) => promised[name]),
        number("HAPPENED", (name) => run[name]),
      ],
      counts,
    ),
  );
}
