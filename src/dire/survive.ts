/**
 * Whose value stands: for every attribute the candidates of a device's records, ordered by rule (identity facts 4.7). Pure, and
 * cheap enough to be asked again when a device is shown, so provenance and the losing values need no storage. In order:
 *
 * 1. what an operator locked;
 * 2. records that their source still lists, before those that it has missed too often;
 * 3. what is said outright, before what a rule or a table concludes;
 * 4. the rank of the source for that attribute;
 * 5. how lately the record came to say it, then record key.
 *
 * Time of the last sighting is no criterion: two sources that are polled in turn would win in turn, and every run that found
 * nothing new would have to publish again. A record that its source retracted is left out before.
 */
import { AGENT_INSTANCE, type DeviceUpdate } from "../model/device-update.ts";
import type { Ip } from "../model/ip.ts";
import type { Derivation } from "./derivation.ts";
import { compareKeys, type Node, type RecordHistory } from "./node.ts";
import type { AddressDays } from "./record-state.ts";
import { FIELDS, sayingsOf, type Field, type Saying, type Sayings } from "./saying.ts";

/** A record of a device with the update it shows now. */
export interface Witness {
  readonly node: Node;
  readonly update: DeviceUpdate;
  /** First event time of what tells the device apart in what the record says now. */
  readonly sinceMs: number;
  /** Days on which it claimed its addresses meanwhile. */
  readonly addresses: AddressDays;
  /** Complete full runs of its source in a row that did not find it. */
  readonly missedRuns: number;
}

const DAY_MS = 86_400_000;

/** What is known of a record, of which a node is a part. */
export interface Known {
  readonly update: DeviceUpdate;
  readonly history: RecordHistory;
  /** Of what the record says now. */
  readonly fingerprint: number;
  readonly missedRuns: number;
}

/**
 * A node of a record as a witness: by what the record shows now, or by what is remembered where that is another machine's.
 * Times are those of the whole history: what stands inline in a record's row depends on the order in which it came.
 */
export function witnessOf(node: Node, known: Known): Witness {
  const { update, history, fingerprint, missedRuns } = known;
  if (!node.fingerprints.includes(fingerprint)) {
    const past = rememberedOf(node, update.source);
    return { node, update: past, sinceMs: node.firstMs, addresses: node.addresses, missedRuns };
  }
  const version = history.versions.find((one) => one.fingerprint === fingerprint);
  const addresses = history.addresses.get(fingerprint) ?? node.addresses;
  return { node, update, sinceMs: version?.firstMs ?? node.firstMs, addresses, missedRuns };
}

/** A source gave the record to another machine: of the first only what tells machines apart is kept, in the form that is compared. */
function rememberedOf(node: Node, source: string): DeviceUpdate {
  const least = (values: ReadonlySet<string>): string | undefined => [...values].toSorted()[0];
  const lastDay = (ip: Ip): number => node.addresses.get(ip)?.at(-1)?.[1] ?? 0;
  const [ip] = [...node.addresses.keys()].toSorted(
    (a, b) => lastDay(b) - lastDay(a) || (a < b ? -1 : 1),
  );
  const known = { ip, mac: least(node.macs), hostname: least(node.hosts) };
  const metadata = {
    serial: least(node.serials),
    model: least(node.models),
    manufacturer: least(node.vendors),
  };
  return { source, timestampMs: node.lastMs, ...present(known), metadata: present(metadata) };
}

function present<T>(texts: Readonly<Record<string, T | undefined>>): Record<string, T> {
  const kept = Object.entries(texts).filter(([, text]) => text !== undefined);
  return Object.fromEntries(kept) as Record<string, T>;
}

/** What one record says of one attribute. */
export interface Candidate {
  readonly value: string;
  readonly saying: Saying;
  readonly recordNo: number;
  readonly instance: string;
  readonly source: string;
  readonly sinceMs: number;
  readonly seenMs: number;
  /** Its source has missed the record too often for it to speak before others. */
  readonly isExpired: boolean;
}

/** A value that an operator set; no source overrides it. */
interface Lock {
  readonly value: string;
  readonly actor: string;
  readonly sinceMs: number;
}

/** An operator's locks on one device, by attribute. */
export type Locks = ReadonlyMap<Field, Lock>;

/** No locks. */
export const NO_LOCKS: Locks = new Map();

/** The value that stands and those that lost, best first. A lock stands before them all, and then no record wins. */
export interface Survivor {
  readonly value: string;
  readonly lock: Lock | undefined;
  readonly winner: Candidate | undefined;
  readonly losers: readonly Candidate[];
}

/** The original's confidence of sources; unknown sources rank last. */
const CONFIDENCE: Readonly<Record<string, number>> = {
  manual: 10,
  snmp: 9,
  agent: 8,
  mapper: 8,
  "self-reported": 8,
  serviceradar: 8,
  armis: 7,
  netbox: 7,
  integration: 7,
  cmdb: 7,
  servicenow: 7,
  netflow: 6,
  sysmon: 6,
  sweep: 5,
  sighting: 5,
};
/** Who observes the network knows where a device is now, the newest observation best; a sweep knows only that an address answers. */
const OBSERVED_RANK: Readonly<Record<string, number>> = {
  agent: 30,
  armis: 30,
  snmp: 30,
  mapper: 30,
  sweep: -1,
};
const AVAILABLE_RANK: Readonly<Record<string, number>> = {
  sweep: 40,
  agent: 30,
  snmp: 20,
  mapper: 20,
  armis: 10,
};
/** Registries know what a device is and whose; the maker's number comes before what a sensor read of it. */
const REGISTERED_RANK: Readonly<Record<string, number>> = { cmdb: 40, servicenow: 40, netbox: 30 };
const HOST_RANK: Readonly<Record<string, number>> = {
  agent: 40,
  cmdb: 30,
  servicenow: 30,
  netbox: 20,
  armis: 10,
};
const RISK_RANK: Readonly<Record<string, number>> = { armis: 30 };
const RANKS: Partial<Readonly<Record<Field, Readonly<Record<string, number>>>>> = {
  ip: OBSERVED_RANK,
  mac: OBSERVED_RANK,
  risk_score: RISK_RANK,
  is_available: AVAILABLE_RANK,
  serial: REGISTERED_RANK,
  site: REGISTERED_RANK,
  owner: REGISTERED_RANK,
  hostname: HOST_RANK,
};

