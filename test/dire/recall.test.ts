/** What is recognised by its bytes is not read, and all is as if it had been. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import type { Db } from "../../src/db/pool.ts";
import { tx } from "../../src/db/tx.ts";
import { contentDigest } from "../../src/dire/content-digest.ts";
import { ContentTable } from "../../src/dire/content-table.ts";
import { loadRecords } from "../../src/dire/load-state.ts";
import { Recalls } from "../../src/dire/recall-store.ts";
import { Recall } from "../../src/dire/recall.ts";
import { recogniser } from "../../src/dire/recognise.ts";
import { allAddresses, allVersions } from "../../src/dire/record-state.ts";
import { takeRepeated } from "../../src/dire/take-repeated.ts";
import { workChunks } from "../../src/dire/work.ts";
import { splitEntries } from "../../src/inbox/entries.ts";
import { putChunk, type ArrivedChunk } from "../../src/inbox/inbox.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import { freshDatabase } from "../support/database.ts";
import { answer, newTenant, settle } from "../support/dire.ts";

const START_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
const AGENT = "agent-1";
const SOURCE = "0e6c3f2a-0000-4000-8000-000000000001";
const OTHER = "0e6c3f2a-0000-4000-8000-000000000002";
const SENDER = {
  agentId: AGENT,
  partition: "default",
  sources: [SOURCE, OTHER].map((serviceId) => ({ serviceId, type: "netbox", enabled: true })),
};

/** Enough that a run's sightings share a row, which fewer than 16 do not. */
const DEVICES = 20;
const device = fc.nat({ max: DEVICES - 1 });
/** What is unlike the rest in one chunk: another content, listed twice, gone, or said by or of somebody else. */
const odd = fc.record({
  device,
  how: fc.constantFrom("renamed", "moved", "twice", "deleted", "foreign", "elsewhere", "garbled"),
});
const chunk = fc.record({
  /** Mostly later than the one before, now and then out of order. */
  hour: fc.nat({ max: 60 }),
  source: fc.constantFrom(SOURCE, SOURCE, OTHER),
  missing: fc.uniqueArray(device, { maxLength: 3 }),
  odds: fc.array(odd, { maxLength: 3 }),
  isAlone: fc.boolean(),
});
type Chunk = typeof chunk extends fc.Arbitrary<infer T> ? T : never;

function messageOf({ hour, source, missing, odds }: Chunk, runId: string): Buffer {
  const timestamp = new Date(START_MS + hour * HOUR_MS).toISOString();
  const texts = Array.from({ length: DEVICES }, (_, no) => no)
    .filter((no) => !missing.includes(no))
    .map((no) => textOf(no, timestamp, serialIn(source, no)));
  for (const { device: no, how } of odds) texts.push(oddText(no, { how, timestamp, source }));
  const meta = { sync_service_id: source, sync_run_id: runId, chunk_index: 0 };
  const [first = "{}", ...rest] = texts;
  return Buffer.from(
    `[{"sync_meta":${JSON.stringify(meta)},${first.slice(1)}${rest.map((text) => `,${text}`).join("")}]`,
  );
}

/** What the other source calls by the same id is now and then another machine. */
function serialIn(source: string, no: number): object {
  const metadata = { netbox_device_id: `${no}`, serial: `SN-88${no}` };
  return source === OTHER && no % 3 === 0 ? { metadata } : {};
}

function textOf(no: number, timestamp: string, extra: object = {}): string {
  const metadata = { netbox_device_id: `${no}`, serial: `SN-77${no}` };
  const hostname = `hôst-${no}`;
  return JSON.stringify({
    source: "netbox",
    hostname,
    ip: `10.0.0.${no}`,
    timestamp,
    metadata,
    ...extra,
  });
}

type Odd = { readonly how: string; readonly timestamp: string; readonly source: string };

function oddText(no: number, { how, timestamp, source }: Odd): string {
  const metadata = { netbox_device_id: `${no}`, serial: `SN-77${no}` };
  const other = { ...metadata, sync_service_id: source === SOURCE ? OTHER : SOURCE };
  const extras: Readonly<Record<string, object>> = {
    renamed: { hostname: `other-${no}` },
    moved: { ip: `10.0.1.${no}` },
    deleted: { metadata: { ...metadata, _deleted: "true" } },
    foreign: { agent_id: "agent-2" },
    elsewhere: { metadata: other },
  };
  return textOf(no, how === "garbled" ? "yesterday" : timestamp, extras[how] ?? {});
}

