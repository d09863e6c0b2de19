/**
 * What time alone can change. Lives grow with every sighting, also of records that did not change, and decisions ask two
 * things of them: whether two overlap, and on how many days an address was shared. This finds the records whose next
 * sighting can change such an answer, so that all others need not be decided again. Pure.
 */
import type { Ip } from "../model/ip.ts";
import { mayBeChimera } from "./chimera.ts";
import { countDays, dayOf, hasDay, intersectDays } from "./day-set.ts";
import type { Node, RecordHistory, ValueKey } from "./node.ts";
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
  const values = new Set(
    histories.flatMap((history) => lens.nodes(history).flatMap((node) => lens.values(node))),
  );
  for (const value of values) watcher.watchHolders(value, lens.holders(value));
  for (const { nodes } of clusters) watcher.watchCluster(nodes);
  for (const history of histories.filter(mayBeChimera)) watcher.watchNames(history, lens);
  return watcher.watches;
}

class Watcher {
  readonly watches = new Map<number, number>();
  readonly #present: Present;

  constructor(present: Present) {
    this.#present = present;
  }

  watchHolders(value: ValueKey, holders: readonly Node[]): void {
    const ip = value.startsWith("address:") ? (value.slice("address:".length) as Ip) : undefined;
    for (const [a, b] of pairs(holders)) {
      if (ip !== undefined) this.#watchAddress(a, b, ip);
      else if (a.key.instance === b.key.instance || value.startsWith("host:")) {
        this.#watchOverlap(a, b);
      }
    }
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
  #watchAddress(a: Node, b: Node, ip: Ip): void {
    const areHere = [a, b].every(
      (node) => this.#isPresent(node) && this.#present.showsAddress(node.recordNo, ip),
    );
    if (a.recordNo === b.recordNo || !areHere) return;
    const isOneSource = a.key.instance === b.key.instance;
    const wanted = isOneSource ? 1 : ADDRESS_DAYS_MIN;
    const shared = isOneSource
      ? countDays(intersectDays(a.addresses.get(ip) ?? [], b.addresses.get(ip) ?? []))
      : daysTogether(a.addresses, b.addresses);
    if (shared >= wanted) return;
    const last = Math.max(dayOf(a.lastMs), dayOf(b.lastMs));
    const bothSeen = [a, b].every((node) => hasDay(node.addresses.get(ip) ?? [], last));
    const day = last + wanted - shared - Number(!bothSeen);
    this.#watch(a.recordNo, day);
    this.#watch(b.recordNo, day);
  }

  #isPresent(node: Node): boolean {
    const fingerprint = this.#present.fingerprintOf(node.recordNo);
    return fingerprint !== undefined && node.fingerprints.includes(fingerprint);
  }

  #watch(recordNo: number, day: number): void {
    this.watches.set(recordNo, Math.min(day, this.watches.get(recordNo) ?? day));
  }
}

function pairs<T>(items: readonly T[]): (readonly [T, T])[] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b) => [a, b] as const));
}
