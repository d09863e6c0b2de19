/** How far runs are, written for people. Pure. */
import type { z } from "@hono/zod-openapi";

import type { runProgressSchema } from "../api/contract-sources.ts";
import { sectionLines, tableLines, type Column } from "./table.ts";
import { agoText, countText, rateText, spanText } from "./wording.ts";

/** A run under way, as the API shows it. */
export type Progress = z.infer<typeof runProgressSchema>;

/** "1,200 of 10,000, 400/s", and what it waits for. */
export function progressText(progress: Progress, nowMs: number): string {
  const { fetched, total, started_at: started } = progress;
  const of = total === undefined ? "" : ` of ${countText(total)}`;
  const rate = rateText(fetched, nowMs - Date.parse(started));
  const waiting = waitingText(progress, nowMs);
  return [`${countText(fetched)}${of}`, rate, waiting].filter(Boolean).join(", ");
}

/** "rate limited 12 s" */
function waitingText({ waiting }: Progress, nowMs: number): string | undefined {
  if (waiting === undefined) return undefined;
  return `${waiting.reason.replaceAll("_", " ")} ${spanText(Date.parse(waiting.until) - nowMs)}`;
}

/** The table of runs under way; nothing where there are none. */
export function progressLines(runs: readonly Progress[], nowMs: number): readonly string[] {
  if (runs.length === 0) return [];
  const number = (title: string, read: (run: Progress) => number): Column<Progress> => ({
    title,
    text: (run) => countText(read(run)),
    isNumber: true,
  });
  const table = tableLines(
    [
      { title: "SOURCE", text: (run) => run.source },
      { title: "KIND", text: (run) => run.kind },
      { title: "STARTED", text: (run) => agoText(run.started_at, nowMs) },
      { title: "FETCHED", text: (run) => progressText(run, nowMs) },
      number("STREAMED", (run) => run.streamed),
      number("INGESTED", (run) => run.ingested),
      number("RECONCILED", (run) => run.reconciled),
      number("REJECTED", (run) => run.rejected),
    ],
    runs,
  );
  return [...sectionLines("Under way", table), ""];
}
