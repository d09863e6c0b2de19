/**
 * What a source ever said of one record, as a lattice: every function here is commutative, associative and
 * idempotent over observations, so order, chunking and redelivery cannot change what DIRE derives from it.
 *
 * The current content (greatest by event time, then hash) stands inline; the fingerprints and address days of
 * older contents are history. A reader takes the union of both, so it does not matter when something moved.
 */
import type { Ip } from "../model/ip.ts";
import type { ContentDigest } from "./content-digest.ts";
import { dayOf, oneDay, unionDays, type DaySet } from "./day-set.ts";
import type { Features, Observation } from "./observation.ts";

/** First and last event time, and the id rule's input at the first: the least (time, text). */
export interface Life {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly idInput: string;
}

/** Days on which each address was claimed. */
export type AddressDays = ReadonlyMap<Ip, DaySet>;

/** The content that a record shows now. */
export interface Content extends Life {
  readonly hash: number;
  /** More of the same digest; a content is decided by `hash` alone. */
  readonly check: number;
  /** The entry's JSON without its volatile members. */
  readonly payload: string;
  readonly features: Features;
  readonly fingerprint: number;
  readonly addresses: readonly Ip[];
  /** Days on which this address set was seen. */
  readonly days: DaySet;
}

/** A fingerprint of older contents. */
export interface Version extends Life {
  readonly fingerprint: number;
  readonly features: Features;
}

/** A record's state, or the part of it that changed: history rows are to be merged into what stands. */
export interface RecordState {
  readonly content: Content;
  readonly versions: ReadonlyMap<number, Version>;
  /** Older address days, by the fingerprint that claimed them: a record that follows several machines keeps them apart. */
  readonly addresses: ReadonlyMap<number, AddressDays>;
}

/** An observation with the bytes that it came in. */
export interface Sighting {
  readonly observation: Observation;
  readonly digest: ContentDigest;
  readonly payload: string;
}

/** The state of a record that was seen once. */
export function firstState({ observation, digest, payload }: Sighting): RecordState {
  const { timeMs, features, fingerprint, addresses, idInput } = observation;
  const days = onDay(dayOf(timeMs));
  const { hash, check } = digest;
  const content: Content = {
    firstMs: timeMs,
    lastMs: timeMs,
    idInput,
    hash,
    check,
    payload,
    features,
    fingerprint,
    addresses,
    days,
  };
  return { content, versions: NO_VERSIONS, addresses: NO_ADDRESSES };
}

const NO_VERSIONS: RecordState["versions"] = new Map();
const NO_ADDRESSES: RecordState["addresses"] = new Map();

/** All of a run is seen on one day, mostly. */
let seenOn = { day: 0, days: oneDay(0) };

function onDay(day: number): DaySet {
  if (day !== seenOn.day) seenOn = { day, days: oneDay(day) };
  return seenOn.days;
}

/** The state after one more sighting. */
export function addSighting(state: RecordState, sighting: Sighting): RecordState {
  return joinStates(state, firstState(sighting));
}

/** The least upper bound of two states of one record. */
export function joinStates(a: RecordState, b: RecordState): RecordState {
  const [newer, older] = isNewer(a.content, b.content) ? [a, b] : [b, a];
  const versions = joinMaps(newer.versions, older.versions, joinVersions);
  const addresses = joinMaps(newer.addresses, older.addresses, joinDays);
  return absorb({ content: newer.content, versions, addresses }, older.content);
}

/** Equal hashes are equal contents: then either is the newer one. */
function isNewer(a: Content, b: Content): boolean {
  return a.lastMs === b.lastMs ? a.hash >= b.hash : a.lastMs > b.lastMs;
}

/** Adds what an older content knew: inline where the current one says the same, else as history. */
function absorb(state: RecordState, older: Content): RecordState {
  const { content } = state;
  const sameFingerprint = content.fingerprint === older.fingerprint;
  const sameAddresses = sameFingerprint && content.addresses.join() === older.addresses.join();
  const life = sameFingerprint ? joinLives(content, older) : content;
  const days = sameAddresses ? unionDays(content.days, older.days) : content.days;
  return {
    content: {
      ...content,
      firstMs: life.firstMs,
      lastMs: life.lastMs,
      idInput: life.idInput,
      days,
    },
    versions: sameFingerprint ? state.versions : withVersion(state.versions, older),
    addresses: sameAddresses ? state.addresses : withDays(state.addresses, older),
  };
}

function withVersion(
  versions: ReadonlyMap<number, Version>,
  old: Content,
): ReadonlyMap<number, Version> {
  const { fingerprint, features, firstMs, lastMs, idInput } = old;
  return joinMaps(
    versions,
    new Map([[fingerprint, { fingerprint, features, firstMs, lastMs, idInput }]]),
    joinVersions,
  );
}

function withDays(addresses: RecordState["addresses"], old: Content): RecordState["addresses"] {
  if (old.addresses.length === 0) return addresses;
  const days = new Map(old.addresses.map((ip) => [ip, old.days]));
  return joinMaps(addresses, new Map([[old.fingerprint, days]]), joinDays);
}

function joinDays(a: AddressDays, b: AddressDays): AddressDays {
  return joinMaps(a, b, unionDays);
}

function joinVersions(a: Version, b: Version): Version {
  return { ...a, ...joinLives(a, b) };
}

/** The union of two lives; the id input is that of the earlier first observation, the smaller text on a tie. */
export function joinLives(a: Life, b: Life): Life {
  const aFirst = a.firstMs === b.firstMs ? a.idInput <= b.idInput : a.firstMs < b.firstMs;
  return {
    firstMs: Math.min(a.firstMs, b.firstMs),
    lastMs: Math.max(a.lastMs, b.lastMs),
    idInput: aFirst ? a.idInput : b.idInput,
  };
}

function joinMaps<K, V>(
  a: ReadonlyMap<K, V>,
  b: ReadonlyMap<K, V>,
  join: (a: V, b: V) => V,
): ReadonlyMap<K, V> {
  if (b.size === 0) return a;
  if (a.size === 0) return b;
  const joined = new Map(a);
  for (const [key, value] of b) {
    const known = joined.get(key);
    joined.set(key, known === undefined ? value : join(known, value));
  }
  return joined;
}

/** The state of a record that was here once, was removed, and is new again: its id is that of its very first observation. */
export function bornAgain(
  state: RecordState,
  origin: Pick<Life, "firstMs" | "idInput"> | undefined,
): RecordState {
  if (origin === undefined) return state;
  const { content } = state;
  const { firstMs, idInput } = joinLives(content, { ...origin, lastMs: content.lastMs });
  return { ...state, content: { ...content, firstMs, idInput } };
}

/** Every fingerprint that the record ever showed, each once, with its whole life; by fingerprint. */
export function allVersions({
  content,
  versions,
}: Pick<RecordState, "content" | "versions">): ReadonlyMap<number, Version> {
  return withVersion(versions, content);
}

/** Every address the record ever claimed, with the days, by the fingerprint that claimed it. */
export function allAddresses({
  content,
  addresses,
}: Pick<RecordState, "content" | "addresses">): RecordState["addresses"] {
  return withDays(addresses, content);
}
