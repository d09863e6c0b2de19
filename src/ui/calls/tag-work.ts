/** A change of tags is worked slice by slice, each asked for by the page, so the page can stop between two. */
import type { z } from "@hono/zod-openapi";

import type { tagChangeSchema } from "../../api/contract-tags.ts";

/** A change of tags, and how far it is. */
export type TagChange = z.infer<typeof tagChangeSchema>;

/** Who watches a change being worked, and may stop it. */
export interface TagWatch {
  readonly tell: (change: TagChange) => void;
  /** Aborted: no slice more is asked for; the one under way is awaited, so that what is told is true. */
  readonly signal: AbortSignal;
}

/** Asks for slices until the change is whole, one way or the other, or nobody wants more; gives how far it is then. */
export async function workedThrough(
  began: TagChange,
  next: () => Promise<TagChange>,
  { tell, signal }: TagWatch,
): Promise<TagChange> {
  let change = began;
  tell(change);
  while (!isWhole(change) && !signal.aborted) {
    change = await next();
    tell(change);
  }
  return change;
}

/** Whether nothing of it is left to be worked. */
export function isWhole({ state }: TagChange): boolean {
  return state !== "running" && state !== "undoing";
}

/** Whether it can be taken back: it changed something, or may have, and is not on its way back. */
export function isTakeable({ state, changed }: TagChange): boolean {
  return state === "running" || state === "stopped" || (state === "done" && changed > 0);
}
