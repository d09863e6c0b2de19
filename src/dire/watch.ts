/**
 * What time alone can change. Lives grow with every sighting, also of records that did not change, and decisions ask two
 * things of them: whether two overlap, and on how many days an address was shared. This finds the records whose next
 * sighting can change such an answer, so that all others need not be decided again; a sighting older than what is known of
 * its record is decided again anyway. Pure.
 */
import type { Ip } from "../model/ip.ts";
import { mayBeChimera } from "./chimera.ts";
import { countDays, dayOf, hasDay } from "./day-set.ts";
import { mayCount, type Neighbour, type Neighbours } from "./neighbours.ts";
import { addressDays, isAddressKey, type Node, type RecordHistory, type ValueKey } from "./node.ts";
import type { Cluster, Lens } from "./resolve.ts";
import { NAME_SLACK_MS, overlap, OVERLAP_SLACK_MS } from "./rivals.ts";
import { ADDRESS_DAYS_MIN } from "./score.ts";
import { daysTogether } from "./together.ts";

/** A watch that the very next sighting ends. */
export const ANY_DAY = 0;

/** What records show now: a part of the past no longer grows. */
export interface Present {
  readonly fingerprintOf: (recordNo: number) => number | undefined;
  readonly showsAddress: (recordNo: number, ip: Ip) => boolean;
  /** Who held addresses of a record; those that may count were loaded. */
  readonly neighboursOf: (recordNo: number) => Neighbours;
  readonly loaded: (recordNo: number) => RecordHistory | undefined;
}

/** Records to watch, each with the first day on which a sighting of it can matter. */
export type Watches = ReadonlyMap<number, number>;

/** The watches of decided records of one partition. */
export function watchesOf(
  histories: readonly RecordHistory[],
  {
    clusters,
    lens,
    present,
  }: { readonly clusters: readonly Cluster[]; readonly lens: Lens; readonly present: Present },
): Watches {
  const watcher = new Watcher(present);
  for (const value of sharedValues(histories, lens)) {
    watcher.watchHolders(value, lens.holders(value));
  }
  for (const history of histories) watcher.watchAddresses(history, lens);
  for (const { nodes } of clusters) watcher.watchCluster(nodes);
  for (const history of histories.filter(mayBeChimera)) watcher.watchNames(history, lens);
  return watcher.watches;
}

/** Values but addresses that several hold. */
function sharedValues(histories: readonly RecordHistory[], lens: Lens): ReadonlySet<ValueKey> {
  const shared = new Set<ValueKey>();
  for (const node of histories.flatMap((history) => lens.nodes(history))) {
    for (const value of node.values) {
      if (!isAddressKey(value) && lens.holders(value).length > 1) shared.add(value);
    }
  }
  return shared;
}

/** A record or a part of one, as a holder of addresses. */
type Holder = Pick<Node, "recordNo" | "lastMs" | "addresses">;

function wholly(history: RecordHistory): Holder {
  const { recordNo, lastMs } = history;
  return { recordNo, lastMs, addresses: addressDays(history) };
}

class Watcher {
  readonly watches = new Map<number, number>();
  readonly #present: Present;

  constructor(present: Present) {
    this.#present = present;
  }

  watchHolders(value: ValueKey, holders: readonly Node[]): void {
    for (const [a, b] of pairs(holders)) {
      if (a.key.instance === b.key.instance || value.startsWith("host:")) this.#watchOverlap(a, b);
    }
  }

  watchAddresses(history: RecordHistory, lens: Lens): void {
    for (const [no, neighbour] of this.#present.neighboursOf(history.recordNo)) {
      const other = mayCount(neighbour) ? this.#present.loaded(no) : undefined;
      if (other === undefined) this.#watchUntilItCounts(history, neighbour);
      else {
        const [a, b] = [wholly(history), wholly(other)];
        if (daysTogether(a.addresses, b.addresses) < ADDRESS_DAYS_MIN) this.#watchTogether(a, b);
        else this.#watchParts(lens.nodes(history), lens.nodes(other));
      }
    }
  }

  /** Two records that count together were both decided; of their parts those that are of today may count yet. */
  #watchParts(ofA: readonly Node[], ofB: readonly Node[]): void {
    for (const a of ofA.filter((node) => this.#isPresent(node))) {
      for (const b of ofB.filter((node) => this.#isPresent(node))) this.#watchTogether(a, b);
    }
  }

  #watchUntilItCounts({ recordNo, lastMs }: RecordHistory, { days, isCurrent }: Neighbour): void {
    if (isCurrent) this.#watch(recordNo, dayOf(lastMs) + ADDRESS_DAYS_MIN - countDays(days));
  }

  watchCluster(nodes: readonly Node[]): void {
    for (const [a, b] of pairs(nodes)) {
      if (a.key.instance === b.key.instance) this.#watchOverlap(a, b);
    }
  }

  /** Two names are known apart once one source is seen to hold both at the same time. */
  watchNames(history: RecordHistory, lens: Lens): void {
    const names = new Set(
      history.versions.map(({ features }) => features.host).filter((host) => host !== undefined),
    );
    const others = [...names]
      .flatMap((name) => lens.records(`host:${name}`))
      .filter(({ recordNo }) => recordNo !== history.recordNo);
    for (const [a, b] of pairs(others)) {
      if (a.key.instance !== b.key.instance || a.recordNo === b.recordNo || overlap(a, b)) continue;
      this.#watch((a.lastMs < b.lastMs ? a : b).recordNo, ANY_DAY);
    }
  }

  /** Only the one that ended first can reach the other. */
  #watchOverlap(a: Node, b: Node): void {
    const slackMs = a.key.instance === b.key.instance ? OVERLAP_SLACK_MS : NAME_SLACK_MS;
    if (a.recordNo === b.recordNo || overlap(a, b, slackMs)) return;
    const earlier = a.lastMs < b.lastMs ? a : b;
    if (this.#isPresent(earlier)) this.#watch(earlier.recordNo, ANY_DAY);
  }

  /** Two that show one address now will be seen with it together again. */
  #watchTogether(a: Holder, b: Holder): void {
    const shared = daysTogether(a.addresses, b.addresses);
    if (shared >= ADDRESS_DAYS_MIN) return;
    const last = Math.max(dayOf(a.lastMs), dayOf(b.lastMs));
    for (const ip of a.addresses.keys()) {
      if (![a, b].every((node) => this.#present.showsAddress(node.recordNo, ip))) continue;
      const bothSeen = [a, b].every((node) => hasDay(node.addresses.get(ip) ?? [], last));
      const day = last + ADDRESS_DAYS_MIN - shared - Number(!bothSeen);
      this.#watch(a.recordNo, day);
      this.#watch(b.recordNo, day);
    }
  }

  #isPresent(node: Node): boolean {
    const fingerprint = this.#present.fingerprintOf(node.recordNo);
    return fingerprint !== undefined && node.fingerprints.includes(fingerprint);
  }

  #watch(recordNo: number, day: number): void {
    this.watches.set(recordNo, Math.min(day, this.watches.get(recordNo) ?? day));
  }
}

function pairs<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  if (items.length < 2) return [];
  return items.flatMap((a, i) => items.slice(i + 1).map((b) => [a, b] as const));
}
