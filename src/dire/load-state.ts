import type { Tx } from "../db/tx.ts";
import { invariant } from "../lib/invariant.ts";
import { parseDeviceUpdate, type DeviceUpdate } from "../model/device-update.ts";
import { unionDays } from "./day-set.ts";
import { kindOf } from "./kind.ts";
import { observe, type Observation } from "./observation.ts";
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
    rows.map((row) => {
      const { update, observation } = readPayload(row);
      const content = withSeen(contentOf(row, observation), seen.get(row.recordNo));
      const { versions, addresses } = row;
      return [row.recordNo, { row, update, state: { content, versions, addresses } }];
    }),
  );
}

/** A stored payload was read once when it came in; that it cannot be read again would be a bug. */
function readPayload(row: StoredRecord): { update: DeviceUpdate; observation: Observation } {
  const update = parseDeviceUpdate(JSON.parse(row.payload), row.currentMs);
  invariant(update.ok, `payload of record ${row.recordNo} can be read back`);
  const observation = observe(update.value, "");
  invariant(observation.ok, `payload of record ${row.recordNo} has its identifiers`);
  invariant(
    observation.value.kind === kindOf(row.kind),
    `payload of record ${row.recordNo} has its kind`,
  );
  return { update: update.value, observation: observation.value };
}

function contentOf(row: StoredRecord, { features, addresses }: Observation): Content {
  const {
    firstMs,
    idInput,
    contentHash: hash,
    payload,
    fingerprint,
    days,
    currentMs: lastMs,
  } = row;
  return { firstMs, lastMs, idInput, hash, payload, features, fingerprint, addresses, days };
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
