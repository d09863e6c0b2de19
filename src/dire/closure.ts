/**
 * Loads everything that a decision about some records depends on: their components, and the ring of records around that say
 * what values are worth. A component is what is connected by values that may join records, by addresses held together
 * for days, and by namesakes whose ids could collide. Contested and generic values connect nothing, so components stay
 * small.
 */
import type { Tx } from "../db/tx.ts";
import { invariant } from "../lib/invariant.ts";
import { allOver } from "../lib/side-by-side.ts";
import { slicesOf } from "../lib/slices.ts";
import { openAsserted, type Asserted } from "./asserted.ts";
import type { Link } from "./assertion.ts";
import { mayBeChimera } from "./chimera.ts";
import { holderKey, readHolders, type PartitionValue } from "./history-store.ts";
import { isByItself, isSaidOnce, loadWithMind, type InMind } from "./in-mind.ts";
import { kindOf } from "./kind.ts";
import type { LoadedRecord } from "./load-state.ts";
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
import { ValueMap } from "./value-map.ts";
import { ALLOWED_HOLDERS_MAX, heldBy, VALUE_HOLDERS_MAX, type ValueState } from "./value-state.ts";
import { readSharing, type DecidedValue, type SaidValue } from "./value-store.ts";

/** One record that was loaded. */
export interface Member {
  readonly history: RecordHistory;
  readonly loaded: LoadedRecord;
}

/** Rounds of widening: the longest chain of records through shared values that is followed. */
const ROUNDS_MAX = 200;
/** Records of one statement: while the next ones are looked up, these are read. */
const SLICE_RECORDS = 1_000;
/** No limit, as PostgreSQL takes it. */
const ALL = 2 ** 31 - 1;

type Names = Awaited<ReturnType<typeof readNames>>;
type Opened = { readonly names: Names; readonly asserted: Asserted; readonly mind: InMind };

/** Starts loading components of a tenant; `widen` may be called again with more records. */
export async function openClosure(tx: Tx, tenant: number, mind: InMind = {}): Promise<Closure> {
  const [names, asserted] = [await readNames(tx, tenant), await openAsserted(tx, tenant)];
  return new Closure(tx, tenant, { names, asserted, mind });
}

/** Complete components and their ring, growing. One transaction long. */
export class Closure {
  readonly #tx: Tx;
  readonly #tenant: number;
  readonly #names: Names;
  readonly #asserted: Asserted;
  readonly #mind: InMind;
  /** Every record loaded: members and the ring around them. */
  readonly #loaded = new Map<number, Member>();
  readonly #members = new Map<number, Member>();
  /** Of them the new ones of which nobody else has said anything: they are a device each, whatever else is there. */
  readonly #alone = new Set<number>();
  /** Record numbers by value, or "generic" where they are too many to look at. */
  readonly #holders = new ValueMap<readonly number[] | "generic">();
  /** What was decided of values before, and what is decided now. */
  readonly #before = new ValueMap<ValueState>();
  readonly #changed: DecidedValue[] = [];
  readonly #lenses = new Map<number, Lens>();
  /** Of members: who held their addresses, and which of them did so beside them for days. */
  readonly #neighbours = new Map<number, Neighbours>();
  readonly #beside = new Map<number, readonly number[]>();

  constructor(tx: Tx, tenant: number, { names, asserted, mind }: Opened) {
    this.#tx = tx;
    this.#tenant = tenant;
    this.#names = names;
    this.#asserted = asserted;
    this.#mind = mind;
  }

  /** Records of the components loaded so far. */
  get members(): ReadonlyMap<number, Member> {
    return this.#members;
  }

  /** Whether a member is new and shares nothing with any other record, so that it needs no decision. */
  isAlone(recordNo: number): boolean {
    return this.#alone.has(recordNo);
  }

  /** What operators assert of the members and of each other's places. */
  get links(): readonly Link[] {
    return this.#asserted.links;
  }

