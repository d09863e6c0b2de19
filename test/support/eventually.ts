import { setTimeout } from "node:timers/promises";

/** How long something may take that no event tells of, ms; a tenth of it is far too long, but machines of CI stall. */
const LATE_MS = 20_000;
/** Between two tries, ms. */
const PAUSE_MS = 20;

/**
 * Gives what `claim` gives once it throws no more, or throws what it threw last. For what another process or a database does
 * without telling; Deno's test context has no `waitFor`.
 */
export async function eventually<T>(claim: () => T | Promise<T>, lateMs = LATE_MS): Promise<T> {
  const untilMs = Date.now() + lateMs;
  for (;;) {
    try {
      return await claim();
    } catch (thrown) {
      if (Date.now() > untilMs) throw thrown;
    }
    await setTimeout(PAUSE_MS);
  }
}