const plain: Omit<Chunk, "hour"> = { source: SOURCE, missing: [], odds: [], isAlone: true };
type Play = {
  readonly lease: Lease;
  readonly chunks: readonly Chunk[];
  readonly recalls?: Recalls;
  /** Chunks are sorted while those before them are written. */
  readonly isAhead?: boolean;
  /** Chunks that stand alone are first tried without the inbox. */
  readonly isOffering?: boolean;
};

type Offered = { readonly arrived: ArrivedChunk; readonly recalls: Recalls | undefined };

/** As the gateway does when nobody works the tenant. */
async function offer(
  db: Db,
  { tenant }: Lease,
  { arrived, recalls = new Recalls() }: Offered,
): Promise<boolean> {
  await db.query("update sync.tenant_ingest set lease_until = '-infinity' where tenant = $1", [
    tenant,
  ]);
  return (await takeRepeated(db, tenant, { chunk: arrived, recalls })) !== undefined;
}

/** Works chunks one by one, or several in one transaction. */
async function play(db: Db, { lease, chunks, recalls, isAhead, isOffering }: Play): Promise<void> {
  const how = { limit: 10, recalls, ...(isAhead === true ? { concurrency: 3, readMax: 1 } : {}) };
  for (const [i, each] of chunks.entries()) {
    const runId = each.isAlone ? `run-${i}` : "run";
    const key = { agentId: AGENT, runId, chunkIndex: i, sender: SENDER };
    const arrived = { ...key, message: messageOf(each, runId) };
    const isOffered = isOffering === true && each.isAlone;
    if (isOffered && (await offer(db, lease, { arrived, recalls }))) continue;
    await putChunk(db, lease.tenant, { ...arrived, chunksMax: 1_000 });
    const isLast = i === chunks.length - 1;
    if (!each.isAlone && !isLast) continue;
    while ((await workChunks(db, lease, how)) !== undefined);
    await settle(db, lease, { recalls });
  }
}

const TABLES = [
  "records",
  "record_versions",
  "record_addresses",
  "record_deletions",
  "facts",
  "run_seen",
  "run_journal",
  "instance_records",
];
const COUNTERS =
  "entries, created, changed, unchanged, rejected, retracted, event_at, first_seq, last_seq, rejected_by::text";

/** Sightings may lie in other rows; what they amount to is the same. */
async function livesOf(db: Db, { tenant }: Lease): Promise<unknown> {
  const { rows } = await db.query<{ no: number }>(
    "select record_no as no from sync.records where tenant = $1 order by 1",
    [tenant],
  );
  const numbers = rows.map(({ no }) => no);
  const loaded = await tx(db, (open) => loadRecords(open, tenant, numbers));
  return numbers.map((no) => loaded.get(no)?.state);
}

/** What is known of each record, whether inline or as history: that depends on what came together. */
async function knownOf(db: Db, { tenant }: Lease): Promise<unknown> {
  const { rows } = await db.query<{ no: number; native: string }>(
    "select record_no as no, native from sync.records where tenant = $1 order by native, instance_no",
    [tenant],
  );
  const loaded = await tx(db, (open) =>
    loadRecords(
      open,
      tenant,
      rows.map(({ no }) => no),
    ),
  );
  return rows.map(({ no, native }) => {
    const state = loaded.get(no)?.state;
    if (state === undefined) return native;
    const [versions, addresses] = [allVersions(state), allAddresses(state)];
    return [native, state.content.hash, new Map(versions), addresses];
  });
}

async function stateOf(db: Db, lease: Lease): Promise<unknown> {
  const { tenant } = lease;
  const state: unknown[] = [];
  for (const table of TABLES) {
    const { rows } = await db.query<{ row: string }>(
      `select (to_jsonb(t) - 'tenant')::text as row from sync.${table} t where tenant = $1 order by 1`,
      [tenant],
    );
    state.push([table, rows.map(({ row }) => row)]);
  }
  const { rows } = await db.query(
    `select ${COUNTERS} from sync.runs where tenant = $1 order by run_no`,
    [tenant],
  );
  return [...state, rows, await livesOf(db, lease), await answer(db, lease)];
}

test("whatever chunks say, what a process has in mind leaves the state and the inventory that reading leaves", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { minLength: 2, maxLength: 6 }), async (chunks) => {
      const [read, recognised] = [await newTenant(db), await newTenant(db)];
      const offered = await newTenant(db);
      await play(db, { lease: read, chunks });
      await play(db, { lease: recognised, chunks, recalls: new Recalls() });
      await play(db, { lease: offered, chunks, recalls: new Recalls(), isOffering: true });
      assert.deepEqual(await stateOf(db, recognised), await stateOf(db, read));
      assert.deepEqual(await stateOf(db, offered), await stateOf(db, read));
    }),
    { numRuns: 14 },
  );
});

