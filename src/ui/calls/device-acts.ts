import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { assertionSchema, outcomeSchema } from "../../api/contract-assertions.ts";
import type { explanationSchema } from "../../api/contract-explain.ts";
import { pathOf } from "./api-client.ts";
import { ask, queryClient } from "./query-client.ts";
import { keyOf } from "./topics.ts";

/** Why a device is one. */
export type Explanation = z.infer<typeof explanationSchema>;
/** What an operator decided. */
export type Assertion = z.infer<typeof assertionSchema>;
/** What an act changed, or would change. */
export type Outcome = z.infer<typeof outcomeSchema>;

/** Why it is one, what is held apart from it, and which single fact decides. */
export const explainQuery = (tenant: string, device: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "explain", device),
    queryFn: ({ signal }) =>
      ask<Explanation>({ path: pathOf(["tenants", tenant, "devices", device, "explain"]), signal }),
  });

/** Decisions that one page of the API holds; more are not looked through for one device. */
const DECISIONS_MAX = 500;

/** Decisions of a tenant, standing and revoked, the newest first. */
export const decisionsQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "assertions"),
    queryFn: ({ signal }) => {
      const path = pathOf(["tenants", tenant, "assertions"], {
        limit: DECISIONS_MAX,
        state: "all",
      });
      return ask<{ readonly assertions: readonly Assertion[]; readonly next?: string }>({
        path,
        signal,
      });
    },
  });

/** Something that an operator does: the API's path below the tenant, and its body but for reason and rehearsal. */
export interface DecisionAct {
  readonly path: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
}

/** Acts on a device. */
export const deviceAct = (
  device: string,
  act: "merge" | "never-merge" | "unmerge" | "lock" | "unlock",
  body: DecisionAct["body"] = {},
): DecisionAct => ({ path: ["devices", device, act], body });

/** Taking a decision back. */
export const revokeAct = (assertionNo: number): DecisionAct => ({
  path: ["assertions", String(assertionNo), "revoke"],
  body: {},
});

/** Says what an act would change. Throws ApiProblem where it is refused. */
export async function rehearseAct(tenant: string, { path, body }: DecisionAct): Promise<Outcome> {
  return await ask<Outcome>({
    method: "POST",
    path: pathOf(["tenants", tenant, ...path]),
    body: { ...body, dry_run: true },
  });
}

/** Does it; what is shown of devices is asked for anew. Throws ApiProblem. */
export async function doAct(
  tenant: string,
  { path, body }: DecisionAct,
  reason: string,
): Promise<Outcome> {
  const outcome = await ask<Outcome>({
    method: "POST",
    path: pathOf(["tenants", tenant, ...path]),
    body: { ...body, reason },
  });
  await queryClient.invalidateQueries({ queryKey: keyOf(tenant, "devices") });
  return outcome;
}
