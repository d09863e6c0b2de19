import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { measuredWork } from "../../src/api/measured.ts";
import { findCommand, queueCommand } from "../../src/control/commands.ts";
import { forgetControl } from "../../src/control/forget.ts";
import type { Db } from "../../src/db/pool.ts";
import { Keeper } from "../../src/dire/keeper.ts";
import type { WorkFact } from "../../src/dire/work-fact.ts";
import { writeRetention } from "../../src/inbox/retention-store.ts";
import { silentLog } from "../../src/lib/log.ts";
import { freshDatabase } from "../support/database.ts";
import { InstantClock } from "../support/instant-clock.ts";

const TENANTS = [1, 2];

async function twoTenants(t: TestContext): Promise<Db> {
  const { db } = await freshDatabase(t);
  await db.query("insert into sync.tenant_ingest (tenant) select unnest($1::int[])", [TENANTS]);
  return db;
}

async function look(db: Db): Promise<void> {
  await db.query("update sync.tenant_ingest set cleaned_at = '-infinity'");
  const log = silentLog();
  await new Keeper({ db, clock: new InstantClock(), log, alsoForget: forgetControl }).look();
}

async function left(db: Db, table: string, column: string): Promise<readonly unknown[]> {
  const { rows } = await db.query<{ value: unknown }>(
    `select ${column} as value from sync.${table} order by tenant, 1`,
  );
  return rows.map(({ value }) => value);
}

test("commands and enrolment tokens go when the tenant's settings say so", async (t) => {
  const db = await twoTenants(t);
  await db.query(
    `insert into sync.commands (tenant, command_id, agent_id, type, ttl_seconds, actor, created_at)
     select tenant, gen_random_uuid(), days::text, 'sync.run_now', 60, 'test', now() - days * interval '1 day'
       from unnest($1::int[]) tenant, unnest('{1,29,31}'::int[]) days`,
    [TENANTS],
  );
  await db.query(
    `insert into sync.enrolment_tokens (tenant, token_id, sha256, agent_id, partition, cn_form, renew, actor, expires_at)
     select tenant, gen_random_uuid(), '', days::text, 'default', 4, false, 'test', now() - days * interval '1 day'
       from unnest($1::int[]) tenant, unnest('{-1,29,31}'::int[]) days`,
    [TENANTS],
  );
  await writeRetention(db, 2, { command_days: 7, enrolment_token_days: 7 });
  await look(db);
  assert.deepEqual(await left(db, "commands", "agent_id"), ["1", "29", "1"]);
  assert.deepEqual(await left(db, "enrolment_tokens", "agent_id"), ["-1", "29", "-1"]);
});

test("rehearsals, decided holds and the audit go by age, but for the newest, whose number the next one follows", async (t) => {
  const db = await twoTenants(t);
  await db.query(
    `insert into sync.rehearsals (tenant, rehearsal_no, instance, actor, state, created_at, ended_at)
     select 1, no, 'nb', 'ann', state, now() - interval '99 days', ended
       from (values (1, 'done', now() - interval '31 days'), (2, 'done', now() - interval '29 days'),
                    (3, 'loading', null), (4, 'failed', now() - interval '99 days')) v(no, state, ended)`,
  );
  await db.query(
    `insert into sync.rehearsal_rows (tenant, rehearsal_no, kind, row_no, detail)
     select 1, no, 'create', 1, '{}' from unnest('{1,2}'::int[]) no`,
  );
  await db.query(
    `insert into sync.holds (tenant, hold_no, run_no, records, record_count, shrinks, ids, devices, changes, held_at, ended_at)
     select 1, no, 1, '{}', 0, 0, 0, 0, '[]', now() - interval '999 days', ended
       from (values (1, now() - interval '91 days'), (2, null), (3, now() - interval '99 days')) v(no, ended)`,
  );
  await db.query(
    `insert into sync.audit (tenant, actor, action, subject, at)
     select 1, 'ann', 'source.change', days::text, now() - days * interval '1 day' from unnest('{1,729,731}'::int[]) days`,
  );
  await look(db);
  assert.deepEqual(await left(db, "rehearsals", "rehearsal_no"), [2, 3, 4]);
  assert.deepEqual(await left(db, "rehearsal_rows", "rehearsal_no"), [2]);
  assert.deepEqual(await left(db, "holds", "hold_no"), [2, 3]);
  assert.deepEqual(await left(db, "audit", "subject"), ["1", "729"]);
});

test("a rehearsal whose agent or core went away ends after a day, and its chunks go", async (t) => {
  const db = await twoTenants(t);
  await db.query(
    `insert into sync.rehearsals (tenant, rehearsal_no, instance, actor, state, created_at)
     select 1, no, 'nb', 'ann', state, now() - hours * interval '1 hour'
       from (values (1, 'loading', 25), (2, 'playing', 25), (3, 'playing', 23)) v(no, state, hours)`,
  );
  await db.query(
    `insert into sync.rehearsal_chunks (tenant, rehearsal_no, chunk_no, raw_bytes, body)
     select 1, no, 1, 2, '' from unnest('{1,2,3}'::int[]) no`,
  );
  await look(db);
  const { rows } = await db.query<{ line: string }>(
    "select concat_ws(' ', rehearsal_no, state, error) as line from sync.rehearsals order by rehearsal_no",
  );
  assert.deepEqual(
    rows.map(({ line }) => line),
    ["1 failed never ended", "2 failed never ended", "3 playing"],
  );
  assert.deepEqual(await left(db, "rehearsal_chunks", "rehearsal_no"), [3]);
});

