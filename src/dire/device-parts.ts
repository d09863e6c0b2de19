/** The records of a published device, as its operators name them in assertions. */
import type { Tx } from "../db/tx.ts";
import { readMembers, readMembersOf } from "../inventory/device-store.ts";
import type { RecordPart } from "./assertion.ts";
import { kindOf } from "./kind.ts";
import { loadRecords, type LoadedRecord } from "./load-state.ts";
import { compareAge, historyOf, nodeOf, type Node } from "./node.ts";
import { readNames } from "./numbers.ts";
import { publishedDevice } from "./publication.ts";

/** One record of a device, or the part of it that is this device's. */
export interface DevicePart extends RecordPart {
  readonly partitionNo: number;
  readonly node: Node;
}

/** Records of a device, oldest first: the first anchors it. Sightings of an address alone come last, as they follow the address. */
export async function readParts(
  tx: Tx,
  tenant: number,
  deviceNo: number,
): Promise<readonly DevicePart[]> {
  const rows = Map.groupBy(await readMembersOf(tx, tenant, deviceNo), ({ recordNo }) => recordNo);
  const loaded = await loadRecords(tx, tenant, [...rows.keys()]);
  const names = await readNames(tx, tenant);
  const parts = [...loaded].flatMap(([recordNo, record]): DevicePart[] => {
    const node = nodeIn(record, { names, own: new Set(rows.get(recordNo)?.map(fingerprintIn)) });
    if (node === undefined) return [];
    const { partitionNo } = record.row;
    return [{ recordNo, fingerprint: latestOf(node, record), partitionNo, node }];
  });
  return parts.toSorted((a, b) => Number(isSighting(a)) - Number(isSighting(b)) || byAge(a, b));
}

type Placing = {
  readonly names: Awaited<ReturnType<typeof readNames>>;
  readonly own: ReadonlySet<number>;
};

function fingerprintIn({ fingerprint }: { readonly fingerprint: number }): number {
  return fingerprint;
}

/** Membership by fingerprint 0 is of the whole record. */
function nodeIn({ row, state }: LoadedRecord, { names, own }: Placing): Node | undefined {
  const kind = kindOf(row.kind);
  if (kind === undefined) return undefined;
  const instance = names.instances.get(row.instanceNo) ?? "";
  const partition = names.partitions.get(row.partitionNo) ?? "";
  const key = { partition, instance, kind, native: row.native };
  const history = historyOf(row.recordNo, key, state);
  const versions = history.versions.filter((v) => own.has(0) || own.has(v.fingerprint));
  return versions.length === 0 ? undefined : nodeOf(history, 0, versions);
}

/** What it says now, if that is this device's; else the last thing it said of it. */
function latestOf({ fingerprints }: Node, { state }: LoadedRecord): number {
  const { fingerprint } = state.content;
  return fingerprints.includes(fingerprint) ? fingerprint : (fingerprints.at(-1) ?? fingerprint);
}

/** Whether a part is a sighting of an address alone: it goes where the address goes, and nobody can tie it down. */
export function isSighting({ node }: DevicePart): boolean {
  return node.key.kind === "address";
}

function byAge(a: DevicePart, b: DevicePart): number {
  return compareAge(a.node, b.node);
}

/** Whether an end of a link names this part of a device. */
export function isNamedBy({ node }: DevicePart, { recordNo, fingerprint }: RecordPart): boolean {
  return node.recordNo === recordNo && node.fingerprints.includes(fingerprint);
}

/** The devices that parts of records are published with. */
export async function devicesOf(
  tx: Tx,
  tenant: number,
  parts: readonly RecordPart[],
): Promise<readonly (number | undefined)[]> {
  const rows = await readMembers(tx, tenant, [...new Set(parts.map(({ recordNo }) => recordNo))]);
  const deviceOf = publishedDevice(rows);
  return parts.map(({ recordNo, fingerprint }) =>
    deviceOf({ recordNo, fingerprints: [fingerprint] }),
  );
}
