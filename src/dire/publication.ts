/** What has to change in the published inventory so that it shows a set of clusters. Pure. */
import type { MemberRow } from "../inventory/member.ts";
import { invariant } from "../lib/invariant.ts";
import type { CanonicalId } from "../model/canonical-id.ts";
import type { Link, RecordPart } from "./assertion.ts";
import { compareAge, type Node } from "./node.ts";
import type { Cluster } from "./resolve.ts";

/** What is published of the records and ids at hand. */
export interface Published {
  readonly members: readonly MemberRow[];
  /** Device -> its id. */
  readonly devices: ReadonlyMap<number, CanonicalId>;
  /** What operators assert of the records. */
  readonly links: readonly Link[];
}

/** A device that goes: its id leads to `successor` from now on. */
export interface Departure {
  readonly deviceNo: number;
  readonly id: CanonicalId;
  readonly successor: CanonicalId;
  readonly reason: "identifier_conflict" | "ip_alias_conflict" | "manual_merge";
  /** The assertion behind a manual merge. */
  readonly assertionNo: number | undefined;
}

/** A record, or the part of it with a fingerprint, that belongs to another device than before; undefined where it had none. */
export interface Move {
  readonly recordNo: number;
  readonly fingerprint: number;
  readonly from: CanonicalId | undefined;
  readonly to: CanonicalId;
}

/** Where records go. */
export function movesOf(
  clusters: readonly Cluster[],
  { members, devices }: Pick<Published, "members" | "devices">,
): readonly Move[] {
  const deviceOf = publishedDevice(members);
  return clusters.flatMap(({ id, nodes }) =>
    nodes.flatMap((node): Move[] => {
      const from = devices.get(deviceOf(node) ?? 0);
      const { recordNo, fingerprints } = node;
      return from === id ? [] : [{ recordNo, fingerprint: fingerprints.at(-1) ?? 0, from, to: id }];
    }),
  );
}

/** Devices that stay, by id, and those that go. */
export interface Publication {
  /** Number of each cluster's device; absent for a new one. */
  readonly known: ReadonlyMap<CanonicalId, number>;
  readonly departures: readonly Departure[];
}

/** Compares clusters with what is published. Every record of every touched device must be in some cluster. */
export function planPublication(clusters: readonly Cluster[], published: Published): Publication {
  const numbers = new Map([...published.devices].map(([no, id]) => [id, no]));
  const known = new Map<CanonicalId, number>();
  for (const { id } of clusters) {
    const no = numbers.get(id);
    if (no !== undefined) known.set(id, no);
  }
  const kept = new Set(known.values());
  // A membership of a device that is gone is as good as none; `dire rederive` finds and mends it.
  const touched = new Set(
    published.members.map(({ deviceNo }) => deviceNo).filter((no) => published.devices.has(no)),
  );
  const going = [...touched].filter((no) => !kept.has(no));
  if (going.length === 0) return { known, departures: [] };
  const devicesOf = publishedDevices(published.members);
  const former = clusters.flatMap((cluster) =>
    cluster.nodes.flatMap((node) =>
      devicesOf(node).map((deviceNo) => ({ cluster, node, deviceNo })),
    ),
  );
  const byDevice = Map.groupBy(former, ({ deviceNo }) => deviceNo);
  const departures = going.map((no) => departureOf(no, byDevice.get(no) ?? [], published));
  return { known, departures };
}

/** An id that goes to other records, which were there before: it stays a device's own, and its former device gets another. */
export interface Collision {
  readonly id: CanonicalId;
  /** Where the oldest record is now that the id stood for. */
  readonly successor: CanonicalId;
}

/** Ids that change hands: an older record whose rule gives the same id has come late (decisions 4). */
export function collisionsOf(
  clusters: readonly Cluster[],
  { members, devices }: Published,
): readonly Collision[] {
  const own = new Set(clusters.map(({ id }) => id));
  const deviceOf = publishedDevice(members);
  const oldest = new Map<CanonicalId, { readonly node: Node; readonly successor: CanonicalId }>();
  for (const { id: successor, nodes } of clusters) {
    for (const node of nodes.filter(({ key }) => key.kind !== "address")) {
      const id = devices.get(deviceOf(node) ?? 0);
      if (id === undefined || !own.has(id)) continue;
      const known = oldest.get(id);
      if (known === undefined || compareAge(node, known.node) < 0) {
        oldest.set(id, { node, successor });
      }
    }
  }
  return [...oldest]
    .filter(([id, { successor }]) => successor !== id)
    .map(([id, { successor }]) => ({ id, successor }));
}

/** The device that a node was published with; of several that of its oldest version. */
export function publishedDevice(
  members: readonly MemberRow[],
): (node: Pick<Node, "recordNo" | "fingerprints">) => number | undefined {
  const devicesOf = publishedDevices(members);
  return (node) => devicesOf(node)[0];
}