test("what was told of a run goes a day after its agent fell silent or its source was removed", async (t) => {
  const db = await twoTenants(t);
  await db.query(
    `insert into sync.run_progress (tenant, agent_id, service_id, run_id, kind, started_at, pages, fetched, streamed, rejected, told_at)
     select tenant, hours::text, gen_random_uuid(), 'run', 'full', now(), 1, 1, 1, 0, now() - hours * interval '1 hour'
       from unnest($1::int[]) tenant, unnest('{1,23,25}'::int[]) hours`,
    [TENANTS],
  );
  await look(db);
  assert.deepEqual(await left(db, "run_progress", "agent_id"), ["1", "23", "1", "23"]);
});

test("a run that fell silent is told of, with its tenant, for whoever counts", async (t) => {
  const { db } = await freshDatabase(t);
  await db.query(
    "insert into sync.tenants (tenant, uid, slug, name) values (1, gen_random_uuid(), 'acme', 'Acme')",
  );
  await db.query("insert into sync.tenant_ingest (tenant) values (1)");
  await db.query(
    `insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, kind, started_at, active_at)
     values (1, 1, 'a', 'r', 1, 'full', now(), now() - interval '2 hours')`,
  );
  const told: WorkFact[] = [];
  const note = (fact: WorkFact): void => void told.push(fact);
  const keeper = new Keeper({ db, clock: new InstantClock(), log: silentLog(), note });
  for (let looks = 0; looks < 2; looks += 1) await keeper.look();
  assert.deepEqual(told, [{ step: "timed_out", tenant: "acme" }]);
  assert.deepEqual(measuredWork({ step: "timed_out", tenant: "acme" }).counts, [
    { name: "srs_runs_total", labels: { tenant: "acme", outcome: "timeout" }, value: 1 },
  ]);
});

test("old runs go with all that was noted of them, but for the newest of a source", async (t) => {
  const db = await twoTenants(t);
  await db.query(
    `insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, kind, outcome, started_at, active_at)
     select 1, run_no, 'a', run_no::text, 1, 'full', 'success', at, at
       from (values (1, now() - interval '92 days'), (2, now() - interval '91 days')) v(run_no, at)`,
  );
  await db.query("insert into sync.run_weights select 1, unnest('{1,2}'::int[]), 1, 0");
  await db.query(
    `insert into sync.retractions (tenant, retraction_no, run_no, instance_no, partition_no, reason, state, records, wanted, present,
                                   created_at)
     select 1, no, run_no, 1, 1, 'absent', state, '{}', 1, 1, now() - interval '91 days'
       from (values (1, 1, 'done'), (2, 1, 'held'), (3, 2, 'done')) v(no, run_no, state)`,
  );
  await db.query(
    `insert into sync.run_undos (tenant, undo_no, run_no, state, actor, started_at, todo)
     select 1, run_no, run_no, 'done', 'test', now() - interval '91 days', '{}' from unnest('{1,2}'::int[]) run_no`,
  );
  await look(db);
  assert.deepEqual(await left(db, "runs", "run_no"), [2]);
  assert.deepEqual(await left(db, "run_weights", "run_no"), [2]);
  assert.deepEqual(await left(db, "retractions", "retraction_no"), [2, 3]);
  assert.deepEqual(await left(db, "run_undos", "run_no"), [2]);
});

test("what fails of one tenant leaves the next one's housekeeping alone", async (t) => {
  const db = await twoTenants(t);
  await db.query(
    `create function sync.refuse() returns trigger language plpgsql as $$ begin
       if new.tenant = 1 then raise 'no'; end if;
       return new;
     end $$`,
  );
  await db.query(
    "create trigger refuse before update of cleaned_at on sync.tenant_ingest for each row when (new.cleaned_at > '2000-01-01') execute function sync.refuse()",
  );
  await look(db);
  const { rows } = await db.query<{ tenant: number }>(
    "select tenant from sync.tenant_ingest where cleaned_at > now() - interval '1 hour'",
  );
  assert.deepEqual(rows, [{ tenant: 2 }]);
});

test("a command is found by its id in either case, and by nothing that is none", async (t) => {
  const db = await twoTenants(t);
  const wanted = { agentId: "a", type: "sync.run_now", payload: {}, ttlSeconds: 60, actor: "test" };
  const commandId = await queueCommand(db, 1, wanted);
  assert.equal((await findCommand(db, 1, commandId.toUpperCase()))?.commandId, commandId);
  for (const other of ["", "1", `${commandId}0`, `{${commandId}}`, commandId.replaceAll("-", "")]) {
    assert.equal(await findCommand(db, 1, other), undefined, other);
  }
});
