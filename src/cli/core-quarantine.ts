import type { z } from "@hono/zod-openapi";

import { PAGE_MAX } from "../api/page.ts";
import type { quarantineSchema } from "../api/quarantine.ts";
import { QUARANTINE_REASONS, type QuarantineReason } from "../dire/quarantine.ts";
import { integer, oneOf, optional, toggle } from "./args.ts";
import { evidenceText, recordText } from "./core-assertion-text.ts";
import type { CoreContext } from "./core-context.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { tableLines, type Column } from "./table.ts";
import { agoText } from "./wording.ts";

type Pair = z.infer<typeof quarantineSchema>;

/** Pairs shown where nobody says how many: a screenful. */
const LIMIT_DEFAULT = 50;

/** devices quarantine. */
export const QUARANTINE_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "devices quarantine",
    summary: "Show records that looked like one device and were held apart, newest first",
    flags: {
      reason: oneOf(QUARANTINE_REASONS, "only those held apart for this"),
      open: toggle("leave out pairs that an operator keeps apart"),
      limit: integer("N", `how many (default: ${LIMIT_DEFAULT})`, { min: 1, max: PAGE_MAX }),
      after: optional("CURSOR", "go on where the page before ended"),
    },
    run: async ({ reason, open, limit = LIMIT_DEFAULT, after }, session) => {
      const path = session.path(["quarantine"], { reason, open, limit, after });
      const body = await session.ask<{ pairs: Pair[]; next?: string }>({ method: "GET", path });
      const nowMs = session.context.clock.now();
      session.show(body, () =>
        body.pairs.length === 0
          ? ["Nothing is held apart."]
          : [
              ...tableLines(columns(nowMs), body.pairs),
              "",
              `Why in full: ${session.commandLine("devices explain DEVICE OTHER")}`,
              ...(body.next === undefined ? [] : [`More: --after ${body.next}`]),
            ],
      );
    },
  }),
];

const REASON_WORDS: Readonly<Record<QuarantineReason, string>> = {
  same_source_concurrent: "one source lists both at the same time",
  policy_blocked: "two lives of one record id",
  cannot_link: "an operator keeps them apart",
  too_many_records: "together too many records",
  contradiction: "others of the device contradict",
  mac_only_conflict: "a MAC alone",
  medium_confidence_only: "a random MAC alone",
  contested: "the value is held by several devices",
};

/** Why a pair is held apart, in plain words. */
function reasonWords(reason: QuarantineReason): string {
  return REASON_WORDS[reason];
}

function columns(nowMs: number): readonly Column<Pair>[] {
  const device = (at: 0 | 1): Column<Pair>[] => [
    {
      title: at === 0 ? "DEVICE" : "OTHER",
      text: ({ records }) => records[at].device_id,
    },
    { title: "RECORD", text: ({ records }) => recordText(records[at]), maxChars: 40 },
  ];
  return [
    { title: "SINCE", text: ({ since }) => agoText(since, nowMs) },
    { title: "HELD APART BECAUSE", text: ({ reason }) => reasonWords(reason) },
    {
      title: "POINTS",
      text: ({ points, threshold }) => `${points} of ${threshold}`,
      isNumber: true,
    },
    ...device(0),
    ...device(1),
    {
      title: "EVIDENCE",
      text: ({ evidence }) => evidence.map(evidenceText).join(", "),
      maxChars: 120,
    },
  ];
}
