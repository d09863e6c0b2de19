/**
 * What one process has in mind of a tenant's records: which of them shows which content, what values were said, and those that are
 * new. Valid for as long as nobody else has written them. Pure.
 */
import type { DeviceUpdate } from "../model/device-update.ts";
import type { ContentDigest } from "./content-digest.ts";
import { ContentTable } from "./content-table.ts";
import { FreshRecords, type FreshRecord } from "./fresh-records.ts";
import { SaidValues } from "./said-values.ts";

/** A source instance and a partition, by name. */
export interface PlaceName {
  readonly instance: string;
  readonly partition: string;
}

/** What is in mind of the records of a source instance in a partition. */
export interface RecalledPlace {
  readonly name: PlaceName;
  readonly instanceNo: number;
  readonly partitionNo: number;
  readonly contents: ContentTable;
  /** Event time of the newest explicit sighting of any of these records: what is older may belong to an earlier content. */
  newestMs: number;
}

/** A record's content as it is written. */
export interface WrittenContent extends Pick<RecalledPlace, "name" | "instanceNo" | "partitionNo"> {
  readonly recordNo: number;
  readonly content: ContentDigest & { readonly lastMs: number };
  /** The content that it replaces. */
  readonly before?: ContentDigest | undefined;
}

/** What a record has in common with its namesakes of other sources. */
export type RecordName = Pick<FreshRecord, "partitionNo" | "kind" | "native">;

/** A record that a batch creates. */
export type NewRecord = Omit<FreshRecord, "update"> & { readonly update: DeviceUpdate | undefined };

/** Records by content, of all places of a tenant. */
export class Recall {
  readonly #places = new Map<string, RecalledPlace>();
  /** Values and names of all records, where they are in mind. */
  #said: SaidValues | undefined;
  #fresh = new FreshRecords();

  /** Whether it knows what all records say; where it does not, any may say anything. */
  get isWhole(): boolean {
    return this.#said !== undefined;
  }

  /** From now on it knows what all records say: the caller notes what those say that are there, before anything else is noted. */
  makeWhole(): void {
    this.#said = new SaidValues();
  }

  /** Records in mind. */
  get size(): number {
    let size = 0;
    for (const { contents } of this.#places.values()) size += contents.size;
    return size;
  }

  /** The records of a place; undefined where it has none. */
  place({ instance, partition }: PlaceName): RecalledPlace | undefined {
    return this.#places.get(`${instance}\0${partition}`);
  }

  /** Keeps up with a write. */
  note({ name, instanceNo, partitionNo, recordNo, content, before }: WrittenContent): void {
    const place = this.place(name) ?? this.#add({ name, instanceNo, partitionNo });
    if (before !== undefined) place.contents.remove(before);
    place.contents.put(content, recordNo);
    place.newestMs = Math.max(place.newestMs, content.lastMs);
  }

  /** New records at hand. */
  get freshSize(): number {
    return this.#fresh.size;
  }

  /** Has them all read when they are published. */
  dropAllFresh(): void {
    this.#fresh = new FreshRecords();
  }

  /** Keeps up with what a record says. What it said before may be noted again: that is looked up more often than it needs to be. */
  noteValue(partitionNo: number, value: string): void {
    this.#said?.note(partitionNo, value);
  }

  /** Keeps up with what the id rule was given. */
  noteId(idInput: string): void {
    this.#said?.note(ANY_PARTITION, idOf(idInput));
  }

  /** Whether another record may have given the id rule the same. */
  mayShareId(idInput: string): boolean {
    return this.mayShare(ANY_PARTITION, idOf(idInput));
  }

  /** Keeps up with the name of a record. */
  noteName(record: RecordName): void {
    this.#said?.note(record.partitionNo, nameOf(record));
  }

  /** Keeps up with a new record, and keeps it at hand until it is published where it was read from one update alone. */
  noteNew({ update, ...record }: NewRecord): void {
    if (this.#said === undefined) return;
    this.noteName(record);
    if (update !== undefined) this.#fresh.put({ ...record, update });
  }

  /** Records that are not as they were created any more, or are published. */
  dropFresh(recordNos: Iterable<number>): void {
    this.#fresh.drop(recordNos);
  }

  /** A new record as it stands in the database; undefined where it has to be read. One with a namesake has to: it tells of that one. */
  fresh(recordNo: number): FreshRecord | undefined {
    const record = this.#fresh.get(recordNo);
    return record === undefined || this.mayShare(record.partitionNo, nameOf(record))
      ? undefined
      : record;
  }

  /** Whether a record may be there already, of whichever source. */
  mayKnow(record: RecordName): boolean {
    return this.#said?.isSaid(record.partitionNo, nameOf(record)) ?? true;
  }

  /** Whether more than one record may have said a value. */
  mayShare(partitionNo: number, value: string): boolean {
    return this.#said?.isShared(partitionNo, value) ?? true;
  }

  #add(of: Pick<RecalledPlace, "name" | "instanceNo" | "partitionNo">): RecalledPlace {
    const { instance, partition } = of.name;
    const place = { ...of, contents: new ContentTable(), newestMs: -Infinity };
    this.#places.set(`${instance}\0${partition}`, place);
    return place;
  }
}

/** The rule's input says the partition itself. */
const ANY_PARTITION = 0;

function idOf(idInput: string): string {
  return `id ${idInput}`;
}

/** What namesakes have in common; no value is spelt so. */
function nameOf({ kind, native }: Omit<RecordName, "partitionNo">): string {
  return `record ${kind} ${native}`;
}
