/**
 * Loads everything that a decision about some records depends on: their components, and the ring of records around that say
 * what values are worth. A component is what is connected by values that may join records, by addresses held together
 * for days, and by namesakes whose ids could collide. Contested and generic values connect nothing, so components stay
 * small.
 */
import type { Tx } from "../db/tx.ts";
import { invariant } from "../lib/invariant.ts";
import { openAsserted, type Asserted } from "./asserted.ts";
import type { Link } from "./assertion.ts";
import { mayBeChimera } from "./chimera.ts";
import { holderKey, readHolders, type PartitionValue } from "./history-store.ts";
import { kindOf } from "./kind.ts";
import { loadRecords, type LoadedRecord } from "./load-state.ts";
import { mayCount, neighboursOf, type Neighbours } from "./neighbours.ts";
import {
  addressDays,
  featureValues,
  historyOf,
  isAddressKey,
  valuesOf,
  type RecordHistory,
  type ValueKey,
} from "./node.ts";
import { readNames } from "./numbers.ts";
import type { AddressDays } from "./record-state.ts";
import { Lens, type Surroundings } from "./resolve.ts";
import { ADDRESS_DAYS_MIN } from "./score.ts";
import { daysTogether } from "./together.ts";
import { ALLOWED_HOLDERS_MAX, VALUE_HOLDERS_MAX, type ValueState } from "./value-state.ts";
import { readHeldValues, type DecidedValue } from "./value-store.ts";

/** One record that was loaded. */
export interface Member {
  readonly history: RecordHistory;
  readonly loaded: LoadedRecord;
}

/** Rounds of widening: the longest chain of records through shared values that is followed. */
const ROUNDS_MAX = 200;
/** No limit, as PostgreSQL takes it. */
const ALL = 2 ** 31 - 1;

type Names = Awaited<ReturnType<typeof readNames>>;

/** Starts loading components of a tenant; `widen` may be called again with more records. */
export async function openClosure(tx: Tx, tenant: number): Promise<Closure> {
  return new Closure(tx, tenant, {
    names: await readNames(tx, tenant),
    asserted: await openAsserted(tx, tenant),
  });
}

/** Complete components and their ring, growing. One transaction long. */
export class Closure {
  readonly #tx: Tx;
  readonly #tenant: number;
  readonly #names: Names;
  readonly #asserted: Asserted;
  /** Every record loaded: members and the ring around them. */
  readonly #loaded = new Map<number, Member>();
  readonly #members = new Map<number, Member>();
  /** Members, and records that hold a value of one: those that are looked at as nodes. */
  readonly #seen = new Set<number>();
  /** Record numbers by value, or "generic" where they are too many to look at. */
  readonly #holders = new Map<string, readonly number[] | "generic">();
  readonly #states = new Map<string, DecidedValue & { readonly changed: boolean }>();
  readonly #namesakes = new Map<string, readonly number[]>();
  readonly #lenses = new Map<number, Lens>();
  /** Of members: who held their addresses, and which of them did so beside them for days. */
  readonly #neighbours = new Map<number, Neighbours>();
  readonly #beside = new Map<number, readonly number[]>();

  constructor(
    tx: Tx,
    tenant: number,
    { names, asserted }: { readonly names: Names; readonly asserted: Asserted },
  ) {
    this.#tx = tx;
    this.#tenant = tenant;
    this.#names = names;
    this.#asserted = asserted;
  }

  /** Records of the components loaded so far. */
  get members(): ReadonlyMap<number, Member> {
    return this.#members;
  }

  /** What operators assert of the members and of each other's places. */
  get links(): readonly Link[] {
    return this.#asserted.links;
  }

