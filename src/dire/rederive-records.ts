/** Rederives a block of records: their facts, and through the resolver itself everything that hangs on them. */
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import {
  readAliasRows,
  readDeviceRows,
  readMemberRows,
  readQuarantineRows,
  readWatchDays,
} from "./derived-rows.ts";
import { countSooner, deviceDifferences, rowDifferences, type Difference } from "./difference.ts";
import { holderKey, missingFacts, writeFacts } from "./history-store.ts";
import { kindOf } from "./kind.ts";
import { loadRecords } from "./load-state.ts";
import { historyOf, valuesOf } from "./node.ts";
import { readNames } from "./numbers.ts";
import type { Block, BlockOutcome } from "./rederive-block.ts";
import { publishComponents, type Touched } from "./resolver.ts";
import { makeReadAnew } from "./take-over.ts";
import { readHeldValues } from "./value-store.ts";

/** Records of a block: their components are loaded together, so this bounds memory. */
const RECORDS_PER_BLOCK = 1_000;

/** Rederives the records after a record number. */
export async function rederiveRecords({
  open,
  before,
  tenant,
  after,
}: Block): Promise<BlockOutcome> {
  const { rows } = await open.query<{ record_no: number }>(
    `select record_no from sync.records where tenant = $1 and record_no > $2 order by record_no limit $3`,
    [tenant, Number(after), RECORDS_PER_BLOCK],
  );
  const recordNos = rows.map((row) => row.record_no);
  const last = recordNos.at(-1);
  if (last === undefined) return { differences: [], looked: 0, next: undefined };
  const facts = await mendFacts(open, tenant, recordNos);
  const touched = await publishComponents(open, tenant, { recordNos, braking: {} });
  const scene = { open, before, tenant, recordNos: new Set(recordNos), touched };
  const { differences, ...counts } = await compare(scene);
  return {
    differences: [...facts, ...differences],
    ...counts,
    looked: recordNos.length,
    held: touched.counts.held,
    next: String(last),
  };
}

/** Facts that records hold and the index does not. It may hold more: what records held before something was undone. */
async function mendFacts(
  open: Tx,
  tenant: number,
  recordNos: readonly number[],
): Promise<readonly Difference[]> {
  const names = await readNames(open, tenant);
  const facts = [...(await loadRecords(open, tenant, recordNos)).values()].flatMap(
    ({ row, state }) => {
      const { recordNo, partitionNo, native } = row;
      const kind = kindOf(row.kind);
      if (kind === undefined) return [];
      const partition = names.partitions.get(partitionNo) ?? "";
      const instance = names.instances.get(row.instanceNo) ?? "";
      const history = historyOf(recordNo, { partition, instance, kind, native }, state);
      return valuesOf(history).map((value) => ({ recordNo, partitionNo, value }));
    },
  );
  const missing = await missingFacts(open, tenant, facts);
  await writeFacts(open, tenant, missing);
  if (missing.length > 0) await makeReadAnew(open, tenant);
  return missing.map(({ recordNo, value }) => ({
    table: "facts",
    key: `record ${recordNo}`,
    before: null,
    after: value,
  }));
}

type Scene = {
  readonly open: Tx;
  readonly before: Db;
  readonly tenant: number;
  /** Those of the block. */
  readonly recordNos: ReadonlySet<number>;
  readonly touched: Touched;
};

/** A component may reach into other blocks: each row is told with the block of its first record. */
async function compare(
  scene: Scene,
): Promise<Pick<BlockOutcome, "differences" | "refreshed" | "watched">> {
  const { open, before, tenant, recordNos } = scene;
  const own = [...recordNos];
  const deviceNos = await firstDevices(scene);
  const devices = deviceDifferences(
    await readDeviceRows(before, tenant, deviceNos),
    await readDeviceRows(open, tenant, deviceNos),
  );
  const members = rowDifferences(
    "members",
    await readMemberRows(before, tenant, own),
    await readMemberRows(open, tenant, own),
  );
  const aliases = rowDifferences(
    "aliases",
    await readAliasRows(before, tenant, deviceNos),
    await readAliasRows(open, tenant, deviceNos),
  );
  const values = await valueDifferences(scene);
  const quarantine = rowDifferences(
    "quarantine",
    await readQuarantineRows(before, tenant, own),
    await readQuarantineRows(open, tenant, own),
  );
  const watched = countSooner(
    await readWatchDays(before, tenant, own),
    await readWatchDays(open, tenant, own),
  );
  return {
    differences: [...devices.differences, ...members, ...aliases, ...values, ...quarantine],
    refreshed: devices.refreshed,
    watched,
  };
}

/** Touched devices whose first record, before or after, is of this block. */
async function firstDevices({
  open,
  before,
  tenant,
  recordNos,
  touched,
}: Scene): Promise<number[]> {
  const firsts = new Map<number, number>();
  for (const db of [before, open]) {
    const { rows } = await db.query<{ device_no: number; first: number }>(
      `select device_no, min(record_no) as first from sync.members
        where tenant = $1 and device_no = any($2::int[]) group by device_no`,
      [tenant, touched.deviceNos],
    );
    for (const { device_no: no, first } of rows) {
      firsts.set(no, Math.min(first, firsts.get(no) ?? first));
    }
  }
  return [...firsts].filter(([, first]) => recordNos.has(first)).map(([no]) => no);
}

async function valueDifferences({
  before,
  tenant,
  recordNos,
  touched,
  open,
}: Scene): Promise<readonly Difference[]> {
  const { values } = touched;
  if (values.length === 0) return [];
  // What was decided stood before; who holds a value is in the index that was mended.
  const old = await tx(before, (look) => readHeldValues(look, tenant, { values, limit: 1 }));
  const held = await readHeldValues(open, tenant, { values, limit: 1 });
  return values
    .filter((value) => recordNos.has(held.get(holderKey(value))?.holders[0] ?? -1))
    .map((value) => ({
      table: "value_states",
      key: value.value,
      before: old.get(holderKey(value))?.state ?? "ok",
      after: value.state,
    }));
}
