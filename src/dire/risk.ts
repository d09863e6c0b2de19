/**
 * OCSF risk (schema.ocsf.io, attribute risk_level_id: 0 Info, 1 Low, 2 Medium, 3 High, 4 Critical) from what sources say of it.
 * `risk_score` stays as the source reports it, as OCSF defines it; only the level is brought to one scale. Pure.
 */

/** A level with its OCSF number and caption. */
export interface RiskLevel {
  readonly id: number;
  readonly name: string;
}

const INFO = { id: 0, name: "Info" };
const LOW = { id: 1, name: "Low" };
const MEDIUM = { id: 2, name: "Medium" };
const HIGH = { id: 3, name: "High" };
const CRITICAL = { id: 4, name: "Critical" };

/** Levels by number, which is their place. */
export const RISK_LEVELS: readonly RiskLevel[] = [INFO, LOW, MEDIUM, HIGH, CRITICAL];

/**
 * Least share of a scale for a level in percent, highest first. Armis' v1 interface counts to 10 and its v3 to 100 (public fixtures:
 * 5 and 80). Where the levels begin is our choice: low to 3 of 10, medium to 7, high from 8, critical at the very top.
 */
const STEPS: readonly (readonly [number, RiskLevel])[] = [
  [95, CRITICAL],
  [75, HIGH],
  [40, MEDIUM],
  [1, LOW],
  [0, INFO],
];
/** Numbers up to this are of the scale to 10: nobody rates a device 7 of 100. */
const SHORT_SCALE_MAX = 10;
const LONG_SCALE_MAX = 100;

/** The level that a source's number or word means; undefined where it means none. */
export function riskLevelOf(text: string | undefined): RiskLevel | undefined {
  const word = text?.trim().toLowerCase() ?? "";
  if (word === "") return undefined;
  const named = RISK_LEVELS.find(({ name }) => name.toLowerCase() === word);
  if (named !== undefined) return named;
  const score = Number(word);
  if (!(score >= 0 && score <= LONG_SCALE_MAX)) return undefined;
  const share = score <= SHORT_SCALE_MAX ? score * 10 : score;
  return STEPS.find(([least]) => share >= least)?.[1];
}