  /** Values that may do something else than what was last decided. */
  get decided(): readonly DecidedValue[] {
    return [...this.#states.values()].filter(({ changed }) => changed);
  }

  /** Partition's records and values as nodes and worths. */
  lens(partitionNo: number): Lens {
    const known = this.#lenses.get(partitionNo);
    if (known !== undefined) return known;
    const lens = new Lens(this.surroundings(partitionNo));
    this.#lenses.set(partitionNo, lens);
    return lens;
  }

  /** What is known around a partition's records that are loaded. */
  surroundings(partitionNo: number): Surroundings {
    return {
      holders: (value) => this.#histories(partitionNo, value),
      neighbours: ({ recordNo }) =>
        (this.#beside.get(recordNo) ?? []).map((no) => this.#member(no).history),
      namesakes: (history) =>
        (this.#namesakes.get(sameIdKey(history)) ?? []).map((no) => this.#member(no).history),
      isAllowed: (value) => this.#asserted.isAllowed({ partitionNo, value }),
    };
  }

  /** Loads the components of these records too; gives the members that this adds. */
  async widen(seeds: readonly number[]): Promise<readonly Member[]> {
    const added: Member[] = [];
    let frontier = [...new Set(seeds)].filter((no) => !this.#members.has(no));
    for (let round = 0; frontier.length > 0; round += 1) {
      invariant(round < ROUNDS_MAX, `a component closes within ${ROUNDS_MAX} rounds`);
      await this.#load(frontier);
      const fresh = frontier.flatMap((no) => this.#loaded.get(no) ?? []);
      for (const member of fresh) {
        this.#members.set(member.history.recordNo, member);
        this.#seen.add(member.history.recordNo);
        added.push(member);
      }
      const joined = await this.#asserted.follow(frontier);
      const next = [...(await this.#through(fresh)), ...joined];
      frontier = [...new Set(next)].filter((no) => !this.#members.has(no));
    }
    return added;
  }

  /** Who held addresses of a member. */
  neighbours(recordNo: number): Neighbours {
    return this.#neighbours.get(recordNo) ?? NOBODY;
  }

  /** A record that was loaded, member or not. */
  seen(recordNo: number): Member | undefined {
    return this.#loaded.get(recordNo);
  }

  /** Loads records as they are, without their components. */
  async peek(recordNos: readonly number[]): Promise<readonly Member[]> {
    await this.#load(recordNos);
    return recordNos.flatMap((no) => this.#loaded.get(no) ?? []);
  }

  #member(no: number): Member {
    const member = this.#loaded.get(no);
    invariant(member !== undefined, `record ${no} of a component is loaded`);
    return member;
  }

  #histories(partitionNo: number, value: ValueKey): readonly RecordHistory[] | "generic" {
    const held = this.#holders.get(holderKey({ partitionNo, value }));
    invariant(held !== undefined, `holders of ${value} are loaded before they are asked for`);
    if (held === "generic" || isAddressKey(value)) return held === "generic" ? held : [];
    return held.map((no) => this.#member(no).history);
  }

  async #load(recordNos: readonly number[]): Promise<void> {
    const missing = [...new Set(recordNos)].filter((no) => !this.#loaded.has(no));
    const fresh = [...(await loadRecords(this.#tx, this.#tenant, missing)).values()].map(
      (loaded) => ({
        loaded,
        partitionNo: loaded.row.partitionNo,
        history: this.#historyOf(loaded),
      }),
    );
    const heeded = await this.#asserted.heed(fresh);
    for (const [i, { loaded, history }] of fresh.entries()) {
      this.#loaded.set(history.recordNo, { loaded, history: heeded[i] ?? history });
    }
  }

  #historyOf({ row, state }: LoadedRecord): RecordHistory {
    const kind = kindOf(row.kind);
    invariant(kind !== undefined, `record ${row.recordNo} has a known kind`);
    const partition = this.#names.partitions.get(row.partitionNo) ?? "";
    const instance = this.#names.instances.get(row.instanceNo) ?? "";
    return historyOf(row.recordNo, { partition, instance, kind, native: row.native }, state);
  }

  /**
   * Holders of the new members' values, records beside them at their addresses, and their namesakes: where these may connect, and
   * where what a value may do has changed.
   */
  async #through(fresh: readonly Member[]): Promise<number[]> {
    const wanted = fresh
      .flatMap((member) => keyed(member, connecting(member.history)))
      .filter((value) => !this.#states.has(holderKey(value)));
    const values = [...new Map(wanted.map((value) => [holderKey(value), value])).values()];
    const { before, turned, ring } = await this.#findHolders(values);
    const near = fresh.map((member) => ({ member, nos: this.#meet(member) }));
    const namesakes = fresh.flatMap(({ loaded }) => loaded.row.namesakes);
    await this.#load([...ring, ...near.flatMap(({ nos }) => nos), ...namesakes]);
    for (const no of ring) this.#seen.add(no);
    await this.#loadChimeraSurroundings();
    const followed = values.flatMap((value) =>
      this.#follow(value, { before: before.get(holderKey(value)) ?? "ok", turned }),
    );
    const beside = near.flatMap(({ member, nos }) => this.#standBeside(member, nos));
    return [...followed, ...beside, ...this.#throughIds(fresh)];
  }

  #follow(
    wanted: PartitionValue,
    {
      before,
      turned,
    }: { readonly before: ValueState; readonly turned: ReadonlyMap<string, readonly number[]> },
  ): readonly number[] {
    const key = holderKey(wanted);
    const { partitionNo, value } = wanted;
    const state = this.lens(partitionNo).state(value);
    const changed = state !== before;
    this.#states.set(key, { ...wanted, state, changed });
    const held = this.#holders.get(key);
    if (held === undefined || held === "generic") return changed ? (turned.get(key) ?? []) : [];
    if (changed) return held;
    if (isAddressKey(value)) return [];
    return state === "ok" ? held : held.filter((no) => mayBeChimera(this.#member(no).history));
  }

  /** Of records that may have been beside a member for long enough to count those that were. */
  #standBeside(member: Member, nos: readonly number[]): readonly number[] {
    const own = this.#telling(member);
    const beside = nos.filter(
      (no) => daysTogether(own, this.#telling(this.#member(no))) >= ADDRESS_DAYS_MIN,
    );
    this.#beside.set(member.history.recordNo, beside);
    return beside;
  }

  /** Notes who held a member's addresses; gives those that may have done so beside it for days. */
  #meet(member: Member): readonly number[] {
    const { history, loaded } = member;
    if (history.key.kind === "address") return [];
    const neighbours = neighboursOf({
      recordNo: history.recordNo,
      days: addressDays(history),
      current: loaded.state.content.addresses,
      holdersOf: (address) => this.#holdersOf(member, address),
    });
    this.#neighbours.set(history.recordNo, neighbours);
    return [...neighbours].filter(([, neighbour]) => mayCount(neighbour)).map(([no]) => no);
  }

  #holdersOf({ loaded }: Member, address: string): readonly number[] {
    const { partitionNo } = loaded.row;
    const held = this.#holders.get(holderKey({ partitionNo, value: `address:${address}` }));
    return held === undefined || held === "generic" ? [] : held;
  }

  /** Addresses of a record that not very many others held too. */
  #telling(member: Member): AddressDays {
    return new Map(
      [...addressDays(member.history)].filter(([ip]) => this.#holdersOf(member, ip).length > 0),
    );
  }

  /** Finds who holds values: their states before, the holders that say what features are worth, and all holders of what has turned generic. */
  async #findHolders(values: readonly PartitionValue[]): Promise<Found> {
    const limit = VALUE_HOLDERS_MAX + 1;
    const found = await readHeldValues(this.#tx, this.#tenant, { values, limit });
    const before = new Map<string, ValueState>();
    for (const [key, { holders, state }] of found) {
      before.set(key, state);
      this.#holders.set(key, holders.length > VALUE_HOLDERS_MAX ? "generic" : holders);
    }
    await this.#holdAllowed(values);
    const held = values.filter(isFeature).map((value) => this.#holders.get(holderKey(value)) ?? []);
    const turned = values.filter(
      (value) =>
        this.#holders.get(holderKey(value)) === "generic" &&
        before.get(holderKey(value)) !== "generic",
    );
    return {
      before,
      ring: held.flatMap((holders) => (holders === "generic" ? [] : holders)),
      turned:
        turned.length === 0
          ? new Map()
          : await readHolders(this.#tx, this.#tenant, { values: turned, limit: ALL }),
    };
  }

  /** An operator's word lets a value join more records than it otherwise might, though not without end. */
  async #holdAllowed(values: readonly PartitionValue[]): Promise<void> {
    const allowed = values.filter(
      (value) =>
        this.#asserted.isAllowed(value) && this.#holders.get(holderKey(value)) === "generic",
    );
    if (allowed.length === 0) return;
    const limit = ALLOWED_HOLDERS_MAX + 1;
    const found = await readHolders(this.#tx, this.#tenant, { values: allowed, limit });
    for (const [key, held] of found) {
      if (held.length <= ALLOWED_HOLDERS_MAX) this.#holders.set(key, held);
    }
  }

  /** A record that could be split by name depends on who else holds its names and MACs, members or not. */
  async #loadChimeraSurroundings(): Promise<void> {
    const chimeras = [...this.#seen]
      .map((no) => this.#member(no))
      .filter(({ history }) => mayBeChimera(history));
    const wanted = chimeras
      .flatMap((member) => keyed(member, [...featureValues(member.history)]))
      .filter((value) => !this.#holders.has(holderKey(value)));
    if (wanted.length === 0) return;
    const values = [...new Map(wanted.map((value) => [holderKey(value), value])).values()];
    const limit = VALUE_HOLDERS_MAX + 1;
    const found = await readHolders(this.#tx, this.#tenant, { values, limit });
    for (const [key, held] of found) {
      this.#holders.set(key, held.length > VALUE_HOLDERS_MAX ? "generic" : held);
    }
    await this.#load([...found.values()].filter((held) => held.length <= VALUE_HOLDERS_MAX).flat());
  }

  /** Records of other instances with the same rule input: they share one id, so they are decided together. */
  #throughIds(fresh: readonly Member[]): number[] {
    return fresh.flatMap((member) => {
      const namesakes = member.loaded.row.namesakes;
      this.#namesakes.set(sameIdKey(member.history), namesakes);
      const inputs = new Set(member.history.versions.map(({ idInput }) => idInput));
      return namesakes.filter((no) =>
        this.#member(no).history.versions.some(({ idInput }) => inputs.has(idInput)),
      );
    });
  }
}

/** What #findHolders found. */
type Found = {
  readonly before: ReadonlyMap<string, ValueState>;
  readonly ring: readonly number[];
  readonly turned: ReadonlyMap<string, readonly number[]>;
};

/** Sightings of an address alone hold nothing that joins records. */
function connecting(history: RecordHistory): readonly ValueKey[] {
  return history.key.kind === "address" ? [] : valuesOf(history);
}

/** Whether a value's holders say what it is worth; an address is worth what its days say. */
function isFeature({ value }: PartitionValue): boolean {
  return !isAddressKey(value);
}

const NOBODY: Neighbours = new Map();

function keyed({ loaded }: Member, values: readonly ValueKey[]): PartitionValue[] {
  return values.map((value) => ({ partitionNo: loaded.row.partitionNo, value }));
}

function sameIdKey({ key }: RecordHistory): string {
  return [key.partition, key.kind, key.native].join("\0");
}
