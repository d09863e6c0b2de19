/** devices explain: why records are one device, and with a second device why the two are not one. */
import type { z } from "@hono/zod-openapi";

import type { explanationSchema, pairExplanationSchema } from "../api/contract-explain.ts";
import { optional, required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { deviceIdOf } from "./core-devices.ts";
import { explanationLines, pairLines } from "./core-explain-text.ts";
import { tenantCommand } from "./core-session.ts";
import type { Command } from "./program.ts";

type Explanation = z.infer<typeof explanationSchema>;
type PairExplanation = z.infer<typeof pairExplanationSchema>;

/** devices explain. */
export const EXPLAIN_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "devices explain",
    summary:
      "Show why a device is one, or why it and another are two, and which single fact decides",
    operands: {
      device: required("DEVICE", "its id or a former one; else what finds just one"),
      other: optional("OTHER", "why is this one not the same?"),
    },
    run: async ({ device, other }, session) => {
      const id = await deviceIdOf(device, session);
      if (other === undefined) {
        const path = session.path(["devices", id, "explain"]);
        const body = await session.ask<Explanation>({ method: "GET", path });
        session.show(body, () => explanationLines(body));
        return;
      }
      const otherId = await deviceIdOf(other, session);
      const path = session.path(["devices", id, "apart-from", otherId]);
      const body = await session.ask<PairExplanation>({ method: "GET", path });
      session.show(body, () => pairLines(body));
    },
  }),
];