test("a chunk that only repeats is worked as it arrives, once, and never before one that waits or while somebody works", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const recalls = new Recalls();
  const chunkOf = (index: number, odds: Chunk["odds"] = []): ArrivedChunk => {
    const message = messageOf({ ...plain, hour: index, odds }, "run");
    return { agentId: AGENT, runId: "run", chunkIndex: index, sender: SENDER, message };
  };
  const isTaken = (arrived: ArrivedChunk): Promise<boolean> =>
    offer(db, lease, { arrived, recalls });
  const put = (arrived: ArrivedChunk): Promise<string> =>
    putChunk(db, lease.tenant, { ...arrived, chunksMax: 10 });
  assert.equal(await isTaken(chunkOf(0)), false, "nothing is known yet");
  await put(chunkOf(0));
  assert.equal(await isTaken(chunkOf(1)), false, "a chunk waits before it");
  await workChunks(db, lease, { limit: 10, recalls });
  const held = await takeRepeated(db, lease.tenant, { chunk: chunkOf(1), recalls });
  assert.equal(held, undefined, "somebody works the tenant");
  assert.equal(
    await isTaken(chunkOf(1, [{ device: 3, how: "renamed" }])),
    false,
    "it says something new",
  );
  assert.equal(await isTaken(chunkOf(1)), true);
  assert.equal(await isTaken(chunkOf(1)), false, "it was taken before");
  assert.equal(await put(chunkOf(1)), "known");
  assert.equal(await put(chunkOf(1, [{ device: 3, how: "renamed" }])), "conflict");
  const { rows } = await db.query(
    `select chunks, entries, created, unchanged,
            (select array_agg(entries order by chunk_index) from sync.ledger where worked_at is not null) as worked
       from sync.runs`,
  );
  const counted = { chunks: 2, entries: 2 * DEVICES, created: DEVICES, unchanged: DEVICES };
  assert.deepEqual(rows, [{ ...counted, worked: [DEVICES, DEVICES] }]);
});

test("what others wrote meanwhile is read anew", async (t) => {
  const { db } = await freshDatabase(t);
  const recalls = new Recalls();
  const renamed = { ...plain, odds: [{ device: 3, how: "renamed" as const }] };
  const [one, both] = [await newTenant(db), await newTenant(db)];
  await play(db, { lease: one, chunks: [{ ...plain, hour: 0 }], recalls });
  await play(db, { lease: both, chunks: [{ ...plain, hour: 0 }] });
  const later = [
    { ...renamed, hour: 1 },
    { ...plain, hour: 2 },
  ];
  // Another process works the first of them, and this one still has in mind how it was before.
  for (const [i, each] of later.entries()) {
    for (const [lease, mind] of [
      [one, i === 0 ? undefined : recalls],
      [both, undefined],
    ] as const) {
      const runId = `later-${i}`;
      const key = { agentId: AGENT, runId, chunkIndex: 0, sender: SENDER };
      await putChunk(db, lease.tenant, { ...key, message: messageOf(each, runId), chunksMax: 10 });
      await workChunks(db, lease, { limit: 10, recalls: mind });
    }
  }
  assert.deepEqual(await stateOf(db, one), await stateOf(db, both));
});

test("chunks that are sorted while others are written leave what they leave one by one", async (t) => {
  const { db } = await freshDatabase(t);
  const together = chunk.map((each) => ({ ...each, isAlone: false }));
  await fc.assert(
    fc.asyncProperty(fc.array(together, { minLength: 3, maxLength: 6 }), async (later) => {
      const [alone, ahead] = [await newTenant(db), await newTenant(db)];
      const chunks = [{ ...plain, hour: 0 }, ...later];
      await play(db, { lease: alone, chunks: chunks.map((each) => ({ ...each, isAlone: true })) });
      await play(db, { lease: ahead, chunks, recalls: new Recalls(), isAhead: true });
      assert.deepEqual(await knownOf(db, ahead), await knownOf(db, alone));
      assert.deepEqual(await answer(db, ahead), await answer(db, alone));
    }),
    { numRuns: 6 },
  );
});

