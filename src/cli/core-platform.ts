/** platform health, authorities, tuning: what the platform's administrator sees of all tenants, and of the core itself. */
import type { z } from "@hono/zod-openapi";

import type { tenantAuthoritySchema } from "../api/contract-authorities.ts";
import type { tenantHealthSchema } from "../api/contract-overview.ts";
import type { tuningSchema } from "../api/contract-tuning.ts";
import { authorityColumns } from "./core-authority.ts";
import type { CoreContext } from "./core-context.ts";
import { LIST_FLAGS, showList } from "./core-list.ts";
import { platformCommand } from "./core-session.ts";
import { tuningLines } from "./core-tune.ts";
import type { Command } from "./program.ts";
import type { Column } from "./table.ts";
import { agoText, countText, spanText, timeText } from "./wording.ts";

type Health = z.infer<typeof tenantHealthSchema>;
type Authority = z.infer<typeof tenantAuthoritySchema>;

/** Tenants of one page of health, the most that the API gives at once. */
const HEALTH_PAGE = 50;

/** platform health, authorities, tuning. */
export const PLATFORM_COMMANDS: readonly Command<CoreContext>[] = [
  platformCommand({
    name: "platform health",
    summary: "Show how each tenant fares: agents, sources, inbox, review, refusals; no devices",
    flags: LIST_FLAGS,
    run: (wanted, session) =>
      showList<"tenants", Health>(
        session,
        {
          path: ["tenant-health"],
          name: "tenants",
          none: "No tenant.",
          columns: healthColumns(session.context.clock.now()),
          // Each costs the core half a dozen queries, so it answers few at once.
          filter: { limit: HEALTH_PAGE },
        },
        wanted,
      ),
  }),
  platformCommand({
    name: "platform authorities",
    summary: "Show the certificate authorities of all tenants' agents",
    flags: LIST_FLAGS,
    run: (wanted, session) =>
      showList<"authorities", Authority>(
        session,
        {
          path: ["authorities"],
          name: "authorities",
          none: "No authority.",
          columns: [{ title: "TENANT", text: ({ tenant }) => tenant }, ...authorityColumns],
        },
        wanted,
      ),
  }),
  platformCommand({
    name: "platform tuning",
    summary: "Show what the running core is tuned to, and how busy its connections are",
    run: async (_, session) => {
      const asked = { method: "GET", path: "/api/v1/tuning" } as const;
      const body = await session.ask<z.infer<typeof tuningSchema>>(asked);
      session.show(body, () => tuningLines(body).slice(1));
    },
  }),
];

function healthColumns(nowMs: number): readonly Column<Health>[] {
  const number = (title: string, read: (row: Health) => number): Column<Health> => ({
    title,
    text: (row) => countText(read(row)),
    isNumber: true,
  });
  return [
    { title: "TENANT", text: ({ slug }) => slug },
    number("DEVICES", ({ devices }) => devices),
    {
      title: "AGENTS",
      text: ({ agents }) => `${countText(agents.online)} of ${countText(agents.total)}`,
      isNumber: true,
    },
    number("SOURCES", ({ source_counts: of }) => of.total),
    number("FAILING", ({ source_counts: of }) => of.failing),
    number("STALE", ({ source_counts: of }) => of.stale),
    { title: "NEWEST RUN", text: ({ freshness }) => agoText(freshness.newest_run_at, nowMs) },
    number("WAITING", ({ inbox }) => inbox.waiting),
    { title: "LAG", text: ({ inbox }) => (inbox.waiting === 0 ? "" : spanText(inbox.lag_ms)) },
    number("PARKED", ({ inbox }) => inbox.parked),
    number("REVIEW", ({ review }) => Object.values(review).reduce((sum, count) => sum + count, 0)),
    number("REFUSED", ({ refused }) => refused),
    { title: "AUTHORITY ENDS", text: ({ authority_not_after: end }) => timeText(end) },
  ];
}
