import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { Db } from "../../src/db/pool.ts";
import { tx } from "../../src/db/tx.ts";
import { SyncError } from "../../src/lib/errors.ts";
import { freshDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";

async function withTable(t: TestContext, max?: number): Promise<Db> {
  const { db } = await freshDatabase(t, { migrated: false, ...(max === undefined ? {} : { max }) });
  await db.query("create table kept (k int primary key, v text)");
  return db;
}

async function keys(db: Db): Promise<readonly number[]> {
  const { rows } = await db.query<{ k: number }>("select k from kept order by k");
  return rows.map(({ k }) => k);
}

async function* chunks(...parts: readonly string[]): AsyncGenerator<string> {
  for (const part of parts) yield await Promise.resolve(part);
}

test("what a transaction wrote is there after it, and its value is given back", async (t) => {
  const db = await withTable(t);
  const count = await tx(
    db,
    async (open) => (await open.query("insert into kept values (1), (2)")).count,
  );
  assert.equal(count, 2);
  assert.deepEqual(await keys(db), [1, 2]);
});

test("work that throws leaves nothing, and its own error comes out", async (t) => {
  const db = await withTable(t, 1);
  const mine = new Error("mine");
  await assert.rejects(
    tx(db, async (open) => {
      await open.query("insert into kept values (1)");
      throw mine;
    }),
    (thrown) => thrown === mine,
  );
  assert.deepEqual(await keys(db), []);
});

test("a transaction whose work hides a failed statement is not taken for committed", async (t) => {
  const db = await withTable(t);
  const hiding = tx(db, async (open) => {
    await open.query("insert into kept values (1)");
    await open.query("insert into kept values (1)").catch(() => {});
  });
  await assert.rejects(hiding, { code: "db_tx_failed", retry: "permanent" });
  assert.deepEqual(await keys(db), []);
});

test("a connection that the server ends between two statements fails the transaction, not the process", async (t) => {
  const db = await withTable(t);
  const cut = tx(db, async (open) => {
    const { rows } = await open.query<{ pid: number }>("select pg_backend_pid() as pid");
    const pid = rows[0]?.pid;
    await db.query("select pg_terminate_backend($1, 5000)", [pid]);
    await open.query("insert into kept values (1)");
  });
  await assert.rejects(
    cut,
    (thrown) => thrown instanceof SyncError && thrown.retry === "transient",
  );
  assert.deepEqual(await keys(db), []);
});

test("a tenant's transaction that falls silent is ended by the server, so that others may work", async (t) => {
  const { db } = await freshDatabase(t);
  const { rows } = await tx(
    db.forTenant(1),
    async (open) => await open.query("show idle_in_transaction_session_timeout"),
  );
  assert.deepEqual(rows, [{ idle_in_transaction_session_timeout: "5min" }]);
  const silent = tx(db.forTenant(1), async (open) => {
    await open.query("set local idle_in_transaction_session_timeout = 10");
    await eventually(async () => {
      const { rows: resting } = await db.query(
        "select from pg_stat_activity where datname = current_database() and state = 'idle in transaction'",
      );
      assert.deepEqual(resting, []);
    });
    await open.query("select 1");
  });
  await assert.rejects(silent, { name: "SyncError", retry: "transient" });
});

test("a connection lost while committing says that the outcome is unknown", async (t) => {
  const db = await withTable(t);
  await db.query(`
    create function die() returns trigger language plpgsql as
      $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
    create constraint trigger dies after insert on kept deferrable initially deferred for each row execute function die()`);
  const lost = tx(db, (open) => open.query("insert into kept values (1)"));
  await assert.rejects(lost, { code: "db_commit_unknown", retry: "transient" });
});

test("of two serializable transactions that contradict each other one is told to try again", async (t) => {
  const db = await withTable(t);
  const { promise: bothRead, resolve: read } = Promise.withResolvers<void>();
  let readers = 0;
  const run = (k: number): Promise<unknown> =>
    tx(
      db,
      async (open) => {
        await open.query("select count(*) from kept");
        readers += 1;
        if (readers === 2) read();
        await bothRead;
        await open.query("insert into kept values ($1)", [k]);
      },
      { isolation: "serializable" },
    );
  const outcomes = await Promise.allSettled([run(1), run(2)]);
  const reasons = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [outcome.reason as SyncError] : [],
  );
  assert.deepEqual(
    reasons.map(({ code, retry }) => ({ code, retry })),
    [{ code: "db_serialization_failure", retry: "transient" }],
  );
});

