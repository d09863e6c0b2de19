/** devices groups: how many devices there are of each kind. */
import type { z } from "@hono/zod-openapi";

import type { deviceGroupsSchema } from "../api/contract-devices.ts";
import { required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { DEVICE_FILTERS } from "./core-devices.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";
import { tableLines } from "./table.ts";
import { countText } from "./wording.ts";

type Groups = z.infer<typeof deviceGroupsSchema>;

const { q, ...filters } = DEVICE_FILTERS;

/** devices groups. */
export const DEVICE_GROUP_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "devices groups",
    summary: "Count devices by a field or several, the largest group first",
    operands: { q },
    flags: {
      ...filters,
      query: required("SRQL", `a query with stats, as in 'stats:"count() by vendor_name"'`),
    },
    run: async (asked, session) => {
      const { query, source, type, partition, state } = asked;
      const filter = { q: asked.q, query, source, type, partition, state };
      const path = session.path(["devices", "groups"], filter);
      const body = await session.ask<Groups>({ method: "GET", path });
      session.show(body, () => groupLines(body));
    },
  }),
];

function groupLines({ by, groups, is_complete: isComplete }: Groups): readonly string[] {
  if (groups.length === 0) return ["No devices."];
  type Group = Groups["groups"][number];
  const table = tableLines(
    [
      ...by.map((field, nth) => ({
        title: field.toUpperCase(),
        text: ({ values }: Group) => values[nth] ?? undefined,
        maxChars: 60,
      })),
      { title: "DEVICES", text: ({ devices }: Group) => countText(devices), isNumber: true },
    ],
    groups,
  );
  return isComplete ? table : [...table, "", "There are more groups than these."];
}
