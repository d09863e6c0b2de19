/**
 * Plays recorded updates through the real ingest and resolver into a tenant of its own, and tells for every update which
 * device it was published with, right after its batch and after everything.
 *
 * Memory: 20 bytes an update and one text an id; updates themselves are read again where they are needed.
 */
import type { Db } from "../db/pool.ts";
import { tx, type Tx } from "../db/tx.ts";
import { splitEntries } from "../inbox/entries.ts";
import { fence, type Lease } from "../inbox/lease.ts";
import { readAliases } from "../inventory/alias-store.ts";
import { findDevices, readMembers } from "../inventory/device-store.ts";
import type { MemberRow } from "../inventory/member.ts";
import { ok } from "../lib/result.ts";
import { canonicalId, ipRuleInput, type CanonicalId } from "../model/canonical-id.ts";
import { DEFAULT_PARTITION } from "../model/device-update.ts";
import {
  addressOwners,
  firstClaimants,
  type AskedAddress,
  type KnownClaims,
} from "./address-day.ts";
import {
  addEntry,
  newBatch,
  readEntry,
  type Batch,
  type EntryContent,
  type RecordDelta,
} from "./batch.ts";
import { entryContent } from "./chunk-batches.ts";
import { dayOf } from "./day-set.ts";
import { ingest } from "./ingest.ts";
import { KINDS } from "./kind.ts";
import { workDirty } from "./publish-dirty.ts";

/** One line to be played: its number, its text, and the source instance that its batch names. */
export interface ReplayLine {
  readonly i: number;
  readonly text: string;
  readonly instance: string | undefined;
}

/** What became of a line. */
export interface ReplayAnswer {
  readonly i: number;
  readonly id: CanonicalId | null;
  readonly at: CanonicalId | null;
  readonly error?: string;
}

/** An id that leads to another. */
export interface AliasLine {
  readonly from: CanonicalId;
  readonly to: CanonicalId;
}

/** A kept answer: which record said it, with which fingerprint, on which day. */
interface Kept {
  readonly recordNo: Int32Array;
  readonly fingerprint: Float64Array;
  readonly day: Int32Array;
  /** Number of the id in `ids`, 0 where there is none. */
  readonly at: Int32Array;
}

/** Plays lines batch by batch. */
export class Replay {
  readonly #db: Db;
  readonly #lease: Lease;
  readonly #kept: Kept;
  readonly #ids: (CanonicalId | null)[] = [null];
  readonly #numbers = new Map<CanonicalId, number>();
  readonly #errors = new Map<number, string>();
  /** Claims as they are after everything was played. */
  readonly #claims: KnownClaims = new Map();
  /** Ids told of addresses that were nobody's on their day. */
  readonly #byAddress = new Map<CanonicalId, AddressSighting>();