test("a statement that can never succeed is permanent and names the condition", async (t) => {
  const db = await withTable(t);
  await db.query("insert into kept values (1)");
  await assert.rejects(db.query("insert into kept values (1)"), {
    code: "db_unique_violation",
    retry: "permanent",
  });
  await assert.rejects(db.query("select nonsense"), { code: "db_42703", retry: "permanent" });
  await assert.rejects(
    tx(db, (open) => open.query("insert into kept values (2)"), { readOnly: true }),
    { code: "db_25006" },
  );
});

test("copyFrom writes every row of its source and counts them", async (t) => {
  const db = await withTable(t);
  const count = await tx(db, (open) =>
    open.copyFrom("copy kept from stdin", chunks("1\ta\n2\t", "b\n", "3\t\\N\n")),
  );
  assert.equal(count, 3);
  const { rows } = await db.query("select k, v from kept order by k");
  assert.deepEqual(rows, [
    { k: 1, v: "a" },
    { k: 2, v: "b" },
    { k: 3, v: null },
  ]);
});

test("a copy that fails rolls back and leaves the connection usable", async (t) => {
  const db = await withTable(t, 1);
  const mine = new Error("source broke");
  async function* broken(): AsyncGenerator<string> {
    yield await Promise.resolve("1\ta\n");
    throw mine;
  }
  const copy = (sql: string, source: AsyncIterable<string>): Promise<number> =>
    tx(db, (open) => open.copyFrom(sql, source));
  await assert.rejects(copy("copy kept from stdin", broken()), (thrown) => thrown === mine);
  await assert.rejects(copy("copy kept from stdin", chunks("1\ta\nx\tb\n")), { code: "db_22p02" });
  await assert.rejects(copy("copy missing from stdin", chunks("1\ta\n")), { code: "db_42p01" });
  assert.equal(await copy("copy kept from stdin", chunks("9\ta\n")), 1);
  assert.deepEqual(await keys(db), [9]);
});

test("a copy reads its source no faster than the server takes it", async (t) => {
  const db = await withTable(t);
  const part = "x".repeat(1024 ** 2);
  let given = 0;
  async function* large(): AsyncGenerator<string> {
    for (let k = 0; k < 64; k += 1) {
      given += 1;
      yield await Promise.resolve(`${k}\t${part}\n`);
    }
  }
  const copying = await tx(db, async (open) => {
    await open.query("lock table kept in share mode");
    const copy = tx(db, (other) => other.copyFrom("copy kept from stdin", large()));
    while (
      (await db.query("select from pg_stat_activity where wait_event_type = 'Lock'")).count === 0
    );
    await db.query("select 1");
    return { copy, givenWhileLocked: given };
  });
  assert.equal(await copying.copy, 64);
  assert.ok(copying.givenWhileLocked < 32, `${copying.givenWhileLocked} MB read while locked`);
});

test("it is told while the database has many rows to do, and when it has done or refused them", async (t) => {
  const db = await withTable(t);
  const heard: boolean[] = [];
  await tx(db, async (open) => {
    open.hearMany((isUnderWay) => heard.push(isUnderWay));
    await open.query("select $1::int[]", [[1, 2, 3]]);
    assert.deepEqual(heard, []);
    const many = Array.from({ length: 1_000 }, (_, k) => k);
    await open.query("insert into kept select unnest($1::int[])", [many]);
    assert.deepEqual(heard.splice(0), [true, false]);
    await open.copyFrom("copy kept from stdin", chunks("1000\ta\n"));
    assert.deepEqual(heard.splice(0), [true, false]);
    open.hearMany(undefined);
    await open.query("select $1::int[]", [many]);
    assert.deepEqual(heard, []);
  });
  const failing = tx(db, async (open) => {
    open.hearMany((isUnderWay) => heard.push(isUnderWay));
    await open.copyFrom("copy kept from stdin", chunks("x\ta\n"));
  });
  await assert.rejects(failing, { code: "db_22p02" });
  assert.deepEqual(heard, [true, false]);
});

test("an abort between two statements rolls back", async (t) => {
  const db = await withTable(t);
  const stop = new AbortController();
  const aborted = tx(
    db,
    async (open) => {
      await open.query("insert into kept values (1)");
      stop.abort(new Error("stopping"));
      await open.query("insert into kept values (2)");
    },
    { signal: stop.signal },
  );
  await assert.rejects(aborted, /stopping/);
  await assert.rejects(
    tx(db, () => Promise.resolve(), { signal: stop.signal }),
    /stopping/,
  );
  assert.deepEqual(await keys(db), []);
});

test("a transaction used after its end is a bug that shows", async (t) => {
  const db = await withTable(t);
  const leaked = await tx(db, (open) => Promise.resolve({ open }));
  await assert.rejects(leaked.open.query("select 1"), /invariant broken/);
});
