/** Removes folders that a test wrote to. */
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** How often a removal is tried: what a test stops may write its last file meanwhile. */
const TRIES = 40;
/** Between two tries, ms. */
const BETWEEN_MS = 50;

/**
 * Removes a folder with all in it; none there is fine. A file that appears meanwhile makes the removal fail with ENOTEMPTY:
 * hooks of a test run in the order they were made in, so its folder may go before what writes there has ended. Own
 * loop, as Deno does not know `maxRetries`.
 */
export async function removeFolder(path: string): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      await rm(path, { recursive: true, force: true });
      return;
    } catch (error) {
      if (tried === TRIES) throw error;
      await sleep(BETWEEN_MS);
    }
  }
}
