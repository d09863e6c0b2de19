/**
 * Recomputes what a run's row says from what is stored: hashes and entries of its chunks in the ledger, the evidence of its batches,
 * the records and devices themselves. Reads only; in a snapshot everything agrees or something is missing.
 */
import type { Tx } from "../db/tx.ts";
import { arrivedOf, type RunKey } from "../inbox/run-store.ts";
import { digestOf } from "./run-close.ts";

/** One thing that was looked at. */
export interface Finding {
  readonly check: string;
  readonly isRight: boolean;
  /** What was found, or exactly what is missing. */
  readonly detail: string;
}

type Row = RunKey & {
  readonly runNo: number;
  readonly partitionNo: number;
  readonly outcome: string;
  readonly errorMessage: string | undefined;
  readonly manifest: { readonly chunks: number; readonly devices: number } | undefined;
  readonly chunksSha256: Buffer | undefined;
  readonly created: number;
  readonly changed: number;
  readonly rejected: number;
  readonly rejectedBy: number;
  /** Over all sources of the agent's run. */
  readonly entries: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
};

/** Everything that can be checked of a run. */
export async function verifyRun(
  tx: Tx,
  tenant: number,
  runNo: number,
): Promise<readonly Finding[]> {
  const run = await readRun(tx, tenant, runNo);
  if (run === undefined) return [];
  return [
    finding("outcome", run.outcome === "success", {
      right: "the run ended with success",
      wrong: `the run is ${run.outcome}${run.errorMessage === undefined ? "" : `: ${run.errorMessage}`}`,
    }),
    await checkInbox(tx, tenant, run),
    ...(await checkChunks(tx, tenant, run)),
    ...(await checkEvidence(tx, tenant, run)),
  ];
}

type Words = { readonly right: string; readonly wrong: string };

function finding(check: string, isRight: boolean, { right, wrong }: Words): Finding {
  return { check, isRight, detail: isRight ? right : wrong };
}

async function readRun(tx: Tx, tenant: number, runNo: number): Promise<Row | undefined> {
  const { rows } = await tx.query<{
    agent_id: string;
    run_id: string;
    instance_no: number;
    partition_no: number;
    outcome: string;
    error_message: string | null;
    manifest: { chunks: number; devices: number } | null;
    chunks_sha256: Buffer | null;
    created: number;
    changed: number;
    rejected: number;
    rejected_by: Record<string, number>;
    entries: number;
    first_seq: number;
    last_seq: number;
  }>(
    `select agent_id, run_id, instance_no, partition_no, outcome, error_message, manifest, chunks_sha256, created, changed,
            rejected, rejected_by, first_seq, last_seq,
            (select sum(entries) from sync.runs a
              where a.tenant = r.tenant and a.agent_id = r.agent_id and a.run_id = r.run_id) as entries
       from sync.runs r where tenant = $1 and run_no = $2`,
    [tenant, runNo],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    runNo,
    agentId: row.agent_id,
    runId: row.run_id,
    instanceNo: row.instance_no,
    partitionNo: row.partition_no,
    outcome: row.outcome,
    errorMessage: row.error_message ?? undefined,
    manifest: row.manifest ?? undefined,
    chunksSha256: row.chunks_sha256 ?? undefined,
    created: row.created,
    changed: row.changed,
    rejected: row.rejected,
    rejectedBy: Object.values(row.rejected_by).reduce((sum, count) => sum + count, 0),
    entries: row.entries,
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
  };
}

async function checkInbox(tx: Tx, tenant: number, { agentId, runId }: Row): Promise<Finding> {
  const { rows } = await tx.query<{ waiting: number; parked: number }>(
    `select count(*) filter (where parked_reason is null) as waiting,
            count(*) filter (where parked_reason is not null) as parked
       from sync.inbox where tenant = $1 and agent_id = $2 and run_id = $3`,
    [tenant, agentId, runId],
  );
  const { waiting = 0, parked = 0 } = rows[0] ?? {};
  return finding("inbox", waiting + parked === 0, {
    right: "none of its chunks waits",
    wrong: `${waiting} of its chunks wait, ${parked} are parked`,
  });
}

async function checkChunks(tx: Tx, tenant: number, run: Row): Promise<readonly Finding[]> {
  const { digests, entries } = await arrivedOf(tx, tenant, run);
  const { manifest, chunksSha256 } = run;
  const sorted = [...digests].toSorted(([a], [b]) => a - b);
  const gap = sorted.findIndex(([index], i) => index !== i);
  const wanted = manifest?.chunks ?? digests.size;
  if (digests.size === 0 && run.entries > 0) {
    const detail = "the hashes of its chunks are no longer kept (retention run_history_days)";
    return [{ check: "chunks", isRight: false, detail }];
  }
  const hashes =
    chunksSha256 === undefined || digestOf(sorted.map(([, hash]) => hash)).equals(chunksSha256);
  const devices = manifest?.devices ?? entries;
  return [
    finding("chunks", gap === -1 && digests.size === wanted, {
      right: `all ${wanted} chunks are in the ledger and were worked`,
      wrong: `${digests.size} of ${wanted} chunks were worked${gap === -1 ? "" : `; chunk ${gap} is missing`}`,
    }),
    finding("hashes", hashes, {
      right:
        manifest === undefined
          ? "the agent lists no hashes"
          : "their hashes are those that the agent lists",
      wrong: "their hashes are not those that the agent lists",
    }),
    finding("entries", entries === devices && entries === run.entries, {
      right: `${entries} entries, counted by chunk, by batch and by the agent`,
      wrong: `${entries} entries by chunk, ${run.entries} by batch, ${devices} by the agent`,
    }),
  ];
}

