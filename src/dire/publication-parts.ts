/**
 * Divides a publication into parts that can be published, or held back, each by itself: no record, no published device and no
 * id belongs to two of them. Pure.
 */
import type { CanonicalId } from "../model/canonical-id.ts";
import type { Kind } from "./kind.ts";
import type { Node } from "./node.ts";
import {
  publishedDevices,
  type Departure,
  type Publication,
  type Published,
} from "./publication.ts";
import type { Cluster } from "./resolve.ts";

/** Clusters that change together. */
export interface Part {
  readonly clusters: readonly Cluster[];
  readonly departures: readonly Departure[];
  readonly recordNos: readonly number[];
  /** Published devices that it leaves fewer, and devices whose id it changes. */
  readonly shrinks: number;
  readonly ids: number;
}

/** Kinds that make no device of their own in the eyes of the storm brake: claiming their addresses and MACs is no storm. */
const PROVISIONAL: ReadonlySet<Kind> = new Set<Kind>(["mac", "mapper", "address"]);

/** The parts of a publication, in no particular order. */
export function partsOf(
  clusters: readonly Cluster[],
  { known, departures }: Publication,
  published: Published,
): readonly Part[] {
  const devicesOf = publishedDevices(published.members);
  const linked = new Linked(clusters.length);
  for (const [i, cluster] of clusters.entries()) {
    for (const node of cluster.nodes) {
      linked.link(i, `record ${node.recordNo}`);
      for (const no of devicesOf(node)) linked.link(i, `device ${no}`);
    }
    linked.link(i, `device ${known.get(cluster.id)}`);
  }
  const going = Map.groupBy(departures, ({ deviceNo }) => linked.groupOf(`device ${deviceNo}`));
  return [...linked.groups()].map(([group, indices]) => {
    const own = indices.flatMap((i) => clusters[i] ?? []);
    return {
      clusters: own,
      departures: going.get(group) ?? [],
      recordNos: [...new Set(own.flatMap(({ nodes }) => nodes.map(({ recordNo }) => recordNo)))],
      ...weightOf(own, { devicesOf, devices: published.devices }),
    };
  });
}

type Before = {
  readonly devicesOf: (node: Node) => readonly number[];
  readonly devices: ReadonlyMap<number, CanonicalId>;
};

function weightOf(
  clusters: readonly Cluster[],
  { devicesOf, devices }: Before,
): Pick<Part, "shrinks" | "ids"> {
  const former = clusters.map(({ id, nodes }) => {
    const real = nodes.filter(({ key }) => !PROVISIONAL.has(key.kind));
    return { id, deviceNos: new Set(real.flatMap(devicesOf)) };
  });
  const before = new Set(former.flatMap(({ deviceNos }) => [...deviceNos]));
  const after = former.filter(({ deviceNos }) => deviceNos.size > 0);
  const changed = former.flatMap(({ id, deviceNos }) =>
    [...deviceNos].filter((no) => devices.get(no) !== id),
  );
  return { shrinks: Math.max(0, before.size - after.length), ids: changed.length };
}

/** Which of some numbered things have a name in common, directly or through others. */
class Linked {
  readonly #parents: number[];
  readonly #byName = new Map<string, number>();

  constructor(count: number) {
    this.#parents = Array.from({ length: count }, (_, i) => i);
  }

  link(i: number, name: string): void {
    if (name.endsWith("undefined")) return;
    const other = this.#byName.get(name);
    if (other === undefined) this.#byName.set(name, i);
    else this.#parents[this.#root(i)] = this.#root(other);
  }

  groupOf(name: string): number | undefined {
    const i = this.#byName.get(name);
    return i === undefined ? undefined : this.#root(i);
  }

  groups(): ReadonlyMap<number, readonly number[]> {
    return Map.groupBy(this.#parents.keys(), (i) => this.#root(i));
  }

  #root(i: number): number {
    let [at, parent] = [i, this.#parents[i] ?? i];
    while (parent !== at) {
      const above = this.#parents[parent] ?? parent;
      // Halves the path for whoever comes next.
      this.#parents[at] = above;
      [at, parent] = [above, this.#parents[above] ?? above];
    }
    return at;
  }
}
