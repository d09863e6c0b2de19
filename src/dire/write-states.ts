/** Writes records' states, over the tables that one is kept in. */
import type { Tx } from "../db/tx.ts";
import type { RecordDelta } from "./batch.ts";
import {
  insertFacts,
  writeAddresses,
  writeFacts,
  writeVersions,
  type AddressRow,
  type PartitionValue,
} from "./history-store.ts";
import { historyOf, valuesOf, valuesOfContent } from "./node.ts";
import type { RecordState } from "./record-state.ts";
import { insertRecords, writeRecords, type RecordRef, type RecordWrite } from "./record-store.ts";

/** A record to be written. */
export interface WrittenState {
  readonly ref: RecordRef;
  readonly delta: Pick<RecordDelta, "name">;
  readonly state: RecordState;
  readonly recordNo: number;
}

/**
 * Writes records that are new, with all that they say: `facts` by factsOf. Last, and once `mayTell` resolves, what finds them by what
 * they say.
 */
export async function insertStates(
  tx: Tx,
  tenant: number,
  {
    states,
    facts,
    seq,
    mayTell,
  }: {
    readonly states: readonly WrittenState[];
    readonly facts: readonly Fact[];
    readonly seq: number;
    readonly mayTell?: Promise<unknown> | undefined;
  },
): Promise<void> {
  await insertRecords(
    tx,
    tenant,
    states.map((state) => recordWrite(state, seq)),
  );
  await writeHistory(tx, tenant, states);
  await mayTell;
  await insertFacts(tx, tenant, facts);
}

/** Writes records with all that they say; what stands of the same records is replaced, their history grows. */
export async function writeStates(
  tx: Tx,
  tenant: number,
  { states, seq }: { readonly states: readonly WrittenState[]; readonly seq: number },
): Promise<void> {
  await writeRecords(
    tx,
    tenant,
    states.map((state) => recordWrite(state, seq)),
  );
  await writeHistory(tx, tenant, states);
  await writeFacts(tx, tenant, states.flatMap(factsOf));
}

async function writeHistory(
  tx: Tx,
  tenant: number,
  states: readonly WrittenState[],
): Promise<void> {
  await writeVersions(
    tx,
    tenant,
    states.flatMap(({ recordNo, state }) =>
      [...state.versions.values()].map((version) => ({ ...version, recordNo })),
    ),
  );
  await writeAddresses(tx, tenant, states.flatMap(addressRows));
}

function addressRows({ recordNo, state }: WrittenState): AddressRow[] {
  return [...state.addresses].flatMap(([fingerprint, addresses]) =>
    [...addresses].map(([address, days]) => ({ recordNo, fingerprint, address, days })),
  );
}

/** That a record holds a value. */
export interface Fact extends PartitionValue {
  readonly recordNo: number;
}

/** Every value that a record holds, each once. */
export function factsOf({ recordNo, ref, delta, state }: WrittenState): Fact[] {
  const { partition, instance, kind, native } = delta.name;
  const isPlain = state.versions.size === 0 && state.addresses.size === 0;
  const values = isPlain
    ? valuesOfContent(delta.name, state.content)
    : valuesOf(historyOf(recordNo, { partition, instance, kind, native }, state));
  return values.map((value) => ({ recordNo, partitionNo: ref.partitionNo, value }));
}

function recordWrite({ ref, recordNo, state }: WrittenState, contentSeq: number): RecordWrite {
  return { ...ref, recordNo, content: state.content, contentSeq };
}
