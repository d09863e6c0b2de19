import type { RecordKey } from "../model/canonical-id.ts";
import type { Ip } from "../model/ip.ts";
import type { Mac } from "../model/mac.ts";
import { unionDays, type DaySet } from "./day-set.ts";
import { KINDS, type Kind } from "./kind.ts";
import type { Features } from "./observation.ts";
import {
  allAddresses,
  allVersions,
  joinLives,
  type AddressDays,
  type Content,
  type Life,
  type RecordState,
  type Version,
} from "./record-state.ts";
import type { ValueType } from "./values.ts";

/** A value that may identify a device, as "type:value"; unique inside a partition. */
export type ValueKey = `${ValueType}:${string}`;

/** Everything that one record ever said: what identity is decided from. */
export interface RecordHistory extends Life {
  readonly recordNo: number;
  readonly key: RecordKey & { readonly kind: Kind };
  /** Oldest first. */
  readonly versions: readonly Version[];
  /** By the fingerprint that claimed them. */
  readonly addresses: ReadonlyMap<number, AddressDays>;
}

/** What clustering joins: the part of a record that is one machine for sure; mostly all of it. */
export interface Node extends Life {
  readonly recordNo: number;
  readonly key: RecordHistory["key"];
  /** Which part of its record, oldest first. */
  readonly part: number;
  readonly fingerprints: readonly number[];
  readonly serials: ReadonlySet<string>;
  readonly isVirtual: boolean;
  readonly assets: ReadonlySet<string>;
  readonly hosts: ReadonlySet<string>;
  readonly macs: ReadonlySet<Mac>;
  readonly models: ReadonlySet<string>;
  readonly vendors: ReadonlySet<string>;
  readonly addresses: AddressDays;
  /** All of these that may join devices: written once, because they are looked up again and again. */
  readonly values: readonly ValueKey[];
}

/** The history of a record's state. */
export function historyOf(
  recordNo: number,
  key: RecordHistory["key"],
  state: RecordState,
): RecordHistory {
  if (state.versions.size === 0 && state.addresses.size === 0) {
    return new PlainHistory(recordNo, key, state.content);
  }
  const versions = versionsOf(state);
  const { firstMs, lastMs, idInput } = lifeOf(versions);
  return { recordNo, key, versions, addresses: allAddresses(state), firstMs, lastMs, idInput };
}

function versionsOf(state: RecordState): readonly Version[] {
  return [...allVersions(state).values()].toSorted(
    (a, b) => a.firstMs - b.firstMs || a.fingerprint - b.fingerprint,
  );
}

/** A record that only ever said one thing, as nearly all: what costs a map is made when somebody asks for it, which few do. */
class PlainHistory implements RecordHistory {
  readonly recordNo: number;
  readonly key: RecordHistory["key"];
  readonly versions: readonly [Version];
  readonly firstMs: number;
  readonly lastMs: number;
  readonly idInput: string;
  readonly content: Content;
  #addresses: RecordHistory["addresses"] | undefined;

  constructor(recordNo: number, key: RecordHistory["key"], content: Content) {
    const { fingerprint, features, firstMs, lastMs, idInput } = content;
    this.recordNo = recordNo;
    this.key = key;
    this.versions = [{ fingerprint, features, firstMs, lastMs, idInput }];
    this.firstMs = firstMs;
    this.lastMs = lastMs;
    this.idInput = idInput;
    this.content = content;
  }

  get addresses(): RecordHistory["addresses"] {
    this.#addresses ??= allAddresses({ content: this.content, addresses: NO_ADDRESSES });
    return this.#addresses;
  }
}

const NO_ADDRESSES: RecordState["addresses"] = new Map();

/** A history with other versions and addresses. */
export function historyWith(
  { recordNo, key, firstMs, lastMs, idInput }: RecordHistory,
  said: Pick<RecordHistory, "versions" | "addresses">,
): RecordHistory {
  return { recordNo, key, firstMs, lastMs, idInput, ...said };
}

