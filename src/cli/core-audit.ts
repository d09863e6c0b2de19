/** audit list, platform audit: who changed what. */
import type { z } from "@hono/zod-openapi";

import type { auditSchema } from "../api/contract-people.ts";
import { optional, type Values } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { withQuery } from "./core-pages.ts";
import { moreLines, SCREEN_FLAGS } from "./core-paging.ts";
import { platformCommand, tenantCommand, type Session } from "./core-session.ts";
import type { Command } from "./program.ts";
import { tableLines } from "./table.ts";
import { timeText, valueText } from "./wording.ts";

type Entry = z.infer<typeof auditSchema>;

const flags = {
  actor: optional("ACTOR", "only what he did, such as user:alice"),
  action: optional("ACTION", "only this, such as source or source.apply"),
  subject: optional("NAME", "only what was done to this, such as a source's name"),
  ...SCREEN_FLAGS,
};

/** audit list, platform audit. */
export const AUDIT_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "audit list",
    summary: "Show who changed what in a tenant, newest first",
    flags,
    run: ({ actor, action, subject, limit, after }, session) =>
      showAudit(session.path(["audit"], { actor, action, subject, limit, after }), session),
  }),
  platformCommand({
    name: "platform audit",
    summary: "Show who changed users and the platform, newest first",
    flags,
    run: ({ actor, action, subject, limit, after }: Values<typeof flags>, session) =>
      showAudit(withQuery("/api/v1/audit", { actor, action, subject, limit, after }), session),
  }),
];

async function showAudit(path: string, session: Pick<Session, "ask" | "show">): Promise<void> {
  const body = await session.ask<{ entries: Entry[]; next?: string }>({ method: "GET", path });
  session.show(body, () => [
    ...(body.entries.length === 0 ? ["No changes."] : entryLines(body.entries)),
    ...moreLines(body.next),
  ]);
}

function entryLines(entries: readonly Entry[]): readonly string[] {
  return tableLines(
    [
      { title: "AT", text: ({ at }) => timeText(at) },
      { title: "WHO", text: ({ actor }) => actor, maxChars: 40 },
      { title: "ACTION", text: ({ action }) => action },
      { title: "OF", text: ({ subject }) => subject, maxChars: 60 },
      { title: "BEFORE", text: ({ before }) => valueText(before), maxChars: 60 },
      { title: "AFTER", text: ({ after }) => valueText(after), maxChars: 60 },
    ],
    entries,
  );
}
