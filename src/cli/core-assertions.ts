import type { z } from "@hono/zod-openapi";

import type { assertionSchema, outcomeSchema } from "../api/contract-assertions.ts";
import { PAGE_MAX } from "../api/page.ts";
import { ASSERTION_KINDS } from "../dire/assertion.ts";
import { integer, oneOf, optional, required, toggle, withDefault } from "./args.ts";
import { assertionColumns, outcomeLines } from "./core-assertion-text.ts";
import type { CoreContext } from "./core-context.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { tableLines } from "./table.ts";

type Assertion = z.infer<typeof assertionSchema>;
type Outcome = z.infer<typeof outcomeSchema>;

/** Assertions shown where nobody says how many: a screenful. */
const LIMIT_DEFAULT = 50;

/** devices assertions list, revoke. */
export const ASSERTION_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "devices assertions list",
    summary: "Show what operators decided of devices and values, newest first",
    flags: {
      state: oneOf(["standing", "revoked", "all"], "also or only those that were taken back"),
      kind: oneOf(ASSERTION_KINDS, "only decisions of this kind"),
      limit: integer("N", `how many (default: ${LIMIT_DEFAULT})`, { min: 1, max: PAGE_MAX }),
      after: optional("CURSOR", "go on where the page before ended"),
    },
    run: async ({ state, kind, limit = LIMIT_DEFAULT, after }, session) => {
      const path = session.path(["assertions"], { state, kind, limit, after });
      const body = await session.ask<{ assertions: Assertion[]; next?: string }>({
        method: "GET",
        path,
      });
      const nowMs = session.context.clock.now();
      session.show(body, () => [
        ...(body.assertions.length === 0
          ? ["No assertions."]
          : tableLines(assertionColumns(nowMs), body.assertions)),
        ...(body.next === undefined ? [] : ["", `More: --after ${body.next}`]),
      ]);
    },
  }),
  tenantCommand({
    name: "devices assertions revoke",
    summary: "Take a decision back: devices become what they are without it",
    operands: { assertion: required("NUMBER", "its number in the list") },
    flags: {
      reason: withDefault("TEXT", "why, for the audit", ""),
      dryRun: toggle("say what would change and change nothing"),
    },
    run: async ({ assertion, reason, dryRun }, session) => {
      const path = session.path(["assertions", assertion, "revoke"]);
      const body = { reason, dry_run: dryRun };
      const outcome = await session.ask<Outcome>({ method: "POST", path, body });
      session.show(outcome, () => outcomeLines(outcome, session));
    },
  }),
];
