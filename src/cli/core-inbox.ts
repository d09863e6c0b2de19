import type { z } from "@hono/zod-openapi";

import type { inboxSchema, refusalSchema } from "../api/contract.ts";
import { formatBytes } from "../lib/bytes.ts";
import type { CoreContext } from "./core-context.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { pairLines, sectionLines, tableLines } from "./table.ts";
import { agoText, countText } from "./wording.ts";

type Inbox = z.infer<typeof inboxSchema>;
type Refusal = z.infer<typeof refusalSchema>;

/** inbox status, refusals list. */
export const INBOX_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "inbox status",
    summary: "Show what waits between agents and inventory, and what was set aside",
    run: async (_, session) => {
      const path = session.path(["inbox"]);
      const body = await session.ask<Inbox>({ method: "GET", path });
      session.show(body, () => inboxLines(body, session.context.clock.now()));
    },
  }),
  tenantCommand({
    name: "refusals list",
    summary:
      "Show what the gateway refused: to the tenant's agents, and to peers of no known tenant",
    run: async (_, session) => {
      const mine = await session.ask<{ refusals: Refusal[] }>({
        method: "GET",
        path: session.path(["refusals"]),
      });
      const strangers = await session.ask<{ refusals: Refusal[] }>({
        method: "GET",
        path: "/api/v1/refusals",
      });
      const body = { refusals: mine.refusals, of_no_tenant: strangers.refusals };
      const nowMs = session.context.clock.now();
      session.show(body, () => [
        ...refusalLines(`To agents of tenant ${session.slug}`, body.refusals, nowMs),
        "",
        ...refusalLines("To peers of no known tenant", body.of_no_tenant, nowMs),
      ]);
    },
  }),
];

function inboxLines(inbox: Inbox, nowMs: number): readonly string[] {
  const { waiting, parked, parked_chunks: chunks } = inbox;
  return [
    ...pairLines([
      ["chunks waiting", `${countText(waiting)} (${formatBytes(inbox.waiting_bytes)})`],
      ["oldest of them", agoText(inbox.oldest_at, nowMs)],
      ["batches to publish", countText(inbox.unpublished)],
      ["publications held", inbox.held === 0 ? "0" : `${countText(inbox.held)} (dire held list)`],
      ["chunks parked", countText(parked)],
    ]),
    ...(chunks.length === 0
      ? []
      : sectionLines(
          "Parked: set aside for good, those behind them went on",
          tableLines(
            [
              { title: "CHUNK", text: (chunk) => String(chunk.inbox_no), isNumber: true },
              { title: "AGENT", text: (chunk) => chunk.agent_id },
              { title: "RUN", text: (chunk) => chunk.run_id },
              { title: "INDEX", text: (chunk) => String(chunk.chunk_index), isNumber: true },
              { title: "RECEIVED", text: (chunk) => agoText(chunk.received_at, nowMs) },
              { title: "SIZE", text: (chunk) => formatBytes(chunk.bytes), isNumber: true },
              { title: "REASON", text: (chunk) => chunk.reason },
            ],
            chunks,
          ),
        )),
    ...(parked > chunks.length ? [`  and ${countText(parked - chunks.length)} more`] : []),
  ];
}

function refusalLines(
  title: string,
  refusals: readonly Refusal[],
  nowMs: number,
): readonly string[] {
  if (refusals.length === 0) return [`${title}: none.`];
  return [
    `${title}:`,
    ...tableLines(
      [
        { title: "AGENT", text: (row) => row.agent_id },
        { title: "CODE", text: (row) => row.code },
        { title: "TIMES", text: (row) => countText(row.refused), isNumber: true },
        { title: "LAST", text: (row) => agoText(row.last_at, nowMs) },
        { title: "MESSAGE", text: (row) => row.message },
      ],
      refusals,
    ).map((line) => `  ${line}`),
  ];
}
