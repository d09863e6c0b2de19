/**
 * What one process has in mind of a tenant's records: which of them shows which content. Valid for as long as nobody else has
 * written them. Pure.
 */
import type { ContentDigest } from "./content-digest.ts";
import { ContentTable } from "./content-table.ts";

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

/** Records by content, of all places of a tenant. */
export class Recall {
  readonly #places = new Map<string, RecalledPlace>();

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

  #add(of: Pick<RecalledPlace, "name" | "instanceNo" | "partitionNo">): RecalledPlace {
    const { instance, partition } = of.name;
    const place = { ...of, contents: new ContentTable(), newestMs: -Infinity };
    this.#places.set(`${instance}\0${partition}`, place);
    return place;
  }
}
