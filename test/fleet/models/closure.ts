import type { WireUpdate } from "../wire.ts";
import { identifiersOf, type Model } from "./model.ts";

/** Any shared key merges: identifiers as they are, and every single MAC of a list. Addresses join only each other. */
export function createClosure(): Model {
  const parents = new Map<string, string>();
  const keys: string[] = [];
  const ingestOne = (update: WireUpdate): string => {
    const [first = "", ...rest] = keysOf(update);
    for (const key of rest) parents.set(find(parents, key), find(parents, first));
    keys.push(first);
    return find(parents, first);
  };
  return {
    name: "closure",
    ingest: ({ delivered }) => delivered.map(({ update }) => ingestOne(update)),
    final: () => keys.map((key) => find(parents, key)),
  };
}

function keysOf(update: WireUpdate): readonly string[] {
  const scope = update.partition;
  const ids = identifiersOf(update).filter(([type]) => type !== "mac");
  const macs = [update.mac, update.metadata["all_macs"]].flatMap((list) => list?.split(",") ?? []);
  const strong = [
    ...ids.map(([type, value]) => `${scope} ${type} ${value}`),
    ...macs.map((mac) => `${scope} mac ${mac}`),
  ];
  return strong.length > 0 ? strong : [`${scope} ip ${update.ip ?? ""}`];
}

/** The root of a key's set; halves the way to it, so that later ones are short. */
function find(parents: Map<string, string>, key: string): string {
  let at = key;
  let up = parents.get(at);
  while (up !== undefined && up !== at) {
    const above = parents.get(up) ?? up;
    parents.set(at, above);
    at = above;
    up = parents.get(at);
  }
  return at;
}
