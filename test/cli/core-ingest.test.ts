/** Recorded chunks and parked chunks, as an operator handles them. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { Worker } from "../../src/dire/worker.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { temporaryFolder, testCore, type Ran, type TestCore } from "../support/core-cli.ts";
import { eventually } from "../support/eventually.ts";
import { netboxDevice } from "../support/runs.ts";

/** A running core with one source, "nb", and a worker. */
async function workingCore(t: TestContext): Promise<{ core: TestCore; file: FileWriter }> {
  const core = await testCore(t);
  await core.tenant("acme");
  await core.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: "agent-1" } });
  const sources = { nb: { type: "netbox", endpoint: "https://nb.example" } };
  await core.ask("POST /api/v1/tenants/acme/sources?agent_id=agent-1", { body: { sources } });
  const log = silentLog();
  const options = { db: core.db, clock: systemClock, log, chunksPerTx: 10, tenantsInFlight: 1 };
  const worker = new Worker(options);
  const running = worker.run();
  t.after(async () => {
    worker.stop();
    await running;
  });
  const dir = await temporaryFolder(t);
  const file: FileWriter = async (name, value) => {
    const path = join(dir, name);
    await writeFile(path, typeof value === "string" ? value : JSON.stringify(value));
    return path;
  };
  return { core, file };
}

type FileWriter = (name: string, value: unknown) => Promise<string>;

async function ingest(core: TestCore, ...words: readonly string[]): Promise<Ran> {
  const nowMs = Date.now();
  return await core.run(["ingest", ...words, "--source", "nb"], { nowMs });
}

async function hostnames(core: TestCore): Promise<readonly string[]> {
  const { json } = await core.ask<{ devices: { hostname: string }[] }>(
    "GET /api/v1/tenants/acme/devices",
  );
  return json.devices.map(({ hostname }) => hostname).toSorted();
}

test("recorded payloads are fed as one complete run, whatever source, agent and partition they name", async (t) => {
  const { core, file } = await workingCore(t);
  const foreign = {
    agent_id: "elsewhere",
    partition: "site-z",
    sync_meta: { sync_service_id: "b0b", sync_run_id: "old", chunk_index: 7 },
  };
  const a = await file("a.json", [netboxDevice(1, foreign), netboxDevice(2)]);
  const b = await file("b.json", [netboxDevice(3)]);
  const { code, out, err } = await ingest(core, a, b);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^Run 1 of source nb: success\n/);
  assert.match(out, /kind +full$/m);
  assert.match(out, /received .* in 2 chunks$/m);
  assert.match(out, /complete +yes$/m);
  assert.deepEqual(await hostnames(core), ["host-1", "host-2", "host-3"]);
  const verified = await core.run(["runs", "verify", "1"]);
  assert.deepEqual([verified.code, verified.out.split("\n")[0]], [0, "PASS  run 1"]);
  await core.db.query("delete from sync.ledger where chunk_index = 1");
  const failed = await core.run(["runs", "verify", "1"]);
  assert.match(
    failed.out,
    /^FAIL {2}run 1: this is missing\n {2}chunks +1 of 2 chunks were worked/,
  );
  assert.deepEqual([failed.code, failed.err], [1, "serviceradar-core: run 1 does not pass"]);
});

test("what a full recording no longer holds goes, and a delta recording retires nothing", async (t) => {
  const { core, file } = await workingCore(t);
  await core.run(["retention", "set", "--absent-runs", "1", "--absent-hours", "0"]);
  const all = await file(
    "all.json",
    [1, 2, 3].map((id) => netboxDevice(id)),
  );
  const some = await file("some.json", [netboxDevice(1)]);
  await ingest(core, all);
  await ingest(core, some, "--run-kind", "delta");
  assert.deepEqual(await hostnames(core), ["host-1", "host-2", "host-3"]);
  await ingest(core, some);
  const { json } = await core.ask<{ runs: { retracted: number }[] }>(
    "GET /api/v1/tenants/acme/runs",
  );
  assert.equal(json.runs[0]?.retracted, 2);
  assert.deepEqual(await hostnames(core), ["host-1"]);
  await ingest(core, all);
  assert.deepEqual(await hostnames(core), ["host-1", "host-2", "host-3"]);
});

