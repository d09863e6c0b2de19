import type { z } from "@hono/zod-openapi";

import type { inboxSchema } from "../api/contract.ts";
import { CORE_NAME, type TenantSession } from "./core-session.ts";

/**
 * Tells on standard error of what the inventory does not show yet. A run ends when its devices are committed; until the last of them
 * are published, a list lacks some, and whoever just ran a source would look for them in vain.
 */
export async function tellWaiting(session: TenantSession): Promise<void> {
  const path = session.path(["inbox"]);
  const inbox = await session.ask<z.infer<typeof inboxSchema>>({ method: "GET", path });
  if (inbox.waiting + inbox.unpublished === 0) return;
  session.context.printError(
    `${CORE_NAME}: more devices wait in the inbox; a running core has them in the inventory in a moment`,
  );
}
