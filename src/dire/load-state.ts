import type { Tx } from "../db/tx.ts";
import { invariant } from "../lib/invariant.ts";
import { parseDeviceUpdate, type DeviceUpdate } from "../model/device-update.ts";
import { unionDays } from "./day-set.ts";
import type { FreshRecord } from "./fresh-records.ts";
import { joinLives, type Content, type RecordState } from "./record-state.ts";
import { readRecords, type Seen, type StoredRecord } from "./record-store.ts";
import { readSeen } from "./seen-store.ts";

/** A record as it stands in the database: its row, its update as it was sent, and everything it ever said. */
export interface LoadedRecord {
  readonly row: StoredRecord;
  readonly update: DeviceUpdate;
  readonly state: RecordState;
}

/** Loads whole records, by record number; unchanged sightings are counted into their lives. */
export async function loadRecords(
  tx: Tx,
  tenant: number,
  recordNos: readonly number[],
): Promise<ReadonlyMap<number, LoadedRecord>> {
  if (recordNos.length === 0) return new Map();
  const rows = await readRecords(tx, tenant, recordNos);
  const seen = await readSeen(tx, tenant, rows);
  return new Map(
    rows.map((row) => [row.recordNo, new Loaded(row, seen.get(row.recordNo))] as const),
  );
}

/** A record that is new and was not spoken of since, as loadRecords would give it; it has no namesake. */
export function loadedFresh({ update, state, contentSeq, ...ref }: FreshRecord): LoadedRecord {
  const { content, versions, addresses } = state;
  const { hash: contentHash, check: contentCheck, lastMs: currentMs, addresses: shown } = content;
  const { payload, features, fingerprint, firstMs, idInput, days } = content;
  return {
    update,
    state,
    row: {
      ...ref,
      contentHash,
      contentCheck,
      currentMs,
      contentSeq,
      payload,
      features,
      fingerprint,
      firstMs,
      idInput,
      shown,
      days,
      versions,
      addresses,
      namesakes: [ref.recordNo],
      sighted: undefined,
      hasSegments: false,
      missedRuns: 0,
    },
  };
}

/** The update is parsed when it is asked for: most records are loaded for what they say of identity alone. */
class Loaded implements LoadedRecord {
  readonly row: StoredRecord;
  readonly state: RecordState;
  #update: DeviceUpdate | undefined;

  constructor(row: StoredRecord, seen: Seen | undefined) {
    const { versions, addresses } = row;
    this.row = row;
    this.state = { content: withSeen(contentOf(row), seen), versions, addresses };
  }

  /** A stored payload was read once when it came in; that it cannot be read again would be a bug. */
  get update(): DeviceUpdate {
    if (this.#update !== undefined) return this.#update;
    const update = parseDeviceUpdate(JSON.parse(this.row.payload), this.row.currentMs);
    invariant(update.ok, `payload of record ${this.row.recordNo} can be read back`);
    this.#update = update.value;
    return update.value;
  }
}

function contentOf(row: StoredRecord): Content {
  const { firstMs, idInput, payload, features, fingerprint, shown: addresses, days } = row;
  const { contentHash: hash, contentCheck: check, currentMs: lastMs } = row;
  return { firstMs, lastMs, idInput, hash, check, payload, features, fingerprint, addresses, days };
}

function withSeen(content: Content, seen: Seen | undefined): Content {
  if (seen === undefined) return content;
  const life = joinLives(content, { ...seen, idInput: content.idInput });
  return {
    ...content,
    firstMs: life.firstMs,
    lastMs: life.lastMs,
    days: unionDays(content.days, seen.days),
  };
}