function lifeOf(versions: readonly Version[]): Life {
  const [only, ...others] = versions;
  return only !== undefined && others.length === 0
    ? only
    : versions.map((version): Life => version).reduce(joinLives);
}

/** The node of a record that only ever said one thing; undefined where it said more. */
export function plainNode(history: RecordHistory): Node | undefined {
  return history instanceof PlainHistory ? new PlainNode(history) : undefined;
}

/** Sets are made when somebody asks: of a device that is alone nobody does. */
class PlainNode implements Node {
  readonly recordNo: number;
  readonly key: RecordHistory["key"];
  readonly part = 0;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly idInput: string;
  readonly fingerprints: readonly [number];
  readonly values: readonly ValueKey[];
  readonly #history: PlainHistory;
  #whole: Node | undefined;

  constructor(history: PlainHistory) {
    const { recordNo, key, firstMs, lastMs, idInput, content } = history;
    this.recordNo = recordNo;
    this.key = key;
    this.firstMs = firstMs;
    this.lastMs = lastMs;
    this.idInput = idInput;
    this.fingerprints = [content.fingerprint];
    this.values = valuesIn(content);
    this.#history = history;
  }

  get serials(): Node["serials"] {
    return this.#made.serials;
  }

  get isVirtual(): boolean {
    return this.#history.content.features.virtual === true;
  }

  get assets(): Node["assets"] {
    return this.#made.assets;
  }

  get hosts(): Node["hosts"] {
    return this.#made.hosts;
  }

  get macs(): Node["macs"] {
    return this.#made.macs;
  }

  get models(): Node["models"] {
    return this.#made.models;
  }

  get vendors(): Node["vendors"] {
    return this.#made.vendors;
  }

  get addresses(): AddressDays {
    return addressesOf(this.#history, this.#history.versions);
  }

  get #made(): Node {
    this.#whole ??= nodeOf(this.#history, this.part, this.#history.versions);
    return this.#whole;
  }
}

/** One node of some of a record's versions. */
export function nodeOf(history: RecordHistory, part: number, versions: readonly Version[]): Node {
  const { recordNo, key } = history;
  const features = versions.map((version) => version.features);
  const { firstMs, lastMs, idInput } = lifeOf(versions);
  const said = {
    serials: collect(features, (f) => f.serial),
    assets: collect(features, (f) => f.asset),
    macs: new Set(features.flatMap((f) => [...f.macs, ...f.declared])),
    hosts: collect(features, (f) => f.host),
    addresses: addressesOf(history, versions),
  };
  return {
    recordNo,
    key,
    part,
    firstMs,
    lastMs,
    idInput,
    fingerprints: versions.map((version) => version.fingerprint),
    ...said,
    isVirtual: features.some((f) => f.virtual === true),
    models: collect(features, (f) => f.model),
    vendors: collect(features, (f) => f.vendor),
    values: keysOf(said),
  };
}

type Said = Pick<Node, "serials" | "assets" | "macs" | "hosts" | "addresses">;

function keysOf({ serials, assets, macs, hosts, addresses }: Said): readonly ValueKey[] {
  const keys: ValueKey[] = [];
  for (const value of serials) keys.push(`serial:${value}`);
  for (const value of assets) keys.push(`asset:${value}`);
  for (const value of macs) keys.push(`mac:${value}`);
  for (const value of hosts) keys.push(`host:${value}`);
  for (const value of addresses.keys()) keys.push(`address:${value}`);
  return keys;
}

function collect(
  features: readonly Features[],
  read: (f: Features) => string | undefined,
): ReadonlySet<string> {
  let found: Set<string> | undefined;
  for (const one of features) {
    const value = read(one);
    if (value !== undefined) found = (found ?? new Set()).add(value);
  }
  return found ?? NONE;
}

const NONE: ReadonlySet<string> = new Set();

