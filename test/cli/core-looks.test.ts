/** Commands that show what only the API and the web page did before, as somebody at a terminal sees them. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { testCore, type TestCore } from "../support/core-cli.ts";
import { feed, settle } from "../support/dire.ts";
import { netbox } from "../support/said.ts";
import { leaseOf } from "../support/tenant-lease.ts";

async function ok(core: TestCore, line: string, stdin = ""): Promise<string> {
  const ran = await core.run(line.split(" "), { stdin });
  assert.deepEqual([ran.code, ran.err], [0, ""], line);
  return ran.out;
}

async function withDevices(t: TestContext): Promise<TestCore> {
  const core = await testCore(t);
  await core.tenant("acme");
  const lease = await leaseOf(core.db, "acme");
  await feed(core.db, lease, [
    netbox({ id: 1, hostname: "sw-1", metadata: { serial: "SN-A001", manufacturer: "Cisco" } }),
    netbox({ id: 2, hostname: "sw-2", metadata: { serial: "SN-B002", manufacturer: "Cisco" } }),
    netbox({ id: 3, hostname: "srv-1", metadata: { serial: "SN-C003", manufacturer: "Dell" } }),
  ]);
  await settle(core.db, lease);
  return core;
}

test("devices are counted in groups, and a list is entered and read backwards", async (t) => {
  const core = await withDevices(t);
  const counted = await core.run([
    "devices",
    "groups",
    "--query",
    'stats:"count() by vendor_name"',
  ]);
  assert.match(counted.out, /^VENDOR_NAME +DEVICES\nCisco +2\nDell +1$/);
  const page = await ok(core, "devices list --query sort:hostname --from sw --limit 1");
  assert.match(page, /sw-1 [^]*; before them: --before \S+; more: --after \S+$/);
  const back = /--before (\S+);/.exec(page)?.[1] ?? "";
  const before = await ok(core, `devices list --query sort:hostname --before ${back}`);
  assert.deepEqual([before.includes("srv-1"), before.includes("sw-1")], [true, false]);
  const both = await core.run(["devices", "list", "--all", "--before", back]);
  assert.match(both.err, /--all goes on from a page, not back$/);
});

test("devices are exported to the terminal or into a file that was not there, with the list's filters", async (t) => {
  const core = await withDevices(t);
  const csv = (await ok(core, "devices export sw-")).trimEnd().split(/\r?\n/);
  assert.deepEqual([csv.length, csv[0]?.startsWith("id,hostname,")], [3, true]);
  const out = join(core.dataDir, "devices.ndjson");
  const line = `devices export --format ndjson --query hostname:srv-% --out ${out}`;
  assert.match(await ok(core, line), /devices\.ndjson: \d+ B$/);
  const [device] = (await readFile(out, "utf8")).trimEnd().split("\n");
  assert.equal((JSON.parse(device ?? "") as { hostname: string }).hostname, "srv-1");
  const again = await core.run(line.split(" "));
  assert.deepEqual([again.code, /--out: .* cannot be written/.test(again.err)], [78, true]);
  const wrong = await core.run(["devices", "export", "--query", "nonsense:1"]);
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
});

test("a source is made to wait, changed in single members, and both stand in the audit with the overview", async (t) => {
  const core = await withDevices(t);
  await core.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: "edge" } });
  const payload = { sources: { dc1: { type: "netbox", endpoint: "https://old.example" } } };
  const made = await ok(core, "source apply - --disabled", JSON.stringify(payload));
  assert.match(made, /It is disabled; enable it to have it run\.$/);
  const changed = await ok(core, "source change dc1 -", '{"endpoint": "https://new.example"}');
  assert.match(changed, /^ {2}endpoint: https:\/\/old\.example -> https:\/\/new\.example$/m);
  const wrong = await core.run(["source", "change", "dc1", "-"], { stdin: '{"enabled": true}' });
  assert.deepEqual(
    [wrong.code, /standard input: .*use enable or disable/.test(wrong.err)],
    [78, true],
  );
  const audit = await ok(core, "audit list --action source --limit 1");
  assert.match(audit, /cli:tester +source\.change +\S*dc1/);
  assert.match(audit, /\nMore: --after u\d+$/);
  assert.match(
    await ok(core, "tenant overview"),
    /^devices +3: 3 unknown$[^]*^ +dc1 +netbox +edge +disabled /m,
  );
});

test("the platform's administrator sees all tenants, their authorities and what was done to users", async (t) => {
  const core = await withDevices(t);
  await core.tenant("globex");
  const health = await ok(core, "platform health");
  assert.match(health, /^TENANT [^]*\nacme +3 +0 of 0 [^]*\nglobex +0 +0 of 0 /);
  assert.match(
    await ok(core, "platform authorities"),
    /\nacme +\S.* in force\nglobex +\S.* in force$/,
  );
  await ok(core, "user create ann");
  const ann = await ok(core, "user change ann --display-name Ann --platform-admin yes");
  assert.equal(ann, "User ann is called Ann and may manage the platform.");
  assert.match(
    await ok(core, "platform audit --action user"),
    /user\.change +ann .*\n.*user\.create +ann /,
  );
  const nothing = await core.run(["user", "change", "ann"]);
  assert.match(nothing.err, /say --display-name or --platform-admin$/);
  const tuning = await core.run(["platform", "tuning"]);
  assert.match(tuning.err, /only a running server is tuned/);
});

test("a change of tags is shown tag by tag, and one that is done has nothing to go on with", async (t) => {
  const core = await withDevices(t);
  await ok(core, "devices tag --query hostname:sw-% --add role=edge --add lab");
  const shown = await ok(core, "devices tag-changes get 1 --limit 1");
  assert.match(shown, /^Change 1: done\n {2}tags +\+role=edge \+lab\n {2}of +hostname:sw-%$/m);
  assert.match(shown, /^ +sr:\S+ +lab +- +\(no value\) +-\n\nMore: --after \S+$/m);
  assert.match(
    await ok(core, "devices tag-changes continue 1"),
    /^2 devices worked, 4 tags changed/,
  );
});

test("what a run changed is shown while it can be undone, and no run is under way", async (t) => {
  const core = await withDevices(t);
  assert.equal(await ok(core, "runs progress"), "No run is under way.");
  const none = await core.run(["runs", "changes", "99"]);
  assert.deepEqual([none.code, /run/.test(none.err)], [1, true]);
});
