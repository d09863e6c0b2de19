import type { PartitionValue } from "./history-store.ts";
import type { ValueKey } from "./node.ts";

/** A map by value in its partition. Two steps instead of one composed key: keys would be built anew for each of millions of look-ups. */
export class ValueMap<T> {
  readonly #partitions = new Map<number, Map<ValueKey, T>>();

  get({ partitionNo, value }: PartitionValue): T | undefined {
    return this.#partitions.get(partitionNo)?.get(value);
  }

  has({ partitionNo, value }: PartitionValue): boolean {
    return this.#partitions.get(partitionNo)?.has(value) === true;
  }

  set({ partitionNo, value }: PartitionValue, to: T): void {
    const known = this.#partitions.get(partitionNo);
    if (known === undefined) this.#partitions.set(partitionNo, new Map([[value, to]]));
    else known.set(value, to);
  }
}