function addressesOf({ addresses }: RecordHistory, versions: readonly Version[]): AddressDays {
  const [only, ...others] = versions;
  const own = only === undefined ? undefined : addresses.get(only.fingerprint);
  if (own !== undefined && others.length === 0) return own;
  const days = new Map<Ip, DaySet>();
  for (const { fingerprint } of versions) {
    for (const [ip, claimed] of addresses.get(fingerprint) ?? []) {
      days.set(ip, unionDays(days.get(ip) ?? [], claimed));
    }
  }
  return days;
}

/** A name for a node that is unique among the nodes of a tenant. */
export function nodeName({ recordNo, part }: Node): string {
  return `${recordNo}/${part}`;
}

/** Whether a value is an address: it joins by days spent together alone, never by being held. */
export function isAddressKey(value: ValueKey): boolean {
  return value.startsWith("address:");
}

/** Every value of a record that may join devices, addresses left out. */
export function featureValues({
  versions,
}: {
  readonly versions: readonly Pick<Version, "features">[];
}): ReadonlySet<ValueKey> {
  const values = new Set<ValueKey>();
  for (const { features } of versions) {
    if (features.serial !== undefined) values.add(`serial:${features.serial}`);
    if (features.asset !== undefined) values.add(`asset:${features.asset}`);
    for (const mac of features.macs) values.add(`mac:${mac}`);
    for (const mac of features.declared) values.add(`mac:${mac}`);
    if (features.host !== undefined) values.add(`host:${features.host}`);
  }
  return values;
}

/** Every value of a record that has shown one content. */
export function valuesOfContent(
  { kind, native }: Pick<RecordHistory["key"], "kind" | "native">,
  content: Pick<Content, "features" | "addresses">,
): ValueKey[] {
  if (kind === "address") return [`sighted:${native}`];
  return valuesIn(content);
}

/** Each once: a MAC that is declared is none that was seen. */
function valuesIn({ features, addresses }: Pick<Content, "features" | "addresses">): ValueKey[] {
  const { serial, asset, macs, declared, host } = features;
  const values: ValueKey[] = [];
  if (serial !== undefined) values.push(`serial:${serial}`);
  if (asset !== undefined) values.push(`asset:${asset}`);
  for (const mac of macs) values.push(`mac:${mac}`);
  for (const mac of declared) values.push(`mac:${mac}`);
  if (host !== undefined) values.push(`host:${host}`);
  for (const ip of addresses) values.push(`address:${ip}`);
  return values;
}

/** Every value of a record. A sighting of an address alone holds nothing else: names and MACs there are hearsay. */
export function valuesOf(history: RecordHistory): ValueKey[] {
  if (history.key.kind === "address") return [`sighted:${history.key.native}`];
  return [
    ...featureValues(history),
    ...[...addressDays(history).keys()].map((ip): ValueKey => `address:${ip}`),
  ];
}

/** Every address of a record with its days, whichever fingerprint claimed it. */
export function addressDays(history: RecordHistory): AddressDays {
  return addressesOf(history, history.versions);
}

/** Total order of records: by kind as the original ranks them, then by key. Never by when they arrived. */
export function compareKeys(a: RecordHistory["key"], b: RecordHistory["key"]): number {
  return (
    KINDS[a.kind] - KINDS[b.kind] ||
    compareText(a.native, b.native) ||
    compareText(a.instance, b.instance) ||
    compareText(a.partition, b.partition)
  );
}

/** Order by UTF-16 code units, as JavaScript's own comparison: total, and the same on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Total order of nodes, by key. */
export function compareNodes(a: Node, b: Node): number {
  return compareKeys(a.key, b.key) || a.part - b.part;
}

/** Which of two nodes is the older: event time, then key. The oldest of a device is its anchor. */
export function compareAge(a: Node, b: Node): number {
  return a.firstMs - b.firstMs || compareNodes(a, b);
}
