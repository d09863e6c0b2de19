/**
 * When a run's publication is a storm: it would leave many published devices fewer, or change many ids, and so is shown to an
 * operator before it is published. Pure.
 */

/** How much a run may do to what is published, by itself. */
export interface BrakeLimits {
  /** Always allowed: what a small site's reorganisation does. */
  readonly devicesMin: number;
  /** Share of the published devices that may turn out to be another one. */
  readonly shrinkShare: number;
  /** Share of the published devices whose id may change. */
  readonly idShare: number;
  /** Complete runs that a source has behind it before it is braked: the first ones find what there is to find. */
  readonly runsMin: number;
}

/** The limits in force (identity facts 4.5; the share of ids is ours). */
export const BRAKE_LIMITS: BrakeLimits = {
  devicesMin: 50,
  shrinkShare: 0.01,
  idShare: 0.05,
  runsMin: 3,
};

/** What a run does to what is published. */
export interface Weight {
  readonly shrinks: number;
  readonly ids: number;
}

/** Sums weights up. */
export function sumWeights(weights: readonly Weight[]): Weight {
  return {
    shrinks: weights.reduce((sum, { shrinks }) => sum + shrinks, 0),
    ids: weights.reduce((sum, { ids }) => sum + ids, 0),
  };
}

/** Whether it could be a storm, however large the inventory: asked first, since counting devices costs a pass over them. */
export function mayBeStorm({ shrinks, ids }: Weight, { devicesMin }: BrakeLimits): boolean {
  return shrinks > devicesMin || ids > devicesMin;
}

/** Whether it is one; `devices` are published and have a record of their own. */
export function isStorm(weight: Weight, limits: BrakeLimits, devices: number): boolean {
  const { devicesMin, shrinkShare, idShare } = limits;
  return (
    weight.shrinks > Math.max(devicesMin, shrinkShare * devices) ||
    weight.ids > Math.max(devicesMin, idShare * devices)
  );
}
