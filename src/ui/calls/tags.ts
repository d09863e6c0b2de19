import { queryOptions } from "@tanstack/react-query";

import { pathOf } from "./api-client.ts";
import { ask, queryClient } from "./query-client.ts";
import { workedThrough, type TagChange, type TagWatch } from "./tag-work.ts";
import { keyOf } from "./topics.ts";

/** What is to be changed, and of which devices: those that are picked, or all that pass. */
export interface TagsWanted {
  readonly device_ids?: readonly string[] | undefined;
  readonly query?: string | undefined;
  readonly q?: string | undefined;
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Changes that are listed: what somebody may still want back. */
const LISTED = 20;

/** The latest changes of tags, newest first, whoever made them. */
export const tagChangesQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "tag-changes"),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "tag-changes"], { limit: LISTED });
      type Answer = { readonly tag_changes: readonly TagChange[] };
      return (await ask<Answer>({ path, signal })).tag_changes;
    },
  });

/** Changes tags, thousands at a time. Throws ApiProblem; what was told last stands then. */
export async function changeTags(
  tenant: string,
  wanted: TagsWanted,
  watch: TagWatch,
): Promise<TagChange> {
  const path = pathOf(["tenants", tenant, "tag-changes"]);
  return await worked(tenant, watch, () => ask<TagChange>({ method: "POST", path, body: wanted }));
}

/** Takes a change back, also one that is not whole. Throws ApiProblem. */
export async function undoTags(
  tenant: string,
  changeNo: number,
  watch: TagWatch,
): Promise<TagChange> {
  return await worked(tenant, watch, () => step(tenant, changeNo, "undo"));
}

/** Goes on with a change that was left half-way, in the direction that it has. Throws ApiProblem. */
export async function goOnWithTags(
  tenant: string,
  changeNo: number,
  watch: TagWatch,
): Promise<TagChange> {
  return await worked(tenant, watch, () => step(tenant, changeNo, "continue"));
}

async function worked(
  tenant: string,
  watch: TagWatch,
  begin: () => Promise<TagChange>,
): Promise<TagChange> {
  try {
    const began = await begin();
    return await workedThrough(began, () => step(tenant, began.change_no, "continue"), watch);
  } finally {
    // Also after a failure: slices that were worked stay. Not awaited: who is offline should read why it failed.
    void queryClient.invalidateQueries({ queryKey: keyOf(tenant, "devices") });
  }
}

function step(tenant: string, changeNo: number, which: "continue" | "undo"): Promise<TagChange> {
  const path = pathOf(["tenants", tenant, "tag-changes", String(changeNo), which]);
  return ask<TagChange>({ method: "POST", path });
}