/** What values are decided by, besides records. */
export interface Terms {
  readonly derivation: Derivation;
  readonly locks: Locks;
}

/** The surviving value of every attribute that any record or operator knows. */
export function survive(
  witnesses: readonly Witness[],
  { derivation, locks }: Terms,
): ReadonlyMap<Field, Survivor> {
  const said = witnesses.map((witness) => saidBy(witness, derivation));
  const survivors = new Map<Field, Survivor>();
  for (const field of FIELDS) {
    const candidates: Spoken[] = [];
    for (const { sayings, witness, source, isExpired } of said) {
      const saying = sayings[field];
      if (saying !== undefined) candidates.push({ saying, witness, source, isExpired });
    }
    if (candidates.length > 1) candidates.sort((one, other) => compare(field, one, other));
    const ordered = candidates.map((one) => candidateOf(field, one));
    const survivor = survivorOf(locks.get(field), ordered);
    if (survivor !== undefined) survivors.set(field, survivor);
  }
  return survivors;
}

/**
 * The same values as `survive` gives, each as the record says it that won, without those that lost: every device is published, few
 * are looked at. A lock's is said outright.
 */
export function standingValues(
  witnesses: readonly Witness[],
  { derivation, locks }: Terms,
): Sayings {
  const [only, ...others] = witnesses.map((witness) => saidBy(witness, derivation));
  if (only === undefined) return NOTHING;
  if (others.length === 0 && locks.size === 0) return only.sayings;
  const standing: Partial<Record<Field, Saying>> = {};
  for (const field of FIELDS) {
    const lock = locks.get(field);
    const saying =
      lock === undefined ? bestOf(field, only, others) : { value: lock.value, rank: 0 };
    if (saying !== undefined) standing[field] = saying;
  }
  return standing;
}

const NOTHING: Sayings = {};

function bestOf(field: Field, first: Said, others: readonly Said[]): Saying | undefined {
  let best = first;
  for (const said of others) {
    if (said.sayings[field] === undefined) continue;
    if (best.sayings[field] === undefined || compareSaid(field, said, best) < 0) best = said;
  }
  return best.sayings[field];
}

function saidBy(witness: Witness, { rules, expiryRuns }: Derivation): Said {
  const isAgentHost = witness.node.key.instance === AGENT_INSTANCE;
  return {
    witness,
    sayings: sayingsOf(witness.update, { rules, isAgentHost }),
    source: witness.update.source.toLowerCase(),
    isExpired: witness.missedRuns >= expiryRuns,
  };
}

function survivorOf(
  lock: Lock | undefined,
  candidates: readonly Candidate[],
): Survivor | undefined {
  if (lock !== undefined) return { value: lock.value, lock, winner: undefined, losers: candidates };
  const [winner, ...losers] = candidates;
  return winner === undefined ? undefined : { value: winner.value, lock, winner, losers };
}

type Said = {
  readonly witness: Witness;
  readonly sayings: Sayings;
  readonly source: string;
  readonly isExpired: boolean;
};
type Spoken = Omit<Said, "sayings"> & { readonly saying: Saying };

function compareSaid(field: Field, a: Said, b: Said): number {
  const [one, other] = [a.sayings[field], b.sayings[field]];
  if (one === undefined || other === undefined) return 0;
  return compare(field, { ...a, saying: one }, { ...b, saying: other });
}

function compare(field: Field, a: Spoken, b: Spoken): number {
  return (
    Number(a.isExpired) - Number(b.isExpired) ||
    a.saying.rank - b.saying.rank ||
    sourceRank(field, b.source) - sourceRank(field, a.source) ||
    sinceOf(field, b) - sinceOf(field, a) ||
    compareKeys(a.witness.node.key, b.witness.node.key) ||
    a.witness.node.part - b.witness.node.part
  );
}

function sourceRank(field: Field, source: string): number {
  return rankIn(RANKS[field], source) ?? rankIn(CONFIDENCE, source) ?? 1;
}

/** A source may be called as anything, and so as a member that every object has: "constructor". */
function rankIn(
  ranks: Readonly<Record<string, number>> | undefined,
  source: string,
): number | undefined {
  return ranks !== undefined && Object.hasOwn(ranks, source) ? ranks[source] : undefined;
}

/** An address is known to the day on which it was first claimed. */
function sinceOf(field: Field, { saying, witness }: Spoken): number {
  const { sinceMs, addresses } = witness;
  if (field !== "ip") return sinceMs;
  const day = addresses.get(saying.value as Ip)?.[0]?.[0];
  return day === undefined ? sinceMs : Math.max(sinceMs, day * DAY_MS);
}

function candidateOf(field: Field, spoken: Spoken): Candidate {
  const { witness, saying, source, isExpired } = spoken;
  const { node } = witness;
  return {
    value: saying.value,
    saying,
    source,
    recordNo: node.recordNo,
    instance: node.key.instance,
    sinceMs: sinceOf(field, spoken),
    seenMs: node.lastMs,
    isExpired,
  };
}