async function checkEvidence(tx: Tx, tenant: number, run: Row): Promise<readonly Finding[]> {
  const place = [tenant, run.instanceNo, run.runNo, run.firstSeq, run.lastSeq];
  const { rows } = await tx.query<{
    batches: number;
    created: number;
    changed: number;
    seen: string | null;
  }>(
    `select count(*) as batches, coalesce(sum((select sum(upper(r) - lower(r)) from unnest(created) r)), 0) as created,
            coalesce(sum((select sum(upper(r) - lower(r)) from unnest(changed) r)), 0) as changed,
            range_agg(created + changed + unchanged)::text as seen
       from sync.run_seen where tenant = $1 and instance_no = $2 and run_no = $3 and seq between $4 and $5`,
    place,
  );
  const { batches = 0, created = 0, changed = 0, seen } = rows[0] ?? {};
  if (batches === 0 && run.created + run.changed > 0) {
    const detail = "the evidence of what it saw is no longer kept (retention journal_days)";
    return [{ check: "evidence", isRight: false, detail }];
  }
  return [
    finding(
      "counters",
      [created, changed, run.rejectedBy].join() === [run.created, run.changed, run.rejected].join(),
      {
        right: `${created} new and ${changed} changed records, ${run.rejected} entries rejected`,
        wrong: `by evidence ${created} new, ${changed} changed, ${run.rejectedBy} rejected; the run says ${run.created}, ${run.changed}, ${run.rejected}`,
      },
    ),
    ...(await checkRecords(tx, tenant, { run, seen: seen ?? "{}" })),
  ];
}

async function checkRecords(
  tx: Tx,
  tenant: number,
  { run, seen }: { readonly run: Row; readonly seen: string },
): Promise<readonly Finding[]> {
  const { rows } = await tx.query<{
    seen: number;
    lost: number;
    foreign_records: number;
    unpublished: number;
    held: number;
    homeless: number;
    taken_back: number;
  }>(
    `with taken_back as materialized (
       select e.record_no as no from sync.run_undos u join sync.undo_records e using (tenant, undo_no)
        where u.tenant = $1 and u.run_no = $5 and u.state in ('reversing', 'done') and e.result = 'reversed' and e.reason = 'removed'),
     everything as (select no from unnest($2::int4multirange) m cross join generate_series(lower(m), upper(m) - 1) no),
     seen as (select no from everything where not exists (select from taken_back t where t.no = everything.no)),
     dirty as (select range_agg(records) as records from sync.dirty where tenant = $1),
     holds as (select range_agg(records) as records from sync.holds where tenant = $1 and ended_at is null)
     select count(*) as seen, (select count(*) from taken_back) as taken_back,
            count(*) filter (where r.record_no is null) as lost,
            count(*) filter (where (r.instance_no, r.partition_no) is distinct from ($3, $4) and r.record_no is not null) as foreign_records,
            count(*) filter (where dirty.records @> seen.no) as unpublished,
            count(*) filter (where holds.records @> seen.no) as held,
            count(*) filter (where r.record_no is not null and dirty.records @> seen.no is not true
                               and holds.records @> seen.no is not true and not exists (
              select from sync.members m join sync.devices d using (tenant, device_no)
               where m.tenant = $1 and m.record_no = seen.no)) as homeless
       from seen cross join dirty cross join holds left join sync.records r on r.tenant = $1 and r.record_no = seen.no`,
    [tenant, seen, run.instanceNo, run.partitionNo, run.runNo],
  );
  const [row] = rows;
  const count = row?.seen ?? 0;
  const [lost, foreign] = [row?.lost ?? 0, row?.foreign_records ?? 0];
  const [unpublished, homeless, held] = [row?.unpublished ?? 0, row?.homeless ?? 0, row?.held ?? 0];
  const taken = row?.taken_back ?? 0;
  const butTaken = taken === 0 ? "" : `, but for ${taken} that went when it was undone`;
  // What somebody has to decide is stored and complete, whichever run it was that is held.
  const butHeld = held === 0 ? "" : `, but for ${held} that wait for a decision (dire held list)`;
  return [
    finding("records", lost + foreign === 0, {
      right: `all ${count + taken} records that it saw are there${butTaken}`,
      wrong: `of ${count} records that it saw ${lost} are gone, ${foreign} belong to another source or partition by now`,
    }),
    finding("devices", unpublished + homeless === 0, {
      right: `each of them is published with a device${butHeld}`,
      wrong: `${unpublished} of them are not published yet, ${homeless} have no device`,
    }),
  ];
}
