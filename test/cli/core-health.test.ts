/** What an installer asks of a core after an upgrade. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";

import { runCore, temporaryFolder, testCore } from "../support/core-cli.ts";

test("a core with its schema that commits a write is well", async (t) => {
  const core = await testCore(t);
  const { code, out, err } = await core.run(["health"]);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^ready: /);
  const written = "select value from sync.settings where name = 'write_check'";
  const { rows } = await core.db.query<{ value: string }>(written);
  assert.equal(rows[0]?.value, new Date(core.clock.nowMs).toISOString());
});

test("a core whose database takes no writes is not, though it is ready to read", async (t) => {
  const core = await testCore(t);
  await core.db.query(`do $$ begin
    execute format('alter database %I set default_transaction_read_only = on', current_database());
  end $$`);
  await core.db.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  const { rows } = await core.db.query<{ name: string }>(
    "select set_config('default_transaction_read_only', 'on', false) as name",
  );
  assert.equal(rows[0]?.name, "on");
  assert.equal((await core.ask("GET /readyz")).status, 200);
  const { code, err } = await core.run(["health"]);
  assert.notEqual(code, 0);
  assert.match(err, /^serviceradar-core: /);
});

test("where none runs it says so, and starts nothing in its place", async (t) => {
  const dir = await temporaryFolder(t);
  const { code, err } = await runCore(["health", "--data-dir", dir]);
  assert.equal(code, 5);
  assert.match(err, /no core answers on .*core\.sock/);
  assert.deepEqual(await readdir(dir), []);
});
