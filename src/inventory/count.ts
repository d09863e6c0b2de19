/** Counting what a list has, exactly as long as that costs little. */
import type { Queryable } from "../db/session.ts";

/** How many there are. */
export interface Total {
  readonly count: number;
  /** Counting would have taken too long, so this is what a sample of the tenant's devices says. */
  readonly isEstimate: boolean;
}

/** What counting may cost, and what is looked at where that is more. */
export interface CountLimits {
  /**
   * In the planner's units: it reads some 400,000 devices, or a few thousand with what their records say, in about a tenth of a second.
   * The planner is asked and not a clock, so that the same list is counted the same way each time.
   */
  readonly costMax: number;
  /** Of a million devices it is a hundred thousand, and one in a hundred wrong. */
  readonly sampleCost: number;
  /** Numbers of devices that are looked at however much each costs: of fewer nothing can be said of what one in a hundred has. */
  readonly sampleMin: number;
}

const LIMITS: CountLimits = { costMax: 20_000, sampleCost: 5_000, sampleMin: 10_000 };
/** Numbers that follow each other in a sample: those of a page or two, which are read at once. */
const STRIPE = 64;

const GOLDEN = (Math.sqrt(5) - 1) / 2;

type Plan = { readonly "Total Cost": number; readonly "Plan Rows": number };
type Devices = { readonly where: string; readonly parameters: readonly unknown[] };

/** Counts devices `d` that are so, of the tenant $1, or tells how many there may be, from a sample, where that would cost too much. */
export async function countWhileCheap(
  db: Queryable,
  devices: Devices,
  { costMax, sampleCost, sampleMin }: CountLimits = LIMITS,
): Promise<Total> {
  const { where, parameters } = devices;
  const { rows: plans } = await db.query<{ "QUERY PLAN": readonly { readonly Plan: Plan }[] }>(
    `explain (format json) select from sync.devices d where ${where}`,
    parameters,
  );
  const plan = plans[0]?.["QUERY PLAN"][0]?.Plan;
  const cost = plan?.["Total Cost"] ?? 0;
  if (plan === undefined || cost <= costMax) return await wholly(db, devices);
  const numbers = await lastNumber(db, parameters[0]);
  const wanted = Math.max(sampleMin, Math.floor((numbers * sampleCost) / cost));
  if (wanted >= numbers) return await wholly(db, devices);
  const sampled = await countStripes(db, { ...devices, numbers, wanted });
  const count = sampled > 0 ? (sampled * numbers) / wanted : plan["Plan Rows"];
  return { count: Math.round(Number(count.toPrecision(2))), isEstimate: true };
}

async function wholly(db: Queryable, { where, parameters }: Devices): Promise<Total> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*) as count from sync.devices d where ${where}`,
    parameters,
  );
  return { count: rows[0]?.count ?? 0, isEstimate: false };
}

async function lastNumber(db: Queryable, tenant: unknown): Promise<number> {
  const { rows } = await db.query<{ last: number | null }>(
    "select max(device_no) as last from sync.devices where tenant = $1",
    [tenant],
  );
  return rows[0]?.last ?? 0;
}

/**
 * Counts among `wanted` of the tenant's numbers, in stripes all over them: a sample of the table's pages (`tablesample`) would be of all
 * tenants. Each stripe lies elsewhere in its part, by multiples of the golden ratio, since devices come in an order of their own, and
 * always at the same place, so that an answer that is asked for again is the same.
 */
async function countStripes(
  db: Queryable,
  {
    where,
    parameters,
    numbers,
    wanted,
  }: Devices & { readonly numbers: number; readonly wanted: number },
): Promise<number> {
  const stripes = Math.ceil(wanted / STRIPE);
  const part = numbers / stripes;
  const at = `$${parameters.length + 1}::int[]`;
  const starts = Array.from({ length: stripes }, (_, n) =>
    Math.floor(1 + n * part + ((n * GOLDEN) % 1) * Math.max(0, part - wanted / stripes)),
  );
  const width = `$${parameters.length + 2}::int`;
  const { rows } = await db.query<{ count: number }>(
    `select coalesce(sum(stripe.count), 0)::int8 as count from unnest(${at}) start cross join lateral (
       select count(*) as count from sync.devices d
        where ${where} and d.device_no >= start and d.device_no < start + ${width}) stripe`,
    [...parameters, starts, STRIPE],
  );
  return (rows[0]?.count ?? 0) * (wanted / (stripes * STRIPE));
}
