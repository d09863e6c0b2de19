import { invariant } from "../../../src/lib/invariant.ts";

/** Chance that a seed repeats. */
export interface Dice {
  /** In [0, 1). */
  next(): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  pick<T>(choices: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
  /** Other dice that depend on these dice's seed and the label, never on how often these were thrown. */
  fork(label: string | number): Dice;
}

/** Dice of a seed. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 2 ** 32;
  };
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    chance: (probability) => next() < probability,
    between,
    pick: (choices) => itemAt(choices, between(0, choices.length - 1)),
    shuffled: (items) => shuffle([...items], between),
    fork: (label) => createDice(mix(seed ^ hashText(String(label)))),
  };
}

/** Fisher and Yates' shuffle, in place. */
function shuffle<T>(items: T[], between: (min: number, max: number) => number): T[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = between(0, last);
    [items[last], items[other]] = [itemAt(items, other), itemAt(items, last)];
  }
  return items;
}

/** The item at an index that exists. */
export function itemAt<T>(items: readonly T[], index: number): T {
  invariant(index >= 0 && index < items.length, `no item ${index} among ${items.length}`);
  return items[index] as T;
}

/** FNV-1a of a text's code units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
