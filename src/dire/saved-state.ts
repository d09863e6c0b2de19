/** A record's state as JSON, so that it can be written back. Pure. */
import { parseIpList, type Ip } from "../model/ip.ts";
import type { DaySet } from "./day-set.ts";
import type { Content, RecordState, Version } from "./record-state.ts";

/** The JSON. */
export interface SavedState {
  readonly content: Content;
  readonly versions: readonly Version[];
  readonly addresses: readonly (readonly [
    fingerprint: number,
    days: readonly (readonly [address: string, days: DaySet])[],
  ])[];
}

/** Takes a state down. */
export function saveState({ content, versions, addresses }: RecordState): SavedState {
  return {
    content,
    versions: [...versions.values()],
    addresses: [...addresses].map(([fingerprint, days]) => [fingerprint, [...days]] as const),
  };
}

/** Reads what saveState gave. */
export function readState({ content, versions, addresses }: SavedState): RecordState {
  return {
    content,
    versions: new Map(versions.map((version) => [version.fingerprint, version])),
    addresses: new Map(
      addresses.map(([fingerprint, days]) => [
        fingerprint,
        new Map(
          days.flatMap(([address, set]) =>
            parseIpList(address).map((ip): [Ip, DaySet] => [ip, set]),
          ),
        ),
      ]),
    ),
  };
}
