import type { Tx } from "../db/tx.ts";
import { readRetention } from "../inbox/retention-store.ts";
import { writeRetraction } from "../inbox/retraction-store.ts";
import { isGuarded } from "./absence.ts";
import { takeNumbers } from "./numbers.ts";
import { parseRecords, sizeOf } from "./record-set.ts";

/** A retraction that retires what a source had in one partition. */
export interface SourceRetraction {
  readonly retractionNo: number;
  readonly records: number;
  readonly isHeld: boolean;
}

/**
 * Retires all records of a source, in the transaction that deletes it, unless the guard holds them. The worker does it, in bounded
 * steps.
 */
export async function retireSource(
  open: Tx,
  tenant: number,
  instance: string,
): Promise<readonly SourceRetraction[]> {
  const { rows } = await open.query<{
    instance_no: number;
    partition_no: number;
    present: string;
  }>(
    `select r.instance_no, r.partition_no, r.present::text as present
       from sync.instance_records r join sync.instances i using (tenant, instance_no)
      where r.tenant = $1 and i.name = $2 and not isempty(r.present) order by r.partition_no`,
    [tenant, instance],
  );
  const { guard_records: records, guard_percent: percent } = await readRetention(open, tenant);
  const retractions: SourceRetraction[] = [];
  for (const { instance_no: instanceNo, partition_no: partitionNo, present } of rows) {
    const wanted = sizeOf(parseRecords(present));
    const isHeld = isGuarded(wanted, wanted, { records, percent });
    const retractionNo = await takeNumbers(open, tenant, { what: "retraction", count: 1 });
    await writeRetraction(open, tenant, {
      retractionNo,
      runNo: 0,
      instanceNo,
      partitionNo,
      reason: "source_deleted",
      state: isHeld ? "held" : "due",
      records: present,
      wanted,
      present: wanted,
    });
    retractions.push({ retractionNo, records: wanted, isHeld });
  }
  return retractions;
}