  constructor(db: Db, { lease, lines }: { readonly lease: Lease; readonly lines: number }) {
    this.#db = db;
    this.#lease = lease;
    this.#kept = {
      recordNo: new Int32Array(lines),
      fingerprint: new Float64Array(lines),
      day: new Int32Array(lines),
      at: new Int32Array(lines),
    };
  }

  /** Takes one batch in, publishes all that it changed, and notes what its lines are published with now. */
  async play(lines: readonly ReplayLine[]): Promise<void> {
    const { byInstance, told } = this.#sort(lines);
    await tx(this.#db, async (open) => {
      await fence(open, this.#lease);
      for (const batch of byInstance.values()) {
        const { recordNos } = await ingest(open, this.#lease.tenant, { batch, runNo: 0 });
        for (const { i, delta } of told.filter((line) => line.batch === batch)) {
          this.#kept.recordNo[i] = recordNos.get(delta) ?? 0;
        }
      }
    });
    while ((await workDirty(this.#db, this.#lease)) !== undefined);
    const numbers = told.map(({ i }) => i);
    const ids = await tx(
      this.#db,
      (open) => this.#publishedWith(open, { numbers, known: new Map() }),
      {
        readOnly: true,
      },
    );
    for (const [n, i] of numbers.entries()) this.#kept.at[i] = this.#number(ids[n]);
  }

  #sort(lines: readonly ReplayLine[]): {
    byInstance: Map<string, Batch>;
    told: { i: number; batch: Batch; delta: RecordDelta }[];
  } {
    const byInstance = new Map<string, Batch>();
    const told: { i: number; batch: Batch; delta: RecordDelta }[] = [];
    for (const { i, text, instance } of lines) {
      const read = readEntry(text, { attribute: attribution(instance), receivedMs: 0 });
      if (!read.ok) {
        this.#errors.set(i, read.error);
        continue;
      }
      const { name, observation } = read.value;
      const batch = byInstance.get(name.instance) ?? newBatch();
      byInstance.set(name.instance, batch);
      told.push({ i, batch, delta: addEntry(batch, read.value, contentOf(text)) });
      this.#kept.fingerprint[i] = observation.fingerprint;
      this.#kept.day[i] = dayOf(observation.timeMs);
    }
    return { byInstance, told };
  }

  /** Answers for a range of lines, in order, after everything was played. */
  async answers(from: number, until: number): Promise<readonly ReplayAnswer[]> {
    const numbers = Array.from({ length: until - from }, (_, n) => from + n);
    const ids = await tx(
      this.#db,
      (open) => this.#publishedWith(open, { numbers, known: this.#claims }),
      {
        readOnly: true,
      },
    );
    return numbers.map((i, n) => {
      const error = this.#errors.get(i);
      if (error !== undefined) return { i, id: null, at: null, error };
      return { i, id: ids[n] ?? null, at: this.#ids[this.#kept.at[i] ?? 0] ?? null };
    });
  }

  /** Every id that was told and is no longer a device's own, and the id that it leads to. */
  async aliases(): Promise<readonly AliasLine[]> {
    return await tx(this.#db, async (open) => {
      const published = await readAliases(open, this.#lease.tenant);
      return [...published, ...(await this.#unpublished(open, published))];
    });
  }

  /** An address that nobody claimed on a line's day has an id by rule, published or not: it leads to who claimed it first. */
  async #unpublished(
    open: Tx,
    published: readonly { readonly from: CanonicalId }[],
  ): Promise<readonly AliasLine[]> {
    const { tenant } = this.#lease;
    const known = new Set(published.map(({ from }) => from));
    const told = [...this.#byAddress].filter(([id]) => !known.has(id));
    const own = await findDevices(open, tenant, { deviceNos: [], ids: told.map(([id]) => id) });
    const owned = new Set(own.values());
    const asked = told.filter(([id]) => !owned.has(id));
    const first = await firstClaimants(
      open,
      tenant,
      asked.map(([, sighting]) => sighting),
    );
    const deviceNos = [...new Set(first.filter((no) => no !== undefined))];
    const devices = await findDevices(open, tenant, { deviceNos, ids: [] });
    return asked.flatMap(([from], i) => {
      const to = devices.get(first[i] ?? -1);
      return to === undefined ? [] : [{ from, to }];
    });
  }

  #number(id: CanonicalId | null | undefined): number {
    if (id == null) return 0;
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    this.#numbers.set(id, this.#ids.length);
    return this.#ids.push(id) - 1;
  }

  /** Ids that lines are published with at this moment. A sighting of an address belongs to whose it was on its day. */
  async #publishedWith(
    open: Tx,
    { numbers, known }: { readonly numbers: readonly number[]; readonly known: KnownClaims },
  ): Promise<readonly (CanonicalId | null)[]> {
    const { tenant } = this.#lease;
    const recordNos = [...new Set(numbers.map((i) => this.#kept.recordNo[i] ?? 0))].filter(
      (no) => no > 0,
    );
    const members = new Map(
      (await readMembers(open, tenant, recordNos)).map((row) => [memberKey(row), row.deviceNo]),
    );
    const sightings = await readSightings(open, tenant, recordNos);
    const asked = numbers.flatMap((i): (AskedAddress & { readonly i: number })[] => {
      const sighting = sightings.get(this.#kept.recordNo[i] ?? 0);
      return sighting === undefined ? [] : [{ i, ...sighting, day: this.#kept.day[i] ?? 0 }];
    });
    const owners = await addressOwners(open, tenant, { asked, known });
    const ownerOf = new Map(asked.map(({ i }, n) => [i, owners[n]]));
    const deviceNos = [
      ...new Set([...members.values(), ...owners.filter((no) => no !== undefined)]),
    ];
    const devices = await findDevices(open, tenant, { deviceNos, ids: [] });
    return numbers.map((i) => {
      const recordNo = this.#kept.recordNo[i] ?? 0;
      const sighting = sightings.get(recordNo);
      if (sighting !== undefined) {
        return this.#addressId(sighting, devices.get(ownerOf.get(i) ?? -1));
      }
      const fingerprint = this.#kept.fingerprint[i] ?? 0;
      const deviceNo = members.get(`${recordNo} ${fingerprint}`) ?? members.get(`${recordNo} 0`);
      return devices.get(deviceNo ?? -1) ?? null;
    });
  }

  #addressId(sighting: AddressSighting, owner: CanonicalId | undefined): CanonicalId | null {
    const { partition, address } = sighting;
    const input = ipRuleInput(partition, address);
    if (owner !== undefined || input === undefined) return owner ?? null;
    const id = canonicalId(input);
    this.#byAddress.set(id, sighting);
    return id;
  }
}

/** Decisions 5: the line's own partition, and the batch's instance, else its metadata's, else its source's name. */
function attribution(instance: string | undefined): Parameters<typeof readEntry>[1]["attribute"] {
  return (update) =>
    ok({
      instance: instance ?? update.metadata["sync_service_id"] ?? update.source,
      sourceType: update.source,
      partition: update.partition ?? DEFAULT_PARTITION,
    });
}

/** The entry without its volatile members, as the inbox cuts it. */
function contentOf(text: string): EntryContent {
  const cut = splitEntries(Buffer.from(`[${text}]`));
  const content = cut.ok ? cut.value[0]?.content : undefined;
  return entryContent(content ?? Buffer.from(text).toString("latin1"));
}

function memberKey({ recordNo, fingerprint }: MemberRow): string {
  return `${recordNo} ${fingerprint}`;
}

type AddressSighting = Omit<AskedAddress, "day"> & { readonly partition: string };

async function readSightings(
  open: Tx,
  tenant: number,
  recordNos: readonly number[],
): Promise<ReadonlyMap<number, AddressSighting>> {
  const { rows } = await open.query<{
    record_no: number;
    partition_no: number;
    name: string;
    native: string;
  }>(
    `select r.record_no, r.partition_no, p.name, r.native from sync.records r join sync.partitions p using (tenant, partition_no)
      where r.tenant = $1 and r.record_no = any($2::int[]) and r.kind = $3`,
    [tenant, recordNos, KINDS.address],
  );
  return new Map(
    rows.map((row) => [
      row.record_no,
      { partitionNo: row.partition_no, partition: row.name, address: row.native },
    ]),
  );
}
