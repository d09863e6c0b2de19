import type { z } from "@hono/zod-openapi";

import type { holdDetailSchema, holdSchema } from "../api/contract-dire.ts";
import { PAGE_MAX } from "../api/page.ts";
import { integer, optional, required, toggle } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";
import { pairLines, plain, sectionLines, tableLines } from "./table.ts";
import { agoText, countOf, countText } from "./wording.ts";

type Hold = z.infer<typeof holdSchema>;
type HoldDetail = z.infer<typeof holdDetailSchema>;

/** Holds shown where nobody says how many: a screenful. */
const LIMIT_DEFAULT = 20;
const operands = { hold: required("HOLD", "its number") };
const flags = { reason: optional("TEXT", "why, for the audit") };

/** dire held list, get, release, recheck. */
export const HELD_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "dire held list",
    summary: "Show publications that the storm brake holds, newest first",
    flags: {
      all: toggle("also those that have ended"),
      limit: integer("N", `how many (default: ${LIMIT_DEFAULT})`, { min: 1, max: PAGE_MAX }),
      after: optional("CURSOR", "go on where the page before ended"),
    },
    run: async ({ all, limit = LIMIT_DEFAULT, after }, session) => {
      const state = all ? "all" : undefined;
      const path = session.path(["dire", "held"], { state, limit, after });
      const body = await session.ask<{ held: Hold[]; next?: string }>({ method: "GET", path });
      session.show(body, () => holdTable(body, session));
    },
  }),
  tenantCommand({
    name: "dire held get",
    summary: "Show one held publication: what it would change, and why",
    operands,
    run: async ({ hold }, session) => {
      const path = session.path(["dire", "held", hold]);
      const body = await session.ask<HoldDetail>({ method: "GET", path });
      session.show(body, () => holdLines(body, session));
    },
  }),
  tenantCommand({
    name: "dire held release",
    summary: "Publish what the storm brake holds",
    operands,
    flags,
    run: async ({ hold, reason }, session) => {
      const body = await end(session, { hold, reason, how: "release" });
      session.show(body, () => [
        `Hold ${body.hold_no} is released; its devices are published next.`,
      ]);
    },
  }),
  tenantCommand({
    name: "dire held recheck",
    summary:
      "Decide what is held again, after its cause was mended; what still is a storm is held anew",
    operands,
    flags,
    run: async ({ hold, reason }, session) => {
      const body = await end(session, { hold, reason, how: "recheck" });
      session.show(body, () => [`Hold ${body.hold_no} is decided again, under the brake.`]);
    },
  }),
];

async function end(
  session: TenantSession,
  {
    hold,
    reason,
    how,
  }: { readonly hold: string; readonly reason: string | undefined; readonly how: string },
): Promise<Hold> {
  const path = session.path(["dire", "held", hold, how]);
  const body = reason === undefined ? {} : { reason };
  return await session.ask<Hold>({ method: "POST", path, body });
}

function holdTable(
  { held, next }: { readonly held: readonly Hold[]; readonly next?: string },
  session: TenantSession,
): readonly string[] {
  if (held.length === 0) return ["Nothing is held."];
  const nowMs = session.context.clock.now();
  const lines = tableLines(
    [
      { title: "HOLD", text: (hold) => String(hold.hold_no), isNumber: true },
      { title: "STATE", text: (hold) => hold.state },
      { title: "SOURCE", text: (hold) => hold.source },
      { title: "RUN", text: (hold) => String(hold.run_no), isNumber: true },
      { title: "HELD", text: (hold) => agoText(hold.held_at, nowMs) },
      { title: "DEVICES FEWER", text: (hold) => countText(hold.devices_fewer), isNumber: true },
      { title: "IDS CHANGED", text: (hold) => countText(hold.ids_changed), isNumber: true },
      { title: "OF DEVICES", text: (hold) => countText(hold.devices), isNumber: true },
      { title: "ENDED BY", text: (hold) => hold.ended_by },
    ],
    held,
  );
  return next === undefined ? lines : [...lines, "", `More: --after ${next}`];
}

function holdLines(hold: HoldDetail, session: TenantSession): readonly string[] {
  const nowMs = session.context.clock.now();
  const words = `${hold.hold_no}`;
  return [
    `Hold ${hold.hold_no} of run ${hold.run_no}, source ${plain(hold.source)}: ${hold.state}`,
    ...pairLines([
      ["  held", agoText(hold.held_at, nowMs)],
      [
        "  would leave",
        `${countOf(hold.devices_fewer, "device")} fewer, of ${countText(hold.devices)}`,
      ],
      ["  would change", countOf(hold.ids_changed, "id")],
      ["  waiting", countOf(hold.records, "record")],
      [
        "  ended",
        hold.ended_at && `${agoText(hold.ended_at, nowMs) ?? ""} by ${hold.ended_by ?? ""}`,
      ],
      ["  reason", hold.reason],
    ]),
    ...sectionLines(
      "First changes",
      tableLines(
        [
          { title: "DEVICE", text: (change) => change.id },
          { title: "NAMES", text: (change) => change.names.join(", "), maxChars: 40 },
          { title: "BECOMES", text: (change) => change.to_id },
          { title: "WITH", text: (change) => change.to_names.join(", "), maxChars: 40 },
          { title: "IN COMMON", text: (change) => change.in_common.join(", "), maxChars: 80 },
        ],
        hold.changes,
      ),
    ),
    ...(hold.state === "held"
      ? ["", `Publish it: ${session.commandLine(`dire held release ${words}`)}`]
      : []),
  ];
}
