import { countRefusal, type Refusal } from "../control/refusals.ts";
import { messageOf } from "../lib/errors.ts";
import type { GatewayContext } from "./context.ts";

/** Code of a service that was left out while the rest of its call was taken. */
export const LEFT_OUT = "LEFT_OUT";

/** Logs and counts a refusal. Counting is not worth failing for: the refusal itself is answered in any case. */
export function noteRefusal(
  { db, log, note }: Pick<GatewayContext, "db" | "log" | "note">,
  refusal: Refusal,
): void {
  log.warn({ ...refusal }, "refused");
  note?.({ kind: "refused", code: refusal.code });
  countRefusal(db.forTenant(refusal.tenant), refusal).catch((thrown: unknown) =>
    log.warn({ error: messageOf(thrown) }, "refusal not counted"),
  );
}