/** Every device that a node was published with: several where what were two lives of a record is one. */
export function publishedDevices(
  members: readonly MemberRow[],
): (node: Pick<Node, "recordNo" | "fingerprints">) => readonly number[] {
  const rows = Map.groupBy(members, ({ recordNo }) => recordNo);
  return ({ recordNo, fingerprints }) => {
    const parts = rows.get(recordNo);
    if (parts === undefined) return [];
    const named = fingerprints.flatMap(
      (one) => parts.find(({ fingerprint }) => fingerprint === one) ?? [],
    );
    const own = named.length > 0 ? named : parts.filter(({ fingerprint }) => fingerprint === 0);
    return own.length < 2
      ? own.map(({ deviceNo }) => deviceNo)
      : [...new Set(own.map(({ deviceNo }) => deviceNo))];
  };
}

type Former = { readonly cluster: Cluster; readonly node: Node };

function departureOf(
  deviceNo: number,
  former: readonly Former[],
  { devices, links }: Published,
): Departure {
  const id = devices.get(deviceNo);
  invariant(id !== undefined, `device ${deviceNo} of a published record exists`);
  const [oldest] = former.toSorted((a, b) => compareAge(a.node, b.node));
  invariant(oldest !== undefined, `a record of device ${deviceNo} is in some cluster`);
  const isAddress = former.every(({ node }) => node.key.kind === "address");
  const cause = isAddress ? "ip_alias_conflict" : "identifier_conflict";
  const link = linkByHand(oldest, former, links);
  return {
    deviceNo,
    id,
    successor: oldest.cluster.id,
    reason: link === undefined ? cause : "manual_merge",
    assertionNo: link?.assertionNo,
  };
}

/** By which an operator joined a record of the device that goes and one that came from elsewhere. */
function linkByHand(
  { cluster }: Former,
  former: readonly Former[],
  links: readonly Link[],
): Link | undefined {
  const own = new Set(former.map(({ node }) => node));
  const names = (side: Link["sides"][number], nodes: readonly Node[]): boolean =>
    nodes.some((node) =>
      side.some((end) => end.recordNo === node.recordNo && isFingerprintOf(node, end)),
    );
  const others = cluster.nodes.filter((node) => !own.has(node));
  return links.find(
    ({ kind, sides: [one, other] }) =>
      kind === "must_link" &&
      ((names(one, [...own]) && names(other, others)) ||
        (names(other, [...own]) && names(one, others))),
  );
}

function isFingerprintOf({ fingerprints }: Node, { fingerprint }: RecordPart): boolean {
  return fingerprints.includes(fingerprint);
}

/** Membership rows of clusters: one a record, or one a fingerprint where a record's parts are different devices. */
export function memberRows(
  clusters: readonly Cluster[],
  numberOf: (id: CanonicalId) => number,
): readonly MemberRow[] {
  const deviceOf = new Map<number, number | "several">();
  for (const { id, nodes } of clusters) {
    const deviceNo = numberOf(id);
    for (const { recordNo } of nodes) {
      const known = deviceOf.get(recordNo) ?? deviceNo;
      deviceOf.set(recordNo, known === deviceNo ? deviceNo : "several");
    }
  }
  const whole = [...deviceOf].flatMap(([recordNo, deviceNo]) =>
    deviceNo === "several" ? [] : [{ recordNo, fingerprint: 0, deviceNo }],
  );
  if (whole.length === deviceOf.size) return whole;
  const parts = clusters.flatMap(({ id, nodes }) =>
    nodes
      .filter(({ recordNo }) => deviceOf.get(recordNo) === "several")
      .flatMap(({ recordNo, fingerprints }) =>
        fingerprints.map((fingerprint) => ({ recordNo, fingerprint, deviceNo: numberOf(id) })),
      ),
  );
  return [...whole, ...parts];
}

/** What changes of membership. */
export interface MemberChanges {
  /** Rows of records that had none. */
  readonly fresh: readonly MemberRow[];
  /** Other rows that are new, or are another device's. */
  readonly rows: readonly MemberRow[];
  readonly gone: readonly MemberRow[];
}

/** What to write so that `before` becomes `after`. */
export function memberChanges(
  before: readonly MemberRow[],
  after: readonly MemberRow[],
): MemberChanges {
  if (before.length === 0) return { fresh: after, rows: [], gone: [] };
  const name = ({ recordNo, fingerprint }: MemberRow): string => `${recordNo} ${fingerprint}`;
  const old = new Map(before.map((row) => [name(row), row.deviceNo]));
  const kept = new Set(after.map(name));
  const published = new Set(before.map(({ recordNo }) => recordNo));
  const changed = after.filter((row) => old.get(name(row)) !== row.deviceNo);
  return {
    fresh: changed.filter(({ recordNo }) => !published.has(recordNo)),
    rows: changed.filter(({ recordNo }) => published.has(recordNo)),
    gone: before.filter((row) => !kept.has(name(row))),
  };
}
