/** Operators' decisions and explanations at the terminal. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { testCore, type Ran, type TestCore } from "../support/core-cli.ts";
import { feed, settle } from "../support/dire.ts";
import { armis, netbox } from "../support/said.ts";
import { leaseOf } from "../support/tenant-lease.ts";

/** Two laptops, each in both sources, and a server of one record. */
async function laptops(t: TestContext): Promise<TestCore> {
  const core = await testCore(t);
  await core.tenant("acme");
  const lease = await leaseOf(core.db, "acme");
  await feed(core.db, lease, [
    netbox({ id: 1, hostname: "lap-1", metadata: { serial: "SN-A001" } }),
    armis({ id: 11, hour: 1, hostname: "lap-1", metadata: { serial: "SN-A001" } }),
    netbox({ id: 2, hour: 2, hostname: "lap-2", metadata: { serial: "SN-B002" } }),
    armis({ id: 12, hour: 3, hostname: "lap-2", metadata: { serial: "SN-B002" } }),
    netbox({ id: 3, hour: 3, hostname: "srv-1", metadata: { serial: "SN-C003" } }),
  ]);
  await settle(core.db, lease);
  return core;
}

async function ok(core: TestCore, line: string): Promise<string> {
  const ran = await core.run(line.split(" "));
  assert.deepEqual([ran.code, ran.err], [0, ""], line);
  return ran.out;
}

async function no(core: TestCore, line: string): Promise<Ran> {
  const ran = await core.run(line.split(" "));
  assert.equal(ran.out, "");
  assert.notEqual(ran.code, 0);
  return ran;
}

test("a merge is tried, done, listed and undone in the words that were printed", async (t) => {
  const core = await laptops(t);
  const tried = await ok(core, "devices merge lap-1 lap-2 --dry-run");
  assert.match(tried, /^Decision 1 would be made: nb\/1 and nb\/2 are one device$/m);
  assert.match(tried, /^2 records would change device$/m);
  assert.match(tried, /Leave out --dry-run to do it\.$/);
  assert.equal(await ok(core, "devices assertions list"), "No assertions.");
  const done = await ok(core, "devices merge lap-1 lap-2 --reason same-lid");
  assert.match(done, /^Undo: serviceradar-core devices assertions revoke 1 --tenant acme/m);
  const list = await ok(core, "devices assertions list");
  assert.match(list, /^ ?1 +nb\/1 and nb\/2 are one device +cli:tester +\S+ ago +same-lid +-$/m);
  const undone = await ok(core, "devices assertions revoke 1");
  assert.match(undone, /^Decision 1 taken back: nb\/1 and nb\/2 are one device$/m);
  assert.match(await ok(core, "devices assertions list --state revoked"), /by cli:tester$/m);
});

