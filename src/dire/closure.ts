/**
 * Loads everything that a decision about some records depends on: their components. A component is what is connected by
 * values that may join records, and by namesakes whose ids could collide. Contested and generic values connect nothing, so
 * components stay small; nor do addresses, which leases hand from device to device until all are one chain.
 */
import type { Tx } from "../db/tx.ts";
import { invariant } from "../lib/invariant.ts";
import { VALUE_HOLDERS_MAX, valueState, type ValueState } from "./cluster.ts";
import { holderKey, readHolders, readNamesakes, type PartitionValue } from "./history-store.ts";
import { kindOf } from "./kind.ts";
import { loadRecords, type LoadedRecord } from "./load-state.ts";
import { featureValues, nodeOf, type Node, type ValueKey } from "./node.ts";
import { readNames } from "./numbers.ts";
import { readValueStates, type DecidedValue } from "./value-store.ts";

/** One record of a component. */
export interface Member {
  readonly node: Node;
  readonly loaded: LoadedRecord;
}

/** Complete components, and what was seen of their surroundings. */
export interface Closure {
  readonly members: ReadonlyMap<number, Member>;
  readonly isUsable: (partitionNo: number, value: ValueKey) => boolean;
  /** Values that may do something else than what was last decided. */
  readonly decided: readonly DecidedValue[];
  /** By partition, kind and native id. */
  readonly namesakes: (node: Node) => readonly Node[];
}

/** Rounds of widening: the longest chain of records through shared values that is followed. */
const ROUNDS_MAX = 200;
/** No limit, as PostgreSQL takes it. */
const ALL = 2 ** 31 - 1;

/** Starts loading components of a tenant; `widen` may be called again with more records. */
export async function openClosure(tx: Tx, tenant: number): Promise<ClosureLoader> {
  return new ClosureLoader(tx, tenant, await readNames(tx, tenant));
}

/** Holds what was loaded so far. One transaction long. */
export class ClosureLoader {
  readonly #tx: Tx;
  readonly #tenant: number;
  readonly #names: Awaited<ReturnType<typeof readNames>>;
  /** Every record loaded: members and the ring around them. */
  readonly #loaded = new Map<number, Member>();
  readonly #members = new Set<number>();
  readonly #states = new Map<string, DecidedValue & { readonly changed: boolean }>();
  readonly #namesakes = new Map<string, Set<number>>();

  constructor(tx: Tx, tenant: number, names: Awaited<ReturnType<typeof readNames>>) {
    this.#tx = tx;
    this.#tenant = tenant;
    this.#names = names;
  }

  /** Loads the components of these records too. */
  async widen(seeds: readonly number[]): Promise<void> {
    let frontier = [...new Set(seeds)];
    for (let round = 0; frontier.length > 0; round += 1) {
      invariant(round < ROUNDS_MAX, `a component closes within ${ROUNDS_MAX} rounds`);
      await this.#load(frontier);
      for (const no of frontier) if (this.#loaded.has(no)) this.#members.add(no);
      const next = [
        ...(await this.#throughValues(frontier)),
        ...(await this.#throughIds(frontier)),
      ];
      frontier = [...new Set(next)].filter((no) => !this.#members.has(no));
    }
  }

  /** What was loaded, as the decision reads it. */
  closure(): Closure {
    const members = new Map([...this.#members].map((no) => [no, this.#member(no)]));
    return {
      members,
      isUsable: (partitionNo, value) =>
        this.#states.get(holderKey({ partitionNo, value }))?.state === "ok",
      decided: [...this.#states.values()].filter(({ changed }) => changed),
      namesakes: (node) =>
        [...(this.#namesakes.get(sameIdKey(node)) ?? [])].map((no) => this.#member(no).node),
    };
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

  async #load(recordNos: readonly number[]): Promise<void> {
    const missing = recordNos.filter((no) => !this.#loaded.has(no));
    for (const [no, loaded] of await loadRecords(this.#tx, this.#tenant, missing)) {
      const { row, state } = loaded;
      const kind = kindOf(row.kind);
      invariant(kind !== undefined, `record ${no} has a known kind`);
      const partition = this.#names.partitions.get(row.partitionNo) ?? "";
      const instance = this.#names.instances.get(row.instanceNo) ?? "";
      this.#loaded.set(no, {
        loaded,
        node: nodeOf(no, { partition, instance, kind, native: row.native }, state),
      });
    }
  }

  /** Holders of the new members' values: where the value may connect, and where what it may do has changed. */
  async #throughValues(frontier: readonly number[]): Promise<number[]> {
    const wanted = this.#unjudged(frontier);
    const before = await readValueStates(this.#tx, this.#tenant, wanted);
    const holders = await this.#holders(wanted, before);
    await this.#load(
      [...holders.values()].filter((held) => held.length <= VALUE_HOLDERS_MAX).flat(),
    );
    return wanted.flatMap((value) => {
      const key = holderKey(value);
      const held = holders.get(key) ?? [];
      const state = this.#judge(held);
      const changed = state !== (before.get(key) ?? "ok");
      this.#states.set(key, { ...value, state, changed });
      return state === "ok" || changed ? held : [];
    });
  }

  #unjudged(frontier: readonly number[]): PartitionValue[] {
    const values = new Map<string, PartitionValue>();
    for (const no of frontier) {
      const member = this.#loaded.get(no);
      for (const value of member === undefined ? [] : featureValues(member.node)) {
        const wanted = { partitionNo: member?.loaded.row.partitionNo ?? 0, value };
        if (!this.#states.has(holderKey(wanted))) values.set(holderKey(wanted), wanted);
      }
    }
    return [...values.values()];
  }

  /** All holders of a value; of one that was generic already only as many as show that it still is. */
  async #holders(
    values: readonly PartitionValue[],
    before: ReadonlyMap<string, ValueState>,
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    const few = await readHolders(this.#tx, this.#tenant, { values, limit: VALUE_HOLDERS_MAX + 1 });
    const turned = values.filter((value) => {
      const key = holderKey(value);
      return (few.get(key)?.length ?? 0) > VALUE_HOLDERS_MAX && before.get(key) !== "generic";
    });
    if (turned.length === 0) return few;
    return new Map([
      ...few,
      ...(await readHolders(this.#tx, this.#tenant, { values: turned, limit: ALL })),
    ]);
  }

  #judge(held: readonly number[]): ValueState {
    if (held.length > VALUE_HOLDERS_MAX) return "generic";
    const nodes = held.map((no) => this.#member(no).node);
    return valueState(nodes);
  }

  /** Records of other instances with the same rule input: they share one id, so they are decided together. */
  async #throughIds(frontier: readonly number[]): Promise<number[]> {
    const nodes = frontier.flatMap((no) => this.#loaded.get(no) ?? []);
    const found = await readNamesakes(
      this.#tx,
      this.#tenant,
      nodes.map(({ loaded }) => loaded.row),
    );
    await this.#load(found);
    for (const no of found) {
      const key = sameIdKey(this.#member(no).node);
      this.#namesakes.set(key, (this.#namesakes.get(key) ?? new Set()).add(no));
    }
    const inputs = new Set(nodes.map(({ node }) => node.idInput));
    return found.filter((no) => inputs.has(this.#member(no).node.idInput));
  }
}

function sameIdKey({ key }: Node): string {
  return [key.partition, key.kind, key.native].join("\0");
}
