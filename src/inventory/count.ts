/** Counting what a list has, exactly as long as that costs little. */
import type { Queryable } from "../db/session.ts";

/** How many there are. */
export interface Total {
  readonly count: number;
  /** The planner's guess from its statistics: counting would have taken too long. */
  readonly isEstimate: boolean;
}

/**
 * What counting may cost, in the planner's units: it reads some 400,000 devices, or a few thousand with what their records say, in
 * about a tenth of a second. The planner is asked and not a clock, so that the same list is counted the same way each time.
 */
const COST_MAX = 20_000;
/** What a sample may cost: of a million devices it has a hundred thousand, and is one in a hundred wrong. */
const SAMPLE_COST = 5_000;

type Plan = { readonly "Total Cost": number; readonly "Plan Rows": number };

/** Counts devices `d` that are so, or tells how many there may be, from a sample, where that would cost too much. */
export async function countWhileCheap(
  db: Queryable,
  { where, parameters }: { readonly where: string; readonly parameters: readonly unknown[] },
  costMax: number = COST_MAX,
): Promise<Total> {
  const { rows: plans } = await db.query<{ "QUERY PLAN": readonly { readonly Plan: Plan }[] }>(
    `explain (format json) select from sync.devices d where ${where}`,
    parameters,
  );
  const plan = plans[0]?.["QUERY PLAN"][0]?.Plan;
  const cost = plan?.["Total Cost"] ?? 0;
  if (plan === undefined || cost <= costMax) {
    const all = await counted(db, `sync.devices d where ${where}`, parameters);
    return { count: all, isEstimate: false };
  }
  const share = Math.min(1, SAMPLE_COST / cost);
  // Always the same pages, so that an answer that is asked for again is the same.
  const sampled = await counted(
    db,
    `sync.devices d tablesample system ($${parameters.length + 1}::float8) repeatable (0) where ${where}`,
    [...parameters, share * 100],
  );
  const count = sampled > 0 ? sampled / share : plan["Plan Rows"];
  return { count: Math.round(Number(count.toPrecision(2))), isEstimate: true };
}

async function counted(
  db: Queryable,
  from: string,
  parameters: readonly unknown[],
): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*) as count from ${from}`,
    parameters,
  );
  return rows[0]?.count ?? 0;
}