test("a record is taken out by its id at the source, and a wrong one is named with those there are", async (t) => {
  const core = await laptops(t);
  const wrong = await no(core, "devices unmerge lap-1 --record 99");
  assert.match(wrong.err, /names no record of the device; it has nb\/1 \(#\d+\), ar\/11 \(#\d+\)$/);
  const out = await ok(core, "devices unmerge lap-1 --record ar/11");
  assert.match(out, /^Decision 1 made: ar\/11 and nb\/1 are never one device$/m);
  const none = await no(core, "devices unmerge lap-2");
  assert.match(none.err, /no operator merged sr:\S+; name the record/);
});

test("fields are locked and unlocked, values blocked and allowed", async (t) => {
  const core = await laptops(t);
  await ok(core, "devices lock srv-1 hostname kept");
  const shown = JSON.parse(await ok(core, "devices list kept --json")) as { devices: unknown[] };
  assert.equal(shown.devices.length, 1);
  assert.match(await ok(core, "devices get kept"), /hostname +kept +locked by cli:tester/);
  await ok(core, "devices unlock kept hostname");
  const wrong = await no(core, "devices lock srv-1 mac nonsense");
  assert.match(wrong.err, /mac: "nonsense" is no MAC$/);
  assert.match(
    await ok(core, "devices block-value serial SN-A001 --dry-run"),
    /would be made: serial SN-A001 in default says nothing/,
  );
  assert.match(
    await ok(core, "devices allow-value serial sn-a001"),
    /may join, though contested\nNo record changes its device\./,
  );
});

test("never-merge keeps two apart, and a merge that contradicts it is refused", async (t) => {
  const core = await laptops(t);
  await ok(core, "devices never-merge lap-1 lap-2");
  const refused = await no(core, "devices merge lap-1 lap-2");
  assert.match(refused.err, /assertion 1 says that .* are never one device; revoke it first$/);
});

test("explain says why a device is one, and which fact decides", async (t) => {
  const core = await laptops(t);
  const said = await ok(core, "devices explain lap-1");
  assert.match(
    said,
    /2 records of 2 sources are one device; its id comes from the oldest, nb\/1\./,
  );
  assert.match(said, /ar\/11 and nb\/1: 18 points: serial SN-A001 \+12, name lap-1 \+6$/m);
  assert.match(said, /serial SN-A001 \(\+12\): said by nb\/1 and ar\/11, 2026-01-01 to 2026-01-01/);
  assert.match(said, /None: with any one of 2 facts otherwise, it is the same\./);
  await ok(core, "devices block-value serial SN-A001");
  assert.match(await ok(core, "devices explain lap-1"), /Without name lap-1, ar\/11 would leave/);
});

test("explain of two says why they are not one, and what would make them one", async (t) => {
  const core = await laptops(t);
  const said = await ok(core, "devices explain lap-1 lap-2");
  assert.match(said, /reach -17 of 5\.5 points\.[^]*serial SN-A001 \/ SN-B002 differs -12$/m);
  await ok(core, "devices never-merge lap-1 lap-2");
  assert.match(await ok(core, "devices explain lap-1 lap-2"), /an operator keeps them apart/);
});

test("quarantine lists what was nearly joined, with the words why", async (t) => {
  const core = await laptops(t);
  assert.equal(await ok(core, "devices quarantine"), "Nothing is held apart.");
  const lease = await leaseOf(core.db, "acme");
  const mac = "00:1B:44:11:22:33";
  await feed(core.db, lease, [netbox({ id: 4, mac }), armis({ id: 14, mac })]);
  await settle(core.db, lease);
  const said = await ok(core, "devices quarantine");
  assert.match(
    said,
    /a MAC alone +5 of 5\.5 +sr:\S+ +nb\/4 +sr:\S+ +ar\/14 +MAC 00:1B:44:11:22:33 \+5/,
  );
});

test("tags are given to what a query finds, listed, and taken back in the words that were printed", async (t) => {
  const core = await laptops(t);
  const tag = "devices tag --query hostname:lap% --add role=edge --add lab";
  assert.match(
    await ok(core, `${tag} --dry-run`),
    /^It would reach 2 devices; nothing was changed/m,
  );
  const done = await ok(core, tag);
  assert.match(done, /^2 devices worked, 4 tags changed \(change 1\)\.$/m);
  assert.match(done, /^To take it back: serviceradar-core devices untag 1 --tenant acme/m);
  assert.match(
    await ok(core, "devices tag srv-1 --add role=db"),
    /^1 device worked, 1 tag changed/m,
  );
  assert.match(await ok(core, "devices get lap-1"), /role=edge/);
  const list = await ok(core, "devices tag-changes");
  assert.match(list, /^ ?1 +done +\+role=edge \+lab +hostname:lap% +2 +4 +cli:tester/m);
  assert.match(await ok(core, "devices untag 1"), /^Change 1 is taken back: 4 tags put back\.$/m);
  assert.match(await ok(core, "devices list --query tags.role:%"), /srv-1/);
  assert.match((await no(core, "devices tag --add a")).err, /name a device, or say --query/);
});
