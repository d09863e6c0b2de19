/**
 * DIRE without a database: every record's state from the updates, then one pass of the pure resolver over all of them. What
 * the incremental resolver publishes must be the same.
 */
import { ownerOnDay, type Claim } from "../../src/dire/address-owner.ts";
import { readEntry } from "../../src/dire/batch.ts";
import { entryContent } from "../../src/dire/chunk-batches.ts";
import { countDays, dayOf } from "../../src/dire/day-set.ts";
import { mayCount, neighboursOf } from "../../src/dire/neighbours.ts";
import {
  addressDays,
  compareKeys,
  historyOf,
  isAddressKey,
  valuesOf,
  type RecordHistory,
  type ValueKey,
} from "../../src/dire/node.ts";
import type { Observation } from "../../src/dire/observation.ts";
import { addSighting, firstState, type RecordState } from "../../src/dire/record-state.ts";
import { Lens, resolve, type Cluster } from "../../src/dire/resolve.ts";
import { isObserver } from "../../src/dire/rivals.ts";
import { ADDRESS_DAYS_MIN } from "../../src/dire/score.ts";
import { daysTogether } from "../../src/dire/together.ts";
import { VALUE_HOLDERS_MAX } from "../../src/dire/value-state.ts";
import { ok } from "../../src/lib/result.ts";
import { canonicalId, type CanonicalId } from "../../src/model/canonical-id.ts";
import type { Ip } from "../../src/model/ip.ts";

/** An update as JSON text, and the source instance that it belongs to. */
export interface Told {
  readonly text: string;
  readonly instance: string;
}

/** Devices of all partitions, and for every update the id of its device; undefined where it could not be used. */
export interface Answer {
  readonly clusters: readonly Cluster[];
  readonly ids: readonly (CanonicalId | undefined)[];
}

type Name = RecordHistory["key"];
type Line = { readonly key: Name; readonly observation: Observation };
type Known = { readonly key: Name; state: RecordState };

/** The answer to updates, in whatever order they are given. */
export function resolveInMemory(told: readonly Told[]): Answer {
  const lines = told.map(read);
  const records = new Map<string, Known>();
  for (const [i, line] of lines.entries()) {
    if (line === undefined || line.observation.isDeletion) continue;
    const { key, observation } = line;
    const text = told[i]?.text ?? "";
    const sighting = { observation, ...entryContent(text) };
    const known = records.get(nameOf(key));
    if (known === undefined) records.set(nameOf(key), { key, state: firstState(sighting) });
    else known.state = addSighting(known.state, sighting);
  }
  const partitions = Map.groupBy(
    [...records.values()].toSorted((a, b) => compareKeys(a.key, b.key)),
    ({ key }) => key.partition,
  );
  const answered = new Map([...partitions].map(([name, known]) => [name, new Whole(known)]));
  return {
    clusters: [...answered.values()].flatMap(({ clusters }) => clusters),
    ids: lines.map((line) => line && answered.get(line.key.partition)?.idOf(line)),
  };
}

function read({ text, instance }: Told): Line | undefined {
  const entry = readEntry(text, {
    receivedMs: 0,
    attribute: (update) =>
      ok({ instance, sourceType: update.source, partition: update.partition ?? "default" }),
  });
  if (!entry.ok) return undefined;
  const { name, observation } = entry.value;
  const { partition, kind, native } = name;
  return { key: { partition, instance, kind, native }, observation };
}

function nameOf({ partition, kind, native, instance }: Name): string {
  return [partition, kind, native, instance].join("\0");
}

/** One partition, whole. */
class Whole {
  readonly clusters: readonly Cluster[];
  readonly #known: readonly Known[];
  readonly #histories: readonly RecordHistory[];
  readonly #holders = new Map<ValueKey, RecordHistory[]>();
  readonly #namesakes = new Map<string, RecordHistory[]>();
  readonly #clusterOf = new Map<string, Cluster>();
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(known: readonly Known[]) {
    this.#known = known;
    this.#numbers = new Map(known.map(({ key }, i) => [nameOf(key), i]));
    this.#histories = known.map(({ key, state }, i) => historyOf(i, key, state));
    for (const history of this.#histories) this.#index(history);
    const lens = new Lens({
      holders: (value) => this.#heldBy(value),
      neighbours: (history) => this.#beside(history),
      namesakes: ({ key }) => this.#namesakes.get(sameId(key)) ?? [],
    });
    const records = this.#histories.filter(({ key }) => key.kind !== "address");
    this.clusters = resolve(records, { lens, links: [] }).clusters;
    for (const cluster of this.clusters) {
      for (const { recordNo, fingerprints } of cluster.nodes) {
        for (const print of fingerprints) this.#clusterOf.set(`${recordNo} ${print}`, cluster);
      }
    }
  }

  /** The id of the device that an update is about; a sighting of an address is about whose it was on its day. */
  idOf({ key, observation }: Line): CanonicalId | undefined {
    if (key.kind === "address") {
      const owner = ownerOnDay(this.#claims(key.native as Ip), dayOf(observation.timeMs));
      return owner ?? canonicalId(observation.idInput);
    }
    const no = this.#numbers.get(nameOf(key));
    return this.#clusterOf.get(`${no} ${observation.fingerprint}`)?.id;
  }

  #index(history: RecordHistory): void {
    const { key } = history;
    this.#namesakes.set(sameId(key), [...(this.#namesakes.get(sameId(key)) ?? []), history]);
    for (const value of valuesOf(history)) {
      const holders = this.#holders.get(value);
      if (holders === undefined) this.#holders.set(value, [history]);
      else holders.push(history);
    }
  }

  #heldBy(value: ValueKey): readonly RecordHistory[] | "generic" {
    const held = this.#holders.get(value) ?? [];
    if (held.length > VALUE_HOLDERS_MAX) return "generic";
    return isAddressKey(value) ? [] : held;
  }

  #beside(history: RecordHistory): readonly RecordHistory[] {
    const neighbours = neighboursOf({
      recordNo: history.recordNo,
      days: addressDays(history),
      current: [],
      holdersOf: (address) => this.#telling(address).map(({ recordNo }) => recordNo),
    });
    const own = this.#tellingDays(history);
    return [...neighbours]
      .filter(([, neighbour]) => mayCount(neighbour))
      .flatMap(([no]) => this.#histories[no] ?? [])
      .filter((other) => daysTogether(own, this.#tellingDays(other)) >= ADDRESS_DAYS_MIN);
  }

  #telling(address: string): readonly RecordHistory[] {
    const held = this.#holders.get(`address:${address}`) ?? [];
    return held.length > VALUE_HOLDERS_MAX ? [] : held;
  }

  #tellingDays(history: RecordHistory): ReturnType<typeof addressDays> {
    return new Map([...addressDays(history)].filter(([ip]) => this.#telling(ip).length > 0));
  }

  #claims(address: Ip): readonly Claim<CanonicalId>[] {
    return this.#telling(address).flatMap((history) => {
      const content = this.#known[history.recordNo]?.state.content;
      return [...history.addresses].flatMap(([fingerprint, addresses]) => {
        const days = addresses.get(address);
        const owner = this.#clusterOf.get(`${history.recordNo} ${fingerprint}`)?.id;
        if (days === undefined || owner === undefined || countDays(days) === 0) return [];
        const isCurrent =
          content?.fingerprint === fingerprint && content.addresses.includes(address);
        return [{ owner, days, isCurrent, isObserved: isObserver(history) }];
      });
    });
  }
}

function sameId({ kind, native }: Name): string {
  return `${kind}\0${native}`;
}
