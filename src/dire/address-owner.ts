/** Whose an address was on a day, and whose it is now, from those who claim it. Pure. */
import type { Ip } from "../model/ip.ts";
import { hasDay, type DaySet } from "./day-set.ts";
import { addressDays, compareKeys, type RecordHistory } from "./node.ts";

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

/** A record that claimed an address at some time, and the addresses that it shows now. */
export interface Claimant {
  readonly history: RecordHistory;
  readonly current: readonly Ip[];
}

/**
 * The record whose an address is now: of those that still show it the one that came to it last, on a tie the one whose key
 * ranks first. Further sightings of what they show cannot change the answer, so nothing has to be decided again for them.
 */
export function holderOf(address: Ip, claimants: readonly Claimant[]): RecordHistory | undefined {
  const [holder] = claimants
    .filter(({ current }) => current.includes(address))
    .map(({ history, current }) => ({ history, day: arrivalDay(history, { address, current }) }))
    .toSorted((a, b) => b.day - a.day || compareKeys(a.history.key, b.history.key));
  return holder?.history;
}

/** The first day on which a record showed an address since it last showed others alone. */
function arrivalDay(
  history: RecordHistory,
  { address, current }: { readonly address: Ip; readonly current: readonly Ip[] },
): number {
  const days = addressDays(history);
  const former = [...days].filter(([ip]) => !current.includes(ip)).flatMap(([, set]) => set);
  const lastElsewhere = Math.max(...former.map(([, until]) => until - 1), -Infinity);
  const starts = (days.get(address) ?? [])
    .filter(([, until]) => until > lastElsewhere)
    .map(([from]) => Math.max(from, lastElsewhere));
  return Math.min(...starts);
}
