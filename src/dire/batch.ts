import { err, type Result } from "../lib/result.ts";
import { parseDeviceUpdate, type DeviceUpdate } from "../model/device-update.ts";
import type { Attribute, Attribution } from "./attribution.ts";
import type { ContentDigest } from "./content-digest.ts";
import type { Kind } from "./kind.ts";
import { observe, type Observation } from "./observation.ts";
import { addSighting, firstState, type RecordState } from "./record-state.ts";

/** Names one record: (partition, kind, native id, source instance) in a tenant. */
interface RecordName extends Attribution {
  readonly kind: Kind;
  readonly native: string;
}

/** What one batch says of one record: all its sightings joined, and explicit deletions apart. */
export interface RecordDelta {
  readonly name: RecordName;
  state: RecordState | undefined;
  deletedMs: number | undefined;
  /** What `state` was read from, where that is a single sighting. */
  update: DeviceUpdate | undefined;
}

/** An entry that is byte for byte what a record shows. */
export interface Recognised {
  readonly recordNo: number;
  readonly instanceNo: number;
  readonly partitionNo: number;
  readonly timeMs: number;
  /** Whether it is yet what the record shows, and none older than what is known there: a batch before may have changed that. */
  readonly isStillSo: () => boolean;
  /** Reads the entry after all: where the batch says something else of the same record, both are to be joined. */
  readonly read: () => void;
}

/** Entries of a batch sorted into records; what could not be used is counted by reason. */
export interface Batch {
  readonly records: Map<string, RecordDelta>;
  readonly recognised: Recognised[];
  entries: number;
  rejected: number;
  readonly rejectedBy: Map<string, number>;
  readonly rejectedSample: RejectedEntry[];
}

/** A rejected entry as it is shown: the reason and the beginning of the entry. */
interface RejectedEntry {
  readonly reason: string;
  readonly entry: string;
}

/** Rejected entries kept for the operator to look at, of each batch; the rest is counted. */
const REJECTED_SAMPLE_MAX = 5;
/** Characters shown of a rejected entry. */
const REJECTED_ENTRY_CHARS = 300;
/** Different reasons counted apart; texts of ours, so few, but bounded all the same. */
const REASONS_MAX = 50;

/** An empty batch. */
export function newBatch(): Batch {
  return {
    records: new Map(),
    recognised: [],
    entries: 0,
    rejected: 0,
    rejectedBy: new Map(),
    rejectedSample: [],
  };
}

/** An entry that can be used: which record it speaks of, and what it says. */
export interface UsableEntry {
  readonly name: RecordName;
  readonly observation: Observation;
  readonly update: DeviceUpdate;
}

/** An entry's JSON without its volatile members, as it was sent, and its digest. */
export interface EntryContent {
  readonly payload: string;
  readonly digest: ContentDigest;
}

/** Takes a usable entry into the batch and gives what the batch knows of its record. */
export function addEntry(
  batch: Batch,
  { name, observation, update }: UsableEntry,
  { payload, digest }: EntryContent,
): RecordDelta {
  batch.entries += 1;
  const delta = deltaOf(batch, name);
  if (observation.isDeletion) {
    delta.deletedMs = Math.max(delta.deletedMs ?? 0, observation.timeMs);
    return delta;
  }
  const sighting = { observation, digest, payload };
  delta.update = delta.state === undefined ? update : undefined;
  delta.state =
    delta.state === undefined ? firstState(sighting) : addSighting(delta.state, sighting);
  return delta;
}

/** Counts an entry that cannot be used, with the reason and, for the first few, how it begins. */
export function rejectEntry(batch: Batch, reason: string, entry: string): void {
  batch.entries += 1;
  batch.rejected += 1;
  const { rejectedBy } = batch;
  const counted = rejectedBy.has(reason) || rejectedBy.size < REASONS_MAX ? reason : "other";
  rejectedBy.set(counted, (rejectedBy.get(counted) ?? 0) + 1);
  if (batch.rejectedSample.length >= REJECTED_SAMPLE_MAX) return;
  batch.rejectedSample.push({ reason, entry: entry.slice(0, REJECTED_ENTRY_CHARS) });
}

/** Reads one entry's JSON text. `receivedMs` stands in for a missing timestamp. */
export function readEntry(
  entry: string,
  { attribute, receivedMs }: { readonly attribute: Attribute; readonly receivedMs: number },
): Result<UsableEntry> {
  const json = parseJson(entry);
  if (!json.ok) return json;
  const update = parseDeviceUpdate(json.value, receivedMs);
  if (!update.ok) return update;
  const attribution = attribute(update.value);
  if (!attribution.ok) return attribution;
  const observation = observe(update.value, attribution.value.partition);
  if (!observation.ok) return observation;
  const { kind, native } = observation.value;
  return {
    ok: true,
    value: {
      name: { ...attribution.value, kind, native },
      observation: observation.value,
      update: update.value,
    },
  };
}

function parseJson(text: string): Result<unknown> {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return err("entry is not valid JSON");
  }
}

function deltaOf(batch: Batch, name: RecordName): RecordDelta {
  const key = `${name.partition}\0${name.kind}\0${name.native}\0${name.instance}`;
  const known = batch.records.get(key);
  if (known !== undefined) return known;
  const delta: RecordDelta = {
    name,
    state: undefined,
    deletedMs: undefined,
    update: undefined,
  };
  batch.records.set(key, delta);
  return delta;
}
