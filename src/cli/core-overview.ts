/** tenant overview: what the web page's first page shows. */
import type { z } from "@hono/zod-openapi";

import type { overviewSchema } from "../api/contract-overview.ts";
import type { CoreContext } from "./core-context.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { pairLines, sectionLines, tableLines } from "./table.ts";
import { agoText, countText, spanText } from "./wording.ts";

type Overview = z.infer<typeof overviewSchema>;

/** tenant overview. */
export const OVERVIEW_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "tenant overview",
    summary: "Show how a tenant fares: devices, sources that need a look, agents, what waits",
    run: async (_, session) => {
      const body = await session.ask<Overview>({
        method: "GET",
        path: session.path(["overview"]),
      });
      session.show(body, () => overviewLines(body, session.context.clock.now()));
    },
  }),
];

/** "12 ok, 1 failing"; what is none of is left out. */
function countsText(counts: Readonly<Record<string, number>>): string {
  const shown = Object.entries(counts).filter(([name, count]) => name !== "total" && count > 0);
  return shown
    .map(([name, count]) => `${countText(count)} ${name.replaceAll("_", " ")}`)
    .join(", ");
}

function withCounts({ total, ...counts }: { total: number; [name: string]: number }): string {
  const shown = countsText(counts);
  return shown === "" ? countText(total) : `${countText(total)}: ${shown}`;
}

function overviewLines(overview: Overview, nowMs: number): readonly string[] {
  const { devices, source_counts: sources, agents, inbox, review, freshness } = overview;
  const lag = inbox.waiting === 0 ? "" : `, the oldest for ${spanText(inbox.lag_ms)}`;
  return [
    ...pairLines([
      ["devices", withCounts(devices)],
      ["agents", withCounts(agents)],
      ["sources", withCounts({ ...sources, ok: sources.ok - sources.partial })],
      ["newest run", agoText(freshness.newest_run_at, nowMs)],
      ["oldest whole run", agoText(freshness.oldest_whole_at, nowMs)],
      ["chunks waiting", `${countText(inbox.waiting)}${lag}`],
      ["batches to publish", countText(inbox.unpublished)],
      ["chunks parked", countText(inbox.parked)],
      ["pairs held apart", countText(review.quarantine)],
      ["values contested", countText(review.contested)],
      ["publications held", countText(review.storms)],
      ["retractions held", countText(review.held_retractions)],
    ]),
    ...(overview.sources.length === 0
      ? []
      : sectionLines("Sources, those that need a look first", sourceLines(overview, nowMs))),
  ];
}

function sourceLines({ sources }: Overview, nowMs: number): readonly string[] {
  return tableLines(
    [
      { title: "SOURCE", text: ({ name }) => name, maxChars: 40 },
      { title: "TYPE", text: ({ type }) => type },
      { title: "AGENT", text: ({ agent_id: agent }) => agent, maxChars: 40 },
      { title: "STATE", text: ({ state }) => state.replaceAll("_", " ") },
      { title: "LAST RUN", text: ({ last_run: run }) => agoText(run?.started_at, nowMs) },
      { title: "OUTCOME", text: ({ last_run: run }) => run?.outcome },
      { title: "LAST WHOLE", text: ({ last_whole_at: at }) => agoText(at, nowMs) },
    ],
    sources,
  );
}
