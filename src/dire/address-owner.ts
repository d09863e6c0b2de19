/** Whose an address was on a day, from those who claim it. Pure. */
import type { DaySet } from "./day-set.ts";
import { hasDay } from "./day-set.ts";

/** One claim of an address. */
export interface Claim<Owner> {
  readonly owner: Owner;
  /** Days on which its record was seen with the address. */
  readonly days: DaySet;
  /** Its record still shows the address: it has not moved away since. */
  readonly isCurrent: boolean;
  /** What a network observer saw, not what a registry or the device itself declares. */
  readonly isObserved: boolean;
}

/** How long after it was last seen a claim still stands, in days: a declared address is a setting, an observed one a lease. */
const DECLARED_DAYS = 7;
const OBSERVED_DAYS = 1;

/**
 * The one owner of an address on a day, or undefined where none or several may be. Who was seen with it that day comes first, of
 * several the one that still has it; on a day when nobody was seen, who had it shortly before and has it still.
 */
export function ownerOnDay<Owner>(claims: readonly Claim<Owner>[], day: number): Owner | undefined {
  const onDay = claims.filter(({ days }) => hasDay(days, day));
  if (onDay.length > 0) return only(onDay) ?? only(onDay.filter(({ isCurrent }) => isCurrent));
  return only(claims.filter((claim) => claim.isCurrent && wasSeenShortlyBefore(claim, day)));
}

function wasSeenShortlyBefore({ days, isObserved }: Claim<unknown>, day: number): boolean {
  const patience = isObserved ? OBSERVED_DAYS : DECLARED_DAYS;
  return days.some(([from, until]) => from <= day && until - 1 >= day - patience);
}

function only<Owner>(claims: readonly Claim<Owner>[]): Owner | undefined {
  const owners = new Set(claims.map(({ owner }) => owner));
  const [owner] = owners;
  return owners.size === 1 ? owner : undefined;
}
