import { invariant } from "../lib/invariant.ts";
/** What has to change in the published inventory so that it shows a set of clusters. Pure. */
import type { CanonicalId } from "../model/canonical-id.ts";
import { compareAge } from "./node.ts";
import type { Cluster } from "./resolve.ts";

/** What is published of the records and ids at hand. */
export interface Published {
  /** Record -> device. */
  readonly members: ReadonlyMap<number, number>;
  /** Device -> its id. */
  readonly devices: ReadonlyMap<number, CanonicalId>;
}

/** A device that goes: its id leads to `successor` from now on. */
export interface Departure {
  readonly deviceNo: number;
  readonly id: CanonicalId;
  readonly successor: CanonicalId;
  readonly reason: "identifier_conflict" | "ip_alias_conflict";
}

/** Devices that stay or are new, by id, and those that go. */
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
  const touched = new Set(published.members.values());
  const departures = [...touched]
    .filter((no) => !kept.has(no))
    .map((no) => departureOf(no, clusters, published));
  return { known, departures };
}

function departureOf(
  deviceNo: number,
  clusters: readonly Cluster[],
  { members, devices }: Published,
): Departure {
  const id = devices.get(deviceNo);
  invariant(id !== undefined, `device ${deviceNo} of a published record exists`);
  const former = clusters
    .flatMap((cluster) => cluster.nodes.map((node) => ({ cluster, node })))
    .filter(({ node }) => members.get(node.recordNo) === deviceNo)
    .toSorted((a, b) => compareAge(a.node, b.node));
  const [oldest] = former;
  invariant(oldest !== undefined, `a record of device ${deviceNo} is in some cluster`);
  const isAddress = former.every(({ node }) => node.key.kind === "address");
  return {
    deviceNo,
    id,
    successor: oldest.cluster.id,
    reason: isAddress ? "ip_alias_conflict" : "identifier_conflict",
  };
}
