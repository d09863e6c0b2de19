/**
 * Recognises entries that repeat, byte for byte, what a record shows, without reading them. Answers only where reading the entry
 * could not lead anywhere else: same source, same partition, and not older than what is known of any record there. Pure.
 */
import type { Envelope } from "../inbox/entries.ts";
import type { Sender } from "../inbox/sender.ts";
import { parseSyncMeta, parseTime, type SyncMeta } from "../model/device-update.ts";
import type { ContentDigest } from "./content-digest.ts";
import type { RecalledPlace } from "./recall.ts";

/** The record that an entry repeats, and when it was seen. */
export interface Repetition {
  readonly recordNo: number;
  readonly place: RecalledPlace;
  readonly timeMs: number;
}

/** An entry before it is read. */
interface RecognisableEntry {
  /** Looked at only where the content is known. */
  readonly envelope: Envelope;
  /** As EntrySlice has it. */
  readonly content: string;
  readonly digest: ContentDigest;
}

/** The record that an entry repeats; undefined: the entry must be read. */
export type Recognise = (entry: RecognisableEntry) => Repetition | undefined;

/** What a chunk's entries have in common. */
export interface ChunkFacts {
  readonly sender: Sender;
  readonly chunkMeta: SyncMeta | undefined;
  readonly receivedMs: number;
  /** What is in mind of a source's records in the sender's partition. */
  readonly placeOf: (serviceId: string) => RecalledPlace | undefined;
}

/** An entry may name its source in its metadata, where only a parser finds it; this is how its bytes would show it. */
const NAMES_SOURCE = '"sync_service_id"';
/** Longer ones may hold more keys than an entry may have. */
const VOLATILE_CHARS_MAX = 4_096;

/** Recognises the entries of one chunk. */
export function recogniser(facts: ChunkFacts): Recognise {
  const { sender, receivedMs, placeOf } = facts;
  const isOwn = ownership(sender);
  const claimOf = claimer(facts.chunkMeta);
  const timeOf = remembered((text) => timestampOf(text, receivedMs));
  const sourceOf = remembered((claimed) => {
    const serviceId = claimed.toLowerCase();
    const source = sender.sources.find((candidate) => candidate.serviceId === serviceId);
    return source && placeOf(serviceId);
  });
  const chunkSource = facts.chunkMeta?.syncServiceId;
  /** Nearly all entries of a chunk are of its source: what is nothing of that one is read, without looking any further. */
  const mayShow = (digest: ContentDigest): boolean =>
    chunkSource === undefined || sourceOf(chunkSource)?.contents.find(digest) !== undefined;
  return (entry) => {
    const { digest } = entry;
    if (!mayShow(digest)) return undefined;
    const { envelope } = entry;
    const claimed = isOwn(envelope) ? claimOf(entry) : undefined;
    const place = claimed === undefined ? undefined : sourceOf(claimed);
    const recordNo = place?.contents.find(digest);
    if (place === undefined || recordNo === undefined) return undefined;
    const timeMs = envelope.timestamp === undefined ? receivedMs : timeOf(envelope.timestamp);
    return timeMs === undefined || timeMs < place.newestMs
      ? undefined
      : { recordNo, place, timeMs };
  };
}

/** Whether an entry's ids are plainly the sender's. Of a recording every entry is the only source's, which happens by hand and need not be fast. */
function ownership({ isRecording = false, ...sender }: Sender): (envelope: Envelope) => boolean {
  const [agent, home] = [sender.agentId, sender.partition].map((id) => JSON.stringify(id));
  return ({ isOdd, agentId, partition, volatile }) =>
    !isOdd &&
    !isRecording &&
    (agentId === undefined || agentId === agent) &&
    (partition === undefined || partition === home) &&
    (volatile === undefined || isPlain(volatile));
}

/** The source that an entry says it is of; undefined where only its reader can tell. */
function claimer(
  chunkMeta: SyncMeta | undefined,
): (entry: RecognisableEntry) => string | undefined {
  const metaOf = remembered((text) => parsed(text));
  return ({ content, envelope: { syncMeta } }) => {
    const meta = syncMeta === undefined ? undefined : metaOf(syncMeta);
    if (syncMeta !== undefined && meta === undefined) return undefined;
    const own = parseSyncMeta(meta)?.syncServiceId;
    return own ?? (content.includes(NAMES_SOURCE) ? undefined : chunkMeta?.syncServiceId);
  };
}

/** Neighbouring entries mostly say the same: the last question is answered from memory. */
function remembered<T>(answer: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly value: T } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, value: answer(text) };
    return last.value;
  };
}

function timestampOf(text: string, receivedMs: number): number | undefined {
  const value = parsed(text);
  const time = value === undefined ? undefined : parseTime(value, receivedMs);
  return time?.ok === true ? time.value : undefined;
}

/** Whether volatile values are what a reader takes them for: a JSON object of not too many. */
function isPlain(volatile: string): boolean {
  if (volatile.length > VOLATILE_CHARS_MAX) return false;
  const value = parsed(volatile);
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member's value; undefined where it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
