/**
 * A network observer may key a record by a shared dock's MAC and follow the laptop of the day: one record, several machines
 * in turn. Such a record is split by name where the names are known to be different devices: some source holds both at
 * the same time. Decided from whole records alone, so one split never depends on another.
 */
import type { RecordHistory, ValueKey } from "./node.ts";
import type { Version } from "./record-state.ts";
import { isObserver, overlap } from "./rivals.ts";

/** All records that hold a value, in the record's partition. */
export type HoldersOf = (value: ValueKey) => readonly RecordHistory[];

/** Whether a record is one that could be split: then it depends on who else holds its names and MACs. */
export function mayBeChimera(history: RecordHistory): boolean {
  return isObserver(history) && hostsOf(history).size > 1;
}

/** Versions of a record by the machine they speak of; one group where the record is one machine. Oldest first. */
export function splitByName(
  history: RecordHistory,
  holdersOf: HoldersOf,
): readonly (readonly Version[])[] {
  if (!mayBeChimera(history)) return [history.versions];
  const names = [...hostsOf(history)];
  const areApart = names.some((a, i) =>
    names.slice(i + 1).some((b) => knownApart(a, b, { history, holdersOf })),
  );
  if (!areApart || namesWithItsMac(history, names, holdersOf) === 1) return [history.versions];
  return byName(history.versions);
}

function hostsOf({ versions }: RecordHistory): ReadonlySet<string> {
  return new Set(
    versions.map(({ features }) => features.host).filter((host) => host !== undefined),
  );
}

type Asked = { readonly history: RecordHistory; readonly holdersOf: HoldersOf };

/** One source holds both names at the same time, in two records. */
function knownApart(a: string, b: string, { history, holdersOf }: Asked): boolean {
  const others = (name: string): readonly RecordHistory[] =>
    holdersOf(`host:${name}`).filter(({ recordNo }) => recordNo !== history.recordNo);
  const [ofA, ofB] = [others(a), others(b)];
  return ofA.some((x) =>
    ofB.some(
      (y) => x.recordNo !== y.recordNo && x.key.instance === y.key.instance && overlap(x, y),
    ),
  );
}

/** How many of the names belong to records that share a MAC with this one: if only one, the record is that machine's. */
function namesWithItsMac(
  history: RecordHistory,
  names: readonly string[],
  holdersOf: HoldersOf,
): number {
  const macs = new Set(
    history.versions.flatMap(({ features }) => [...features.macs, ...features.declared]),
  );
  const sharers = new Set(
    [...macs].flatMap((mac) => holdersOf(`mac:${mac}`).map(({ recordNo }) => recordNo)),
  );
  const hasSharer = (name: string): boolean =>
    holdersOf(`host:${name}`).some(
      ({ recordNo }) => recordNo !== history.recordNo && sharers.has(recordNo),
    );
  return names.filter(hasSharer).length;
}

/** A version without a name goes with the named one before it, or the first. */
function byName(versions: readonly Version[]): readonly (readonly Version[])[] {
  const first = versions.find(({ features }) => features.host !== undefined)?.features.host ?? "";
  const groups = new Map<string, Version[]>();
  let name = first;
  for (const version of versions) {
    name = version.features.host ?? name;
    groups.set(name, [...(groups.get(name) ?? []), version]);
  }
  return [...groups.values()];
}
