import { observe, type Delivered } from "./observe.ts";
import type { Dice } from "./world/dice.ts";
import type { Instance } from "./world/record.ts";
import { runsOf, type Run } from "./world/runs.ts";

/** Updates of one system that arrive together. */
export interface FleetBatch {
  /** Of arrival. */
  readonly day: number;
  readonly instance: Instance;
  readonly delivered: readonly Delivered[];
}

/** Share of updates that are late, of devices whose updates are late at all. */
const LATE = 0.35;
const LATE_DAYS_MAX = 2;
/** Share of updates that arrive twice, of devices for which that happens at all. */
const TWICE = 0.5;
/** Second deliveries that come on the day after. */
const TWICE_NEXT_DAY = 0.4;
/** A run arrives in two batches or more, unless it is a small one; a batch is at most a chunk of the wire. */
const BATCH_MAX = 2_000;
const BATCH_MIN = 100;

interface Options {
  readonly instances: readonly Instance[];
  readonly days: number;
  readonly dice: Dice;
  readonly hasSweeps: boolean;
}

type Held = Map<Instance, { readonly due: number; readonly delivered: Delivered }[]>;

/**
 * All batches in the order in which they arrive: every day each system's runs, then what is late or comes again. Holds
 * one run at a time, and what is held back.
 */
export function* deliver({ instances, days, dice, hasSweeps }: Options): Generator<FleetBatch> {
  const held: Held = new Map(instances.map((instance) => [instance, []]));
  const asked = instances.filter(({ source }) => hasSweeps || source !== "sweep");
  for (let day = 0; day < days; day += 1) {
    for (const run of runsOf(asked, day, dice)) {
      const delivered = collect(run, { dice: dice.fork(`${run.instance.name} ${run.at}`), held });
      yield* inBatches(run.instance, day, delivered);
    }
    for (const instance of asked) {
      yield* inBatches(instance, day, release(instance, held, lastly(day, days)));
    }
  }
}

/** Nothing is held beyond the last day. */
function lastly(day: number, days: number): number {
  return day === days - 1 ? Number.POSITIVE_INFINITY : day;
}

function collect(run: Run, { dice, held }: { dice: Dice; held: Held }): readonly Delivered[] {
  const arrived: Delivered[] = [];
  const hold = (delivered: Delivered, days: number): void => {
    held.get(run.instance)?.push({ due: run.day + days, delivered });
  };
  for (const record of dice.shuffled(run.instance.records)) {
    const delivered = observe(record, run, { nth: arrived.length, dice });
    if (delivered === undefined) continue;
    const { modes } = delivered.device;
    if (modes.has("redelivered") && dice.chance(TWICE)) {
      hold(delivered, dice.chance(TWICE_NEXT_DAY) ? 1 : 0);
    }
    if (modes.has("late_update") && dice.chance(LATE)) {
      hold(delivered, dice.between(1, LATE_DAYS_MAX));
    } else arrived.push(delivered);
  }
  return arrived;
}

function release(instance: Instance, held: Held, day: number): readonly Delivered[] {
  const waiting = held.get(instance) ?? [];
  held.set(
    instance,
    waiting.filter(({ due }) => due > day),
  );
  return waiting.filter(({ due }) => due <= day).map(({ delivered }) => delivered);
}

function* inBatches(
  instance: Instance,
  day: number,
  delivered: readonly Delivered[],
): Generator<FleetBatch> {
  const size = Math.min(BATCH_MAX, Math.max(BATCH_MIN, Math.ceil(delivered.length / 2)));
  for (let start = 0; start < delivered.length; start += size) {
    yield { day, instance, delivered: delivered.slice(start, start + size) };
  }
}
