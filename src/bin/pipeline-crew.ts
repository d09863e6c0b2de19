/**
 * The pipeline's two threads: one that works whoever has waited longest, and one for tenants that have little. What a thread computes in
 * one go, a second or more for a large component, holds up its other tenants; a small tenant's chunk finds the light one free. There
 * is one heavy thread however many processors there are: what it remembers of a tenant's records would be learned again by every other.
 */
import type { PoolLoad } from "../db/connections.ts";
import { startPipeline, type Pipeline, type PipelineOptions } from "./pipeline-thread.ts";

/** Connections of the light thread: it does one thing at a time. */
export const LIGHT_CONNECTIONS = 1;

/** Starts both as one pipeline: the end of either is its end. `poolSize` is that of both together, 2 at least. */
export function startCrew(options: Omit<PipelineOptions, "isLight" | "isKeeping">): Pipeline {
  const poolSize = options.poolSize - LIGHT_CONNECTIONS;
  const heavy = startPipeline({ ...options, poolSize, isLight: false, isKeeping: true });
  const light = startPipeline({
    ...options,
    poolSize: LIGHT_CONNECTIONS,
    tenantsInFlight: 1,
    isLight: true,
    isKeeping: false,
  });
  return {
    ended: Promise.race([heavy.ended, light.ended]),
    wake: () => {
      heavy.wake();
      light.wake();
    },
    // It is the one that has large tenants' records in mind.
    takeRepeated: heavy.takeRepeated,
    load: () => together(heavy.load(), light.load()),
    stop: async () => void (await Promise.all([heavy.stop(), light.stop()])),
  };
}

function together(a: PoolLoad, b: PoolLoad): PoolLoad {
  return {
    size: a.size + b.size,
    busy: a.busy + b.busy,
    idle: a.idle + b.idle,
    waiting: a.waiting + b.waiting,
    delayMs: Math.max(a.delayMs, b.delayMs),
    timeouts: a.timeouts + b.timeouts,
  };
}