  /** Values that may do something else than what was last decided. */
  get decided(): readonly DecidedValue[] {
    return this.#changed;
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
    const historiesOf = (nos: readonly number[]): readonly RecordHistory[] =>
      nos.map((no) => this.#member(no).history);
    return {
      holders: (value) => this.#histories({ partitionNo, value }),
      neighbours: ({ recordNo }) => historiesOf(this.#beside.get(recordNo) ?? []),
      namesakes: ({ recordNo }) =>
        historiesOf(this.#members.get(recordNo)?.loaded.row.namesakes ?? []),
      isAllowed: (value) => this.#asserted.isAllowed({ partitionNo, value }),
    };
  }

  /** Loads the components of these records too; gives the members that this adds. */
  async widen(seeds: readonly number[]): Promise<readonly Member[]> {
    const added: Member[] = [];
    let frontier = [...new Set(seeds)].filter((no) => !this.#members.has(no));
    for (let round = 0; frontier.length > 0; round += 1) {
      invariant(round < ROUNDS_MAX, `a component closes within ${ROUNDS_MAX} rounds`);
      const slices = await allOver(
        slicesOf(frontier, SLICE_RECORDS).map((nos) => this.#takeIn(nos)),
      );
      const fresh = slices.flatMap((slice) => slice.members);
      for (const member of fresh) added.push(member);
      const joined = await this.#asserted.follow(frontier);
      const through = await this.#through(
        fresh.filter(({ history }) => !this.isAlone(history.recordNo)),
        slices.flatMap((slice) => slice.telling),
      );
      frontier = [...new Set([...through, ...joined])].filter((no) => !this.#members.has(no));
    }
    return added;
  }

  /** Makes records members and finds who else holds their values; gives the values that others hold or once held too. */
  async #takeIn(recordNos: readonly number[]): Promise<TakenIn> {
    await this.#load(recordNos);
    const members = recordNos.flatMap((no) => this.#loaded.get(no) ?? []);
    for (const member of members) this.#members.set(member.history.recordNo, member);
    const said: SaidValue[] = [];
    for (const { history, loaded } of members) {
      const { partitionNo } = loaded.row;
      const { recordNo } = history;
      const values = this.#connecting(history, partitionNo);
      if (!this.#asserted.hasAny && isByItself(this.#mind, { history, partitionNo, values })) {
        this.#alone.add(recordNo);
        continue;
      }
      for (const value of values) {
        const one = { partitionNo, value, recordNo };
        if (this.#before.has(one)) continue;
        this.#before.set(one, "ok");
        if (isSaidOnce(this.#mind, one)) this.#holders.set(one, [one.recordNo]);
        else said.push(one);
      }
    }
    const sharing = await readSharing(this.#tx, this.#tenant, {
      said,
      limit: VALUE_HOLDERS_MAX,
    });
    const telling = said.filter((one, i) => {
      const { others = NO_ONE, before = "ok" } = sharing.get(i) ?? {};
      this.#before.set(one, before);
      this.#holders.set(one, heldBy(one.recordNo, others));
      return others.length > 0 || before !== "ok";
    });
    return { members, telling };
  }

  /** Sightings of an address alone hold nothing that joins records. */
  #connecting(history: RecordHistory, partitionNo: number): readonly ValueKey[] {
    if (history.key.kind === "address") return [];
    if (history.versions.length > 1) return valuesOf(history);
    // Of one version nothing else needs to be known to see the node, whose values are looked up from now on.
    const [node] = this.lens(partitionNo).nodes(history);
    return node?.values ?? [];
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

  #histories(wanted: PartitionValue): readonly RecordHistory[] | "generic" {
    const held = this.#holders.get(wanted);
    invariant(
      held !== undefined,
      `holders of ${wanted.value} are loaded before they are asked for`,
    );
    if (held === "generic") return held;
    return isAddressKey(wanted.value) ? [] : held.map((no) => this.#member(no).history);
  }

  async #load(recordNos: readonly number[]): Promise<void> {
    const missing = [...new Set(recordNos)].filter((no) => !this.#loaded.has(no));
    const wanted = { recordNos: missing, mind: this.#mind };
    const fresh = (await loadWithMind(this.#tx, this.#tenant, wanted)).map((loaded) => ({
      loaded,
      partitionNo: loaded.row.partitionNo,
      history: this.#historyOf(loaded),
    }));
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
   * where what a value may do has changed. Values that only one record ever held neither connect nor change.
   */
  async #through(fresh: readonly Member[], telling: readonly PartitionValue[]): Promise<number[]> {
    const turned = await this.#findTurned(telling);
    // An address is worth what its days say, whoever holds it.
    const ring = telling.flatMap((one) => (isAddressKey(one.value) ? [] : this.#listed(one)));
    const near = fresh.flatMap((member) => {
      const nos = this.#meet(member);
      return nos.length === 0 ? [] : [{ member, nos }];
    });
    const namesakes = fresh.flatMap(({ loaded }) =>
      loaded.row.namesakes.length > 1 ? loaded.row.namesakes : [],
    );
    await this.#load([...ring, ...near.flatMap(({ nos }) => nos), ...namesakes]);
    await this.#loadChimeraSurroundings([...fresh.map(({ history }) => history.recordNo), ...ring]);
    const followed = telling.flatMap((value) => this.#follow(value, turned));
    const beside = near.flatMap(({ member, nos }) => this.#standBeside(member, nos));
    return [...followed, ...beside, ...fresh.flatMap((member) => this.#throughIds(member))];
  }

  #follow(
    wanted: PartitionValue,
    turned: ReadonlyMap<string, readonly number[]>,
  ): readonly number[] {
    const { partitionNo, value } = wanted;
    const state = this.lens(partitionNo).state(value);
    const changed = state !== this.#before.get(wanted);
    if (changed) this.#changed.push({ partitionNo, value, state });
    const held = this.#holders.get(wanted);
    if (held === undefined || held === "generic") {
      return changed ? (turned.get(holderKey(wanted)) ?? []) : [];
    }
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
    const days = addressDays(history);
    const isAlone = days.keys().every((address) => this.#holdersOf(member, address).length < 2);
    if (isAlone) return [];
    const neighbours = neighboursOf({
      recordNo: history.recordNo,
      days,
      current: loaded.state.content.addresses,
      holdersOf: (address) => this.#holdersOf(member, address),
    });
    this.#neighbours.set(history.recordNo, neighbours);
    return [...neighbours].filter(([, neighbour]) => mayCount(neighbour)).map(([no]) => no);
  }

  #holdersOf({ loaded }: Member, address: string): readonly number[] {
    const { partitionNo } = loaded.row;
    return this.#listed({ partitionNo, value: `address:${address}` });
  }

  /** Records that hold a value; none where they are too many. */
  #listed(value: PartitionValue): readonly number[] {
    const held = this.#holders.get(value);
    return held === undefined || held === "generic" ? NO_ONE : held;
  }

  /** Addresses of a record that not very many others held too. */
  #telling(member: Member): AddressDays {
    return new Map(
      [...addressDays(member.history)].filter(([ip]) => this.#holdersOf(member, ip).length > 0),
    );
  }

  /** Of values that are generic now and were not before, all who hold them. */
  async #findTurned(
    values: readonly PartitionValue[],
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    await this.#holdAllowed(values);
    const turned = values.filter(
      (value) => this.#holders.get(value) === "generic" && this.#before.get(value) !== "generic",
    );
    if (turned.length === 0) return new Map();
    return await readHolders(this.#tx, this.#tenant, { values: turned, limit: ALL });
  }

  /** An operator's word lets a value join more records than it otherwise might, though not without end. */
  async #holdAllowed(values: readonly PartitionValue[]): Promise<void> {
    const allowed = values.filter(
      (value) => this.#holders.get(value) === "generic" && this.#asserted.isAllowed(value),
    );
    if (allowed.length === 0) return;
    const limit = ALLOWED_HOLDERS_MAX + 1;
    const found = await readHolders(this.#tx, this.#tenant, { values: allowed, limit });
    for (const value of allowed) {
      const held = found.get(holderKey(value)) ?? NO_ONE;
      if (held.length <= ALLOWED_HOLDERS_MAX) this.#holders.set(value, held);
    }
  }

  /** A record that could be split by name depends on who else holds its names and MACs, members or not. */
  async #loadChimeraSurroundings(recordNos: readonly number[]): Promise<void> {
    const chimeras = [...new Set(recordNos)]
      .map((no) => this.#member(no))
      .filter(({ history }) => mayBeChimera(history));
    const wanted = chimeras
      .flatMap(({ history, loaded: { row } }) =>
        [...featureValues(history)].map((value) => ({ partitionNo: row.partitionNo, value })),
      )
      .filter((value) => !this.#holders.has(value));
    if (wanted.length === 0) return;
    const values = [...new Map(wanted.map((value) => [holderKey(value), value])).values()];
    const limit = VALUE_HOLDERS_MAX + 1;
    const found = await readHolders(this.#tx, this.#tenant, { values, limit });
    for (const value of values) {
      const held = found.get(holderKey(value)) ?? NO_ONE;
      this.#holders.set(value, held.length > VALUE_HOLDERS_MAX ? "generic" : held);
    }
    await this.#load(values.flatMap((value) => this.#listed(value)));
  }

  /** Records of other instances with the same rule input: they share one id, so they are decided together. */
  #throughIds({ loaded, history }: Member): readonly number[] {
    const { namesakes } = loaded.row;
    if (namesakes.length < 2) return NO_ONE;
    const inputs = new Set(history.versions.map(({ idInput }) => idInput));
    return namesakes.filter((no) =>
      this.#member(no).history.versions.some(({ idInput }) => inputs.has(idInput)),
    );
  }
}

const NOBODY: Neighbours = new Map();
const NO_ONE: readonly number[] = [];

/** What #takeIn added. */
type TakenIn = {
  readonly members: readonly Member[];
  readonly telling: readonly PartitionValue[];
};