test("what a transaction that failed had noted is forgotten", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const recalls = new Recalls();
  await play(db, { lease, chunks: [{ ...plain, hour: 0 }], recalls });
  const key = { agentId: AGENT, runId: "next", chunkIndex: 0, sender: SENDER };
  const message = messageOf({ ...plain, hour: 1, odds: [{ device: 3, how: "renamed" }] }, "next");
  await putChunk(db, lease.tenant, { ...key, message, chunksMax: 10 });
  // The last statement of the batch fails after everything was written and noted.
  await db.query(
    "alter table sync.ledger add constraint fails check (worked_at is null or run_id <> 'next') not valid",
  );
  await assert.rejects(workChunks(db, lease, { limit: 10, recalls }));
  await db.query("alter table sync.ledger drop constraint fails");
  assert.equal((await workChunks(db, lease, { limit: 10, recalls }))?.changed, 1);
});

/** Recognises what the entries of a chunk's text repeat of one record that shows `shown`. */
function recognise(text: string, shown: string): (number | undefined)[] {
  const recall = new Recall();
  const name = { instance: SOURCE, partition: "default" };
  const contents = [`[${shown}]`, text].map((each) => splitEntries(Buffer.from(each)));
  const [of, said] = contents.map((each) => (each.ok ? each.value : []));
  const digest = contentDigest(of?.[0]?.content ?? "");
  const content = { ...digest, lastMs: START_MS };
  recall.note({ name, instanceNo: 1, partitionNo: 1, recordNo: 7, content });
  const one = recogniser({
    sender: SENDER,
    chunkMeta: { syncServiceId: SOURCE },
    receivedMs: START_MS + HOUR_MS,
    placeOf: (instance) => recall.place({ ...name, instance }),
  });
  return (said ?? []).map(
    ({ envelope, content: bytes }) =>
      one({ envelope, content: bytes, digest: contentDigest(bytes) })?.recordNo,
  );
}

test("an entry is recognised whatever its time, run, gateway and volatile values, and read where only reading tells whose it is", () => {
  const own = `"agent_id":"${AGENT}","partition":"default","metadata":{"netbox_device_id":"1"}`;
  const at = (hour: number): string =>
    `"timestamp":"${new Date(START_MS + hour * HOUR_MS).toISOString()}"`;
  const known = [
    `{${own}}`,
    `{${own},${at(0)}}`,
    `{${at(5)},${own}}`,
    `{"volatile":{"last_seen":"now"},${own}}`,
    `{${own},"gateway_id":"gw-2"}`,
    `{"sync_meta":{"sync_service_id":"${SOURCE.toUpperCase()}"},${own}}`,
  ];
  const unknown = [
    `{${own},"hostname":"new"}`,
    // Older than what is known, no time, of another source, of somebody else's.
    `{${own},${at(-1)}}`,
    `{${own},"timestamp":"yesterday"}`,
    `{${own},"timestamp":tomorrow}`,
    `{"sync_meta":{"sync_service_id":"${OTHER}"},${own}}`,
    `{"sync_meta":{"sync_service_id":"stranger"},${own}}`,
    `{"sync_meta":{broken},${own}}`,
    `{"volatile":[],${own}}`,
    // A parser takes the last of two members, and reads escapes.
    `{${own},${at(1)},${at(2)}}`,
    `{"sync_met\\u0061":{"sync_service_id":"${OTHER}"},${own}}`,
  ];
  assert.deepEqual(
    recognise(`[${known.join(",")}]`, `{${own}}`),
    known.map(() => 7),
  );
  assert.deepEqual(
    recognise(`[${unknown.join(",")}]`, `{${own}}`),
    unknown.map(() => undefined),
  );
  for (const foreign of [
    `{"agent_id":"agent-2","metadata":{}}`,
    `{"partition":"paris","metadata":{}}`,
    `{"metadata":{"sync_service_id":"${OTHER}"}}`,
  ]) {
    assert.deepEqual(recognise(`[${foreign}]`, foreign), [undefined], foreign);
  }
});

test("a table of contents finds what a map finds, however full, and after whatever was removed", () => {
  const step = fc.record({ text: fc.nat({ max: 3_000 }), isPut: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4_000, size: "max" }), (steps) => {
      const [table, map] = [new ContentTable(), new Map<number, number>()];
      // Few home slots, so that chains are long and wrap around.
      const digestOf = (text: number): { hash: number; check: number } => ({
        hash: (text % 5) * 2 ** 32 + (text % 7) * 1_021,
        check: text,
      });
      for (const [i, { text, isPut }] of steps.entries()) {
        if (isPut) {
          table.put(digestOf(text), i + 1);
          map.set(text, i + 1);
        } else {
          table.remove(digestOf(text));
          map.delete(text);
        }
      }
      assert.equal(table.size, map.size);
      for (let text = 0; text <= 3_000; text += 1) {
        assert.equal(table.find(digestOf(text)), map.get(text));
      }
    }),
    { numRuns: 20 },
  );
});
