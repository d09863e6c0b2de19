/**
 * The kinds of record key in the original's order of priority, with the numbers that the database holds.
 * `mapper` is a network observer's device known by a MAC it may vouch for; `address` is an IP-only sighting.
 */
export const KINDS = {
  agent: 1,
  armis: 2,
  integration: 3,
  netbox: 4,
  mapper: 5,
  mac: 6,
  address: 7,
} as const;

/** Name of a kind. */
export type Kind = keyof typeof KINDS;

const NAMES = Object.keys(KINDS) as Kind[];

/** The kind with this number; undefined for a number that is none. */
export function kindOf(number: number): Kind | undefined {
  return NAMES.find((name) => KINDS[name] === number);
}
