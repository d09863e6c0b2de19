/** Devices that somebody picks in a list, one by one. Pure. */

/** Devices that the API takes by name at once. */
export const PICKED_MAX = 1_000;

/** Picks, and the list that they were made in. */
export interface Picks {
  /** Tenant and filter: what is picked in one list is not seen in another, so it is not tagged there either. */
  readonly list: string;
  readonly ids: ReadonlySet<string>;
}

/** What is picked in a list. */
export function pickedIn({ list, ids }: Picks, shown: string): ReadonlySet<string> {
  return list === shown ? ids : new Set();
}

/** The picks after a device was picked or let go; undefined where no more can be picked. */
export function picksAfter(
  before: ReadonlySet<string>,
  id: string,
  isPicked: boolean,
): ReadonlySet<string> | undefined {
  if (!isPicked) return new Set([...before].filter((one) => one !== id));
  return before.has(id) || before.size < PICKED_MAX ? new Set([...before, id]) : undefined;
}
