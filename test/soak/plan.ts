/** What goes wrong in a soak, and when: all of it from the seed. */
import { createDice } from "../fleet/world/dice.ts";

/** Something that goes wrong. */
export const FAULTS = [
  "agent killed",
  "agent frozen",
  "core killed",
  "core killed as it starts",
  "core frozen",
  "database killed",
  "line cut",
  "line held",
] as const;

/** One of FAULTS. */
export type Fault = (typeof FAULTS)[number];

/** One thing that goes wrong. */
export interface Mishap {
  readonly fault: Fault;
  /** How long all is well before it, ms. */
  readonly afterMs: number;
  /** How long it lasts where it lasts, ms. */
  readonly lastsMs: number;
}

/** Nothing but a start-up is over in less; a run of the soaked sources takes longer than the most. */
const CALM_MS = { min: 100, max: 4_000 };
/** From a hiccup to longer than a heartbeat's answer may take. */
const LASTS_MS = { min: 50, max: 3_000 };

/** Mishaps without end. */
export function* mishaps(seed: number): Generator<Mishap, never> {
  const dice = createDice(seed);
  for (;;) {
    const fault = dice.pick(FAULTS);
    const afterMs = dice.between(CALM_MS.min, CALM_MS.max);
    yield { fault, afterMs, lastsMs: dice.between(LASTS_MS.min, LASTS_MS.max) };
  }
}