test("the first run of a rehearsed source is shown beside what was promised, the next one is not", async (t) => {
  const { core, file } = await workingCore(t);
  const path = await file("a.json", [netboxDevice(1), netboxDevice(2)]);
  assert.equal((await core.run(["rehearse", "--source", "nb", path])).code, 0);
  await ingest(core, await file("b.json", [netboxDevice(1), netboxDevice(2), netboxDevice(3)]));
  const first = (await core.run(["runs", "get", "1"])).out;
  assert.match(first, /Promised by rehearsal 1, and happened/);
  assert.match(first, /COUNT +PROMISED +HAPPENED\n +entries +2 +3\n +created +2 +3\n/);
  await ingest(core, path);
  assert.doesNotMatch((await core.run(["runs", "get", "2"])).out, /Promised/);
});

test("a run is undone after it was shown and confirmed, and the undo is undone", async (t) => {
  const { core, file } = await workingCore(t);
  await ingest(core, await file("a.json", [netboxDevice(1), netboxDevice(2)]));
  await ingest(core, await file("b.json", [netboxDevice(1, { ip: "10.0.0.1" }), netboxDevice(3)]));
  const dry = await core.run(["runs", "undo", "2", "--dry-run"]);
  assert.equal(dry.code, 0);
  assert.match(
    dry.out,
    /^Undoing run 2 would leave, in records:\n {2}removed, seen by this run alone +1\n {2}as they were before +1\nField by field: .* runs changes 2 /,
  );
  assert.match(dry.out, /\n {2}3 +host-3 +sr:\S+ +goes too$/);
  const whole = ["runs", "undo", "2", "--dry-run", "--after"];
  assert.match(
    (await core.run([...whole, "x"])).err,
    /after: "x" is not the `next` of such a list/,
  );
  const unasked = await core.run(["runs", "undo", "2"]);
  assert.match(unasked.err, /say --yes where nobody can be asked/);
  assert.match(
    (await core.run(["runs", "undo", "2"], { answers: "no" })).err,
    /nothing was undone/,
  );
  assert.equal((await hostnames(core)).length, 3);
  const undone = await core.run(["runs", "undo", "2"], { answers: "2" });
  assert.match(
    undone.out,
    /^Run 2 is undone, in records:\n.* 1\n.* 1\nTo take that back: .* runs redo 2 /,
  );
  await workedUp(core);
  assert.deepEqual(await hostnames(core), ["host-1", "host-2"]);
  assert.match(
    (await core.run(["runs", "verify", "2"])).out,
    /^PASS {2}run 2, undone 20\S+ \S+Z\n/,
  );
  assert.match((await core.run(["runs", "verify", "2", "--json"])).out, /"undone_at": "20/);
  assert.match((await core.run(["runs", "get", "2"])).out, /\n {2}undone +20/);
  assert.match((await core.run(["runs", "list"])).out, / success, undone /);
  assert.match((await core.run(["runs", "undo", "2", "--yes"])).err, /run 2 is undone already/);
  const redone = await core.run(["runs", "redo", "2"]);
  assert.equal(redone.out, "2 records of run 2 are as it brought them again.");
  await workedUp(core);
  assert.deepEqual(await hostnames(core), ["host-1", "host-2", "host-3"]);
  assert.match((await core.run(["runs", "redo", "2"])).err, /run 2 is not undone/);
});

test("a recording with unusable entries says so by its exit code", async (t) => {
  const { core, file } = await workingCore(t);
  const { code, out, err } = await ingest(
    core,
    await file("odd.json", [netboxDevice(1), { source: "netbox", hostname: "nobody" }]),
  );
  assert.deepEqual([code, err], [3, "serviceradar-core: the run is partial"]);
  assert.match(out, /rejected +1$/m);
});

test("what is no recording is refused before anything is fed", async (t) => {
  const { core, file } = await workingCore(t);
  const notArray = await ingest(core, await file("object.json", { a: 1 }));
  assert.match(notArray.err, /object\.json: is not a JSON array of device updates/);
  assert.equal(notArray.code, 78);
  assert.match((await ingest(core)).err, /FILE is missing/);
  const unknown = await core.run(["ingest", await file("x.json", []), "--source", "nope"]);
  assert.match(unknown.err, /tenant "acme" has no source "nope"/);
  assert.equal((await core.ask<{ runs: [] }>("GET /api/v1/tenants/acme/runs")).json.runs.length, 0);
});

test("a parked chunk is listed, exported byte for byte, and mends its run when it is tried again", async (t) => {
  const { core, file } = await workingCore(t);
  // The first work of the chunk fails for good, by a column that nothing fits; then somebody repairs it.
  await core.db.query("alter table sync.records add constraint broken check (native <> '2')");
  const path = await file("a.json", [netboxDevice(1), netboxDevice(2)]);
  const parked = await ingest(core, path);
  assert.equal(parked.code, 3);
  assert.match(parked.out, /1 of 1 chunks that the agent lists did not arrive as listed/);
  const list = await core.run(["inbox", "parked"]);
  assert.match(list.out, /^CHUNK .*REASON\n *(\d+) .*broken/s);
  const number = /^ *(\d+) /m.exec(list.out)?.[1] ?? "";
  const out = join(await temporaryFolder(t), "chunk.json");
  assert.equal((await core.run(["inbox", "export", number, "--out", out])).code, 0);
  assert.deepEqual(
    JSON.parse(await readFile(out, "utf8")),
    JSON.parse(await readFile(path, "utf8")),
  );
  const again = await core.run(["inbox", "export", number, "--out", out]);
  assert.match(again.err, /--out: .* cannot be written/);
  await core.db.query("alter table sync.records drop constraint broken");
  assert.equal((await core.run(["inbox", "retry", number])).code, 0);
  await workedUp(core);
  assert.match((await core.run(["runs", "get", "1"])).out, /^Run 1 of source nb: success\n/);
  assert.deepEqual(await hostnames(core), ["host-1", "host-2"]);
  assert.match((await core.run(["inbox", "retry", number])).err, /has no parked chunk/);
});

test("a parked chunk that the database damaged is never worked as something else, and exported as it is stored", async (t) => {
  const { core, file } = await workingCore(t);
  await core.db.query("alter table sync.records add constraint broken check (native <> '2')");
  await ingest(core, await file("a.json", [netboxDevice(1), netboxDevice(2)]));
  await core.db.query("alter table sync.records drop constraint broken");
  // Of its checksum: without one, a damaged name would come out as another.
  const { rows } = await core.db.query<{ inbox_no: number; body: Buffer }>(
    `update sync.inbox set body = set_byte(body, octet_length(body) - 1, 255 - get_byte(body, octet_length(body) - 1))
      returning inbox_no, body`,
  );
  const [chunk] = rows;
  assert.equal((await core.run(["inbox", "retry", String(chunk?.inbox_no)])).code, 0);
  await eventually(async () => assert.match((await core.run(["inbox", "parked"])).out, /checksum/));
  const file2 = join(await temporaryFolder(t), "chunk.zst");
  const exported = await core.run(["inbox", "export", String(chunk?.inbox_no), "--out", file2]);
  assert.match(exported.out, /message cannot be read any more \(.*checksum.*\)/);
  assert.deepEqual(await readFile(file2), chunk?.body);
  assert.deepEqual(await hostnames(core), []);
});

async function workedUp(core: TestCore): Promise<void> {
  for (;;) {
    const { rows } = await core.db.query<{ open: boolean }>(
      "select exists (select from sync.inbox) or exists (select from sync.dirty) as open",
    );
    if (rows[0]?.open === false) return;
  }
}
