import { setImmediate } from "node:timers/promises";

/** Lets what else the thread has to do go first: answers that have come, callbacks that are due. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}
