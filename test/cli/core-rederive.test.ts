import assert from "node:assert/strict";
import { test } from "node:test";

import { testCore } from "../support/core-cli.ts";
import { populate } from "../support/populated-tenant.ts";

test("rederiving says that nothing differs, or what did, and its exit code does too", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  await populate(core, "acme", "mark");
  const fine = await core.run(["dire", "rederive"]);
  assert.deepEqual([fine.code, fine.out, fine.err], [0, "1 record rederived: nothing differs", ""]);

  await core.db.query("update sync.devices set hostname = 'nonsense'");
  const told = await core.run(["dire", "rederive", "--dry-run"]);
  assert.equal(told.code, 1);
  assert.match(told.out, /devices +sr:\S+ +\{"hostname":"nonsense"\} +\{"hostname":"mark"\}/);
  assert.match(told.err, /1 row differed from what records derive; nothing was changed$/);
  assert.match((await core.run(["devices", "list"])).out, /nonsense/);

  const mended = await core.run(["dire", "rederive", "--json"]);
  assert.equal(mended.code, 1);
  assert.deepEqual((JSON.parse(mended.out) as { differences: object }).differences, { devices: 1 });
  assert.match(mended.err, /they were put right$/);
  assert.match((await core.run(["devices", "list"])).out, / mark /);
  assert.equal((await core.run(["dire", "rederive"])).code, 0);
  const { rows } = await core.db.query(
    "select subject, after from sync.audit where action = 'dire.rederive' order by audit_no",
  );
  assert.deepEqual(rows, [
    { subject: "from the beginning", after: {} },
    { subject: "from the beginning", after: { devices: 1 } },
    { subject: "from the beginning", after: {} },
  ]);
});

test("a slice goes on where another ended, and nowhere else", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  const { status, json } = await core.ask<{ detail: string }>(
    "POST /api/v1/tenants/acme/dire/rederive",
    { body: { after: "elsewhere:7" } },
  );
  assert.equal(status, 400);
  assert.match(json.detail, /"elsewhere:7" is not where a slice ended/);
});

test("what tells that identity goes wrong is counted and listed", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  await populate(core, "acme", "mark");
  const { out } = await core.run(["dire", "quality"]);
  assert.match(out, /^records that flap +0\nvalues that flap +0\ncrowded devices +0\n/);
  assert.match(out, /publications held +1$/);
  await core.db.query(
    "insert into sync.value_states (tenant, partition_no, type, value, state) select tenant, 1, 4, 'mark', 1 from sync.tenants",
  );
  await core.db.query(
    `insert into sync.value_moves (tenant, day, partition_no, type, value, moves)
     select tenant, extract(epoch from now())::int / 86400, 1, 4, 'mark', 5 from sync.tenants`,
  );
  const after = (await core.run(["dire", "quality"])).out;
  assert.match(after, /values that flap +1\n/);
  assert.match(after, /often\n +MOVES +TYPE +VALUE +PARTITION\n +5 +host +mark +default\n/);
  assert.match(after, / host +mark +contested +1 +default +\S+ \S+$/);
});
