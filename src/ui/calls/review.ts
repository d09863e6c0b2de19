import type { z } from "@hono/zod-openapi";
import { queryOptions } from "@tanstack/react-query";

import type { evidenceSchema, recordSchema } from "../../api/contract-assertions.ts";
import type { holdDetailSchema, holdSchema } from "../../api/contract-dire.ts";
import { pathOf } from "./api-client.ts";
import { ask, queryClient } from "./query-client.ts";
import type { IdentityQuality, Retraction } from "./standing.ts";
import { keyOf } from "./topics.ts";

/** A record of a pair that is held apart. */
export type HeldRecord = z.infer<typeof recordSchema> & {
  readonly device_id?: string | undefined;
  readonly hostname?: string | undefined;
};
/** Two records that look like one device and are held apart. */
export interface HeldPair {
  readonly quarantine_no: number;
  readonly reason: string;
  readonly points: number;
  readonly threshold: number;
  readonly evidence: readonly z.infer<typeof evidenceSchema>[];
  readonly since: string;
  readonly records: readonly [HeldRecord, HeldRecord];
}
/** A publication that the storm brake holds. */
export type Hold = z.infer<typeof holdSchema>;
/** A hold with its first changes. */
export type HoldDetail = z.infer<typeof holdDetailSchema>;

/** Pairs read at once: more than a person works in a day. */
const PAIRS_MAX = 200;

/** Pairs that wait for a person, the newest first. */
export const pairsQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "pairs"),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "quarantine"], { limit: PAIRS_MAX, open: true });
      return (await ask<{ readonly pairs: readonly HeldPair[] }>({ path, signal })).pairs;
    },
  });

/** Publications that are held. */
export const holdsQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "holds"),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "dire", "held"]);
      return (await ask<{ readonly held: readonly Hold[] }>({ path, signal })).held;
    },
  });

/** One with its first changes. */
export const holdQuery = (tenant: string, hold: number) =>
  queryOptions({
    queryKey: keyOf(tenant, "devices", "hold", hold),
    queryFn: ({ signal }) =>
      ask<HoldDetail>({ path: pathOf(["tenants", tenant, "dire", "held", String(hold)]), signal }),
  });

/** Retirings of records that wait for an operator. */
export const heldRetractionsQuery = (tenant: string) =>
  queryOptions({
    queryKey: keyOf(tenant, "runs", "retractions", "held"),
    queryFn: async ({ signal }) => {
      const path = pathOf(["tenants", tenant, "retractions"], { state: "held" });
      type Answer = { readonly retractions: readonly Retraction[] };
      return (await ask<Answer>({ path, signal })).retractions;
    },
  });

/** How many cases wait for a person: the same number in the navigation, the overview and the review. Undefined while one part is not known. */
export function reviewCount(
  quality: IdentityQuality | undefined,
  retractions: readonly Retraction[] | undefined,
): number | undefined {
  if (quality === undefined || retractions === undefined) return undefined;
  return [
    quality.held_publications,
    retractions.length,
    quality.held_apart,
    quality.learnt_values.count,
    quality.flapping_records.count,
    quality.flapping_values.count,
    quality.crowded_devices.count,
  ].reduce((sum, count) => sum + count, 0);
}

/** Ends what waits: a hold with a reason, a retraction without. Throws ApiProblem. */
export async function endWaiting(
  tenant: string,
  path: readonly string[],
  body?: { readonly reason: string },
): Promise<void> {
  const request = { method: "POST" as const, path: pathOf(["tenants", tenant, ...path]) };
  await ask(body === undefined ? request : { ...request, body });
  await queryClient.invalidateQueries({ queryKey: ["t", tenant] });
}
