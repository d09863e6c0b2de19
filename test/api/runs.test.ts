import assert from "node:assert/strict";
import { test } from "node:test";

import type { Db } from "../../src/db/pool.ts";
import type { Answer, TestApi } from "../support/api-over.ts";
import { testApi } from "../support/api.ts";

const RUNS = "/api/v1/tenants/acme/runs";

type Run = {
  readonly run_no: number;
  readonly run_id: string;
  readonly source: string;
  readonly outcome: string;
  readonly error?: unknown;
};
type Page = { readonly runs: readonly Run[]; readonly next?: string };

async function withRuns(t: Parameters<typeof testApi>[0], count: number): Promise<TestApi> {
  const api = await testApi(t);
  await api.ask("POST /api/v1/tenants", { body: { slug: "acme" } });
  await api.db.query(
    "insert into sync.instances (tenant, instance_no, name, source_type) values (1, 1, 'nb', 'netbox'), (1, 2, 'ar', 'armis')",
  );
  await insertRuns(api.db, 1, count);
  return api;
}

/** Odd runs are of "nb", even ones of "ar"; every fifth failed. */
async function insertRuns(db: Db, from: number, until: number): Promise<void> {
  await db.query(
    `insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, kind, started_at, active_at, outcome, error_kind, error_message)
     select 1, n, 'agent-1', 'run-' || n, 2 - n % 2, 'full', timestamptz '2026-01-01' + n * interval '1 hour', now(),
            case when n % 5 = 0 then 'failed' else 'success' end,
            case when n % 5 = 0 then 'auth' end, case when n % 5 = 0 then 'the token was refused' end
       from generate_series($1::int, $2::int) n`,
    [from, until],
  );
}

test("runs are paged newest first, each once, though new ones begin meanwhile", async (t) => {
  const { ask, db } = await withRuns(t, 25);
  const seen: number[] = [];
  let next: string | undefined = "";
  for (let pages = 0; next !== undefined; pages += 1) {
    assert.ok(pages < 10);
    const after: string = next === "" ? "" : `&after=${next}`;
    const { json }: Answer<Page> = await ask(`GET ${RUNS}?limit=10${after}`);
    seen.push(...json.runs.map(({ run_no: no }) => no));
    next = json.next;
    await insertRuns(db, 26 + pages * 3, 28 + pages * 3);
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 25 }, (_, i) => 25 - i),
  );
});

test("a page that is just full, and the last one, have no next", async (t) => {
  const { ask } = await withRuns(t, 10);
  const { json } = await ask<Page>(`GET ${RUNS}?limit=10`);
  assert.deepEqual([json.runs.length, json.next], [10, undefined]);
});

test("a run under way shows how far it is, in the list, alone, and before anything of it was worked", async (t) => {
  const { ask, db } = await withRuns(t, 2);
  const id = "0e6c3f2a-0000-4000-8000-000000000001";
  await db.query("update sync.instances set name = $1 where instance_no = 1", [id]);
  await db.query(
    `insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, kind, started_at, active_at, entries)
     values (1, 3, 'agent-1', 'now', 1, 'full', now(), now(), 100)`,
  );
  const tell = `insert into sync.run_progress
      (tenant, agent_id, service_id, run_id, kind, started_at, pages, fetched, streamed, rejected, total)
    values (1, 'agent-1', $1, $2, 'full', '2026-01-01', 4, 400, 200, 1, 900)`;
  await db.query(tell, [id, "now"]);
  await db.query(tell, ["0e6c3f2a-0000-4000-8000-000000000002", "fresh"]);
  const { json } = await ask<{ runs: (Run & { progress?: object })[] }>(`GET ${RUNS}`);
  const progress = { run_id: "now", run_no: 3, fetched: 400, streamed: 200, total: 900 };
  assert.partialDeepStrictEqual(json.runs[0]?.progress, { ...progress, ingested: 100 });
  assert.ok(json.runs.slice(1).every((run) => run.progress === undefined));
  const one = await ask<{ progress?: object }>(`GET ${RUNS}/3`);
  assert.partialDeepStrictEqual(one.json.progress, progress);
  const live = await ask<{ runs: Run[] }>(`GET /api/v1/tenants/acme/progress`);
  assert.deepEqual(
    live.json.runs.map(({ run_id: runId, run_no: no }) => [runId, no]),
    [
      ["now", 3],
      ["fresh", undefined],
    ],
  );
});

