import type { ArmisRecord } from "./armis-map.ts";
import type { ArmisRow } from "./armis-page.ts";
import type { SourceRejection } from "./source.ts";

/** Rows of one query in the order of their ids, as far as they were read. */
export interface SortedRows {
  readonly label: string;
  /** The first row that was not taken. */
  readonly head: ArmisRow | undefined;
  /** Nothing left to take now, but more may follow. */
  readonly isDry: boolean;
  take(): void;
}

/** A device with the labels of the queries that found it. */
export interface MergedRow {
  readonly id: number;
  readonly record: ArmisRecord;
  readonly labels: readonly string[];
}

/**
 * Joins sorted streams into one in which each id occurs once, as far as they reach: until one of them is dry. So a device
 * that several queries find is passed on once, and no query's result is ever held whole.
 */
export function mergeRows(streams: readonly SortedRows[]): {
  readonly found: readonly MergedRow[];
  readonly rejected: readonly SourceRejection[];
} {
  const found: MergedRow[] = [];
  const rejected: SourceRejection[] = [];
  for (;;) {
    for (const stream of streams) takeRejected(stream, rejected);
    if (streams.some((stream) => stream.isDry)) return { found, rejected };
    const next = takeLeast(streams);
    if (next === undefined) return { found, rejected };
    found.push(next);
  }
}

function takeRejected(stream: SortedRows, into: SourceRejection[]): void {
  for (let row = stream.head; row !== undefined && row.id === undefined; row = stream.head) {
    into.push(row.rejected);
    stream.take();
  }
}

/** The record is that of the first query which found it: they were read seconds apart, and none is truer. */
function takeLeast(streams: readonly SortedRows[]): MergedRow | undefined {
  const ids = streams.flatMap((stream) => stream.head?.id ?? []);
  const least = Math.min(...ids);
  let record: ArmisRecord | undefined;
  const labels: string[] = [];
  for (const stream of streams) {
    const row = stream.head;
    if (row?.id !== least) continue;
    record ??= row.record;
    if (stream.label !== "" && !labels.includes(stream.label)) labels.push(stream.label);
    stream.take();
  }
  return record === undefined ? undefined : { id: least, record, labels };
}
