import type { DeviceUpdate } from "../model/device-update.ts";
import type { RecordState } from "./record-state.ts";

/** A record as a batch has created it: what the resolver would read back of it. */
export interface FreshRecord {
  readonly recordNo: number;
  readonly partitionNo: number;
  readonly kind: number;
  readonly native: string;
  readonly instanceNo: number;
  /** Number of the batch. */
  readonly contentSeq: number;
  readonly state: RecordState;
  /** What the state was read from. */
  readonly update: DeviceUpdate;
}

/** Records kept at a time, some kilobytes each: as many as a transaction of ten full chunks creates. */
const RECORDS_MAX = 50_000;

/** New records that were neither published nor spoken of again. What does not fit is read back when it is published. Pure. */
export class FreshRecords {
  readonly #records = new Map<number, FreshRecord>();

  /** How many there are. */
  get size(): number {
    return this.#records.size;
  }

  put(record: FreshRecord): void {
    if (this.#records.size < RECORDS_MAX) this.#records.set(record.recordNo, record);
  }

  get(recordNo: number): FreshRecord | undefined {
    return this.#records.get(recordNo);
  }

  /** They are not what they were, or are published. */
  drop(recordNos: Iterable<number>): void {
    if (this.#records.size === 0) return;
    for (const recordNo of recordNos) this.#records.delete(recordNo);
  }
}
