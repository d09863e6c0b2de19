/**
 * The recalls of one process, by tenant, and how they are read from the database. Bounded: what does not fit is not held, and then
 * every entry is read.
 */
import type { Tx } from "../db/tx.ts";
import type { Fenced } from "../inbox/lease.ts";
import { readNames } from "./numbers.ts";
import { Recall } from "./recall.ts";
import { readSaid } from "./said-store.ts";

/** Records in mind at a time, of all tenants: 21 to 43 bytes each, so 86 MB at most. */
const RECORDS_MAX = 2_000_000;
/** New records at hand at a time, of all tenants: about 150 MB. */
const FRESH_MAX = 50_000;
/** Records read at a time, so that the driver holds few rows. */
const PAGE = 50_000;
/**
 * What reading one record's digest costs of reading one entry (measured 2 of 70 us): the digests are read once the entries that
 * were read for want of them have cost as much.
 */
const READ_COST = 1 / 35;
/**
 * What reading back all that a record says costs of what knowing it spares a new one: 12 of 85 us of this process (40,500 records), and
 * what the database spends, which was not measured, is taken to be as much. It is read once the records that were taken in without it have cost that.
 */
const SAID_COST = 1 / 4;

type Held = {
  readonly recall: Recall;
  /** Number of the next batch when it was last right, and of take-overs. */
  nextSeq: number;
  readonly takeOvers: number;
};

/** Recalls by tenant; several loops of a process may share them, since a tenant's row is locked while its recall is used. */
export class Recalls {
  /** The longest unused first. */
  readonly #held = new Map<number, Held>();
  /** Entries by tenant that were read and said nothing new, since there is no recall. */
  readonly #missed = new Map<number, number>();
  /** New records by tenant that were taken in since it was not known what the others say. */
  readonly #createdBlindly = new Map<number, number>();

  /**
   * The tenant's recall, inside the transaction that has fenced it; undefined where there is none worth having yet. `coming`: entries
   * that are to be taken in now.
   */
  async open(
    tx: Tx,
    tenant: number,
    of: Fenced & { coming?: number },
  ): Promise<Recall | undefined> {
    const { coming = 0, ...fenced } = of;
    const known = this.held(tenant, fenced);
    this.#held.delete(tenant);
    const records = fenced.nextRecordNo - 1;
    if (records > RECORDS_MAX) return undefined;
    const isWholeWorth = this.#isWholeWorth(tenant, { ...fenced, coming });
    const isWorth = (this.#missed.get(tenant) ?? 0) >= records * READ_COST;
    if (known === undefined && !isWorth && !isWholeWorth) return undefined;
    const recall = known ?? (await readRecall(tx, tenant));
    if (known === undefined) this.#missed.delete(tenant);
    if (isWholeWorth && !recall.isWhole) {
      this.#createdBlindly.delete(tenant);
      await readSaid(tx, tenant, recall);
    }
    this.#held.set(tenant, { recall, ...fenced });
    return recall;
  }

  /**
   * Whether to read back what all records say. Only where nobody but workers ever wrote any: then there is no device, nor anything decided of
   * a value, of which no record tells. Of more entries than there are records some are new ones.
   */
  #isWholeWorth(
    tenant: number,
    { takeOvers, nextRecordNo, coming }: Fenced & { readonly coming: number },
  ): boolean {
    const records = nextRecordNo - 1;
    const created = this.#createdBlindly.get(tenant) ?? 0;
    const isPaid = created + Math.max(0, coming - records) >= records * SAID_COST;
    return records === 0 || (takeOvers === 0 && isPaid);
  }

  /** The tenant's recall as it is, inside the transaction that has fenced it; undefined where there is none, or it is not right. */
  held(tenant: number, { nextSeq, takeOvers }: Fenced): Recall | undefined {
    const held = this.#held.get(tenant);
    return held?.nextSeq === nextSeq && held.takeOvers === takeOvers ? held.recall : undefined;
  }

  /** The transaction is about to commit: from now on the recall is right for this number of the next batch. */
  keep(tenant: number, { nextSeq }: Pick<Fenced, "nextSeq">): void {
    const held = this.#held.get(tenant);
    if (held !== undefined) held.nextSeq = nextSeq;
    this.#boundFresh();
    let size = 0;
    for (const { recall } of this.#held.values()) size += recall.size;
    for (const [oldest, { recall }] of this.#held) {
      if (size <= RECORDS_MAX) return;
      size -= recall.size;
      this.#held.delete(oldest);
    }
  }

  #boundFresh(): void {
    let fresh = 0;
    for (const { recall } of this.#held.values()) fresh += recall.freshSize;
    for (const { recall } of this.#held.values()) {
      if (fresh <= FRESH_MAX) return;
      fresh -= recall.freshSize;
      recall.dropAllFresh();
    }
  }

  /** The transaction failed, or its end is not known: what was noted in it may not be so. */
  forget(tenant: number): void {
    this.#held.delete(tenant);
  }

  /** Counts entries that a recall would have spared. */
  miss(tenant: number, entries: number): void {
    this.#missed.set(tenant, (this.#missed.get(tenant) ?? 0) + entries);
  }

  /** Counts new records that were taken in without knowing what the others say. */
  createdBlindly(tenant: number, records: number): void {
    this.#createdBlindly.set(tenant, (this.#createdBlindly.get(tenant) ?? 0) + records);
  }
}

async function readRecall(tx: Tx, tenant: number): Promise<Recall> {
  const { instances, partitions } = await readNames(tx, tenant);
  const recall = new Recall();
  for (let after: number | undefined = 0; after !== undefined;) {
    const { rows }: { rows: readonly DigestRow[] } = await tx.query<DigestRow>(
      `select record_no, instance_no, partition_no, content_hash, content_check, current_at from sync.records
        where tenant = $1 and record_no > $2 order by record_no limit $3`,
      [tenant, after, PAGE],
    );
    for (const row of rows) {
      recall.note({
        name: {
          instance: instances.get(row.instance_no) ?? "",
          partition: partitions.get(row.partition_no) ?? "",
        },
        instanceNo: row.instance_no,
        partitionNo: row.partition_no,
        recordNo: row.record_no,
        content: { hash: row.content_hash, check: row.content_check, lastMs: row.current_at },
      });
    }
    after = rows.length < PAGE ? undefined : rows.at(-1)?.record_no;
  }
  return recall;
}

type DigestRow = {
  readonly record_no: number;
  readonly instance_no: number;
  readonly partition_no: number;
  readonly content_hash: number;
  readonly content_check: number;
  readonly current_at: number;
};

/** The number of the next batch as the open transaction leaves it. */
export async function nextSeqOf(tx: Tx, tenant: number): Promise<number> {
  const { rows } = await tx.query<{ next_seq: number }>(
    "select next_seq from sync.tenant_ingest where tenant = $1",
    [tenant],
  );
  return rows[0]?.next_seq ?? 0;
}
