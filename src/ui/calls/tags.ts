import type { z } from "@hono/zod-openapi";

import type { tagChangeSchema } from "../../api/contract-tags.ts";
import { pathOf } from "./api-client.ts";
import { ask, queryClient } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** A change of tags, and how far it is. */
export type TagChange = z.infer<typeof tagChangeSchema>;

/** What is to be changed, and of which devices: those that are picked, or all that pass. */
export interface TagsWanted {
  readonly device_ids?: readonly string[] | undefined;
  readonly query?: string | undefined;
  readonly q?: string | undefined;
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Changes tags, thousands at a time, and tells how far it is; devices are then asked for anew. Throws ApiProblem. */
export async function changeTags(
  tenant: string,
  wanted: TagsWanted,
  tell: (change: TagChange) => void,
): Promise<TagChange> {
  const path = pathOf(["tenants", tenant, "tag-changes"]);
  const began = await ask<TagChange>({ method: "POST", path, body: wanted });
  return await finished(tenant, began, tell);
}

/** Takes a change back. Throws ApiProblem. */
export async function undoTags(
  tenant: string,
  changeNo: number,
  tell: (change: TagChange) => void,
): Promise<TagChange> {
  const path = pathOf(["tenants", tenant, "tag-changes", String(changeNo), "undo"]);
  return await finished(tenant, await ask<TagChange>({ method: "POST", path }), tell);
}

async function finished(
  tenant: string,
  began: TagChange,
  tell: (change: TagChange) => void,
): Promise<TagChange> {
  const path = pathOf(["tenants", tenant, "tag-changes", String(began.change_no), "continue"]);
  let change = began;
  while (change.state === "running" || change.state === "undoing") {
    tell(change);
    change = await ask<TagChange>({ method: "POST", path });
  }
  await queryClient.invalidateQueries({ queryKey: keyOf(tenant, "devices") });
  return change;
}