test("runs are found by source and by outcome", async (t) => {
  const { ask } = await withRuns(t, 10);
  const numbers = async (query: string): Promise<readonly number[]> =>
    (await ask<Page>(`GET ${RUNS}?${query}`)).json.runs.map(({ run_no: no }) => no);
  assert.deepEqual(await numbers("source=ar"), [10, 8, 6, 4, 2]);
  assert.deepEqual(await numbers("outcome=failed"), [10, 5]);
  assert.deepEqual(await numbers("source=nb&outcome=failed"), [5]);
  assert.equal((await ask(`GET ${RUNS}?source=nosuch`)).status, 404);
  assert.equal((await ask(`GET ${RUNS}?outcome=fine`)).status, 400);
});

test("a run is shown by its number or its id, with what was rejected and why it failed", async (t) => {
  const { ask, db } = await withRuns(t, 5);
  await db.query(
    `update sync.runs set rejected = 2, rejected_by = '{"no identifier": 2}', rejected_sample = '[{"index": 4}]',
            manifest = '{"runId": "run-5", "outcome": "failed", "pages": 3, "sourceTotal": 70, "devices": 60, "chunks": 1, "rejected": {"no name": 10}}' where run_no = 5`,
  );
  const byNumber = await ask<Run>(`GET ${RUNS}/5`);
  assert.equal(byNumber.json.run_id, "run-5");
  assert.deepEqual(byNumber.json.error, { kind: "auth", message: "the token was refused" });
  assert.deepEqual((await ask(`GET ${RUNS}/run-5`)).json, byNumber.json);
  const manifestShown = {
    outcome: "failed",
    pages: 3,
    source_total: 70,
    devices: 60,
    chunks: 1,
    rejected: { "no name": 10 },
  };
  const { rejected_by: by, rejected_sample: sample, manifest } = byNumber.json as never;
  assert.deepEqual([by, sample, manifest], [{ "no identifier": 2 }, [{ index: 4 }], manifestShown]);
  assert.equal((await ask(`GET ${RUNS}/99`)).status, 404);
});

test("an id that ran several sources asks which is meant", async (t) => {
  const { ask, db } = await withRuns(t, 2);
  await db.query("update sync.runs set run_id = 'both'");
  const { status, json } = await ask<{ detail: string }>(`GET ${RUNS}/both`);
  assert.equal(status, 409);
  assert.match(json.detail, /ask for one of 1, 2$/);
});

test("what a run changed is asked for by its number, and of an unknown run there is none", async (t) => {
  const { ask, db } = await withRuns(t, 2);
  const before = JSON.stringify({ content: { payload: '{"hostname":"old","ip":"10.0.0.1"}' } });
  await db.query(
    `insert into sync.records (tenant, record_no, instance_no, partition_no, kind, native, content_hash, content_check, payload, current_at,
            features, fingerprint, fingerprint_first, id_input, addresses, address_days, content_seq)
     values (1, 7, 1, 1, 4, 'nb-7', 1, 1, '{"hostname":"new","ip":"10.0.0.1"}', now(), '{}', 1, now(), '', '{}', '{}', 0)`,
  );
  await db.query("insert into sync.run_journal values (1, 1, 7, $1::json)", [before]);
  type Changes = {
    readonly changes: readonly { readonly record_no: number; readonly fields: unknown }[];
  };
  const { json } = await ask<Changes>(`GET ${RUNS}/1/changes`);
  assert.deepEqual(
    json.changes.map(({ record_no: no, fields }) => [no, fields]),
    [[7, [{ field: "hostname", before: "old", after: "new" }]]],
  );
  assert.deepEqual((await ask<Changes>(`GET ${RUNS}/2/changes`)).json.changes, []);
  assert.equal((await ask(`GET ${RUNS}/9/changes`)).status, 404);
});
