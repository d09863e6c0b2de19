/** A run that was carried to the core in a file, from the agent's command to the device list. */
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { Worker } from "../../src/dire/worker.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { createFleet } from "../fakes/fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { agent } from "../support/agent-cli.ts";
import { temporaryFolder, testCore, type TestCore } from "../support/core-cli.ts";
import { removeFolder } from "../support/remove-folder.ts";

const DEVICES = 40;

type AirGap = { readonly core: TestCore; readonly dir: string; readonly config: string };

/** A core, and the folder of an agent that cannot reach it, with the sources that it was told. */
async function airGap(t: TestContext, core: TestCore, tenant = "acme"): Promise<AirGap> {
  const dir = await temporaryFolder(t);
  const netbox = await startNetboxFake({ fleet: createFleet({ seed: 3, devices: DEVICES }) });
  t.after(() => netbox[Symbol.asyncDispose]());
  await core.tenant(tenant);
  const at = ["--tenant", tenant];
  const folder = join(dir, "agent");
  const made = await core.run(["agent", "create", "--agent-id", "far", "--out", folder, ...at]);
  assert.equal(made.code, 0, made.err);
  const source = { type: "netbox", endpoint: netbox.url, credentials: { api_token: netbox.token } };
  const path = `/api/v1/tenants/${tenant}/sources?agent_id=far`;
  await core.ask(`POST ${path}`, { body: { sources: { dc1: source } } });
  const told = await core.run([
    "agent",
    "config",
    "far",
    "--out",
    join(dir, "sources.json"),
    ...at,
  ]);
  assert.equal(told.code, 0, told.err);
  return { core, dir, config: join(folder, "agent.json") };
}

async function bundleOf({ dir, config }: AirGap, name = "runs.srb"): Promise<string> {
  const out = join(dir, name);
  const flags = ["--sources", join(dir, "sources.json"), "--config", config];
  const ran = await agent("run", "--once", "--out", out, "--log-level", "error", ...flags);
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /^dc1: success, 40 devices/);
  return out;
}

/** Has the core work what arrives, as `serve` does. */
function working(t: TestContext, { db }: TestCore): void {
  const log = silentLog();
  const options = { db, clock: systemClock, log, chunksPerTx: 10, tenantsInFlight: 1 };
  const worker = new Worker(options);
  const running = worker.run();
  t.after(async () => {
    worker.stop();
    await running;
  });
}

test("a bundle becomes devices, and imported again changes nothing", async (t) => {
  const gap = await airGap(t, await testCore(t));
  working(t, gap.core);
  assert.equal((await stat(join(gap.dir, "sources.json"))).mode & 0o777, 0o600);
  const file = await bundleOf(gap);
  const first = await gap.core.run(["import", file, "--json"]);
  assert.equal(first.code, 0, first.err);
  const taken = JSON.parse(first.out) as {
    stored: number;
    known: number;
    runs: { outcome: string }[];
  };
  assert.deepEqual([taken.stored, taken.known], [2, 0]);
  assert.deepEqual(
    taken.runs.map(({ outcome }) => outcome),
    ["success"],
  );
  const counted = async (): Promise<unknown> => {
    const { rows } = await gap.core.db.query(
      "select (select count(*)::int from sync.ledger) as chunks, (select count(*)::int from sync.runs) as runs",
    );
    return rows;
  };
  const before = await counted();
  const { json } = await gap.core.ask<{ devices: object[] }>(
    "GET /api/v1/tenants/acme/devices?limit=100",
  );
  assert.equal(json.devices.length, DEVICES);
  const again = await gap.core.run(["import", file]);
  assert.equal(again.code, 0, again.err);
  assert.match(again.out, /^Bundle of agent far: 0 records taken, 2 known before\.\n/);
  assert.deepEqual(await counted(), before);
});

test("a bundle that was changed, cut off or is none is refused, and nothing of it is stored", async (t) => {
  const gap = await airGap(t, await testCore(t));
  const file = await bundleOf(gap);
  const whole = await readFile(file);
  const changed = Buffer.from(whole);
  changed[whole.length - 200] = (changed[whole.length - 200] ?? 0) ^ 1;
  for (const [bytes, why] of [
    [changed, /the bundle is refused: it was changed after its agent signed it/],
    [whole.subarray(0, whole.length - 30), /no bundle: it is cut off/],
    [Buffer.from("PK"), /no bundle: it is cut off/],
    [
      Buffer.from("PK\u0003\u0004 and more"),
      /^serviceradar-core: \S+\.srb: no bundle: it does not begin as one/,
    ],
  ] as const) {
    await writeFile(file, bytes);
    const ran = await gap.core.run(["import", file]);
    assert.equal(ran.code, 1);
    assert.match(ran.err, why);
  }
  const { rows } = await gap.core.db.query("select 1 from sync.ledger");
  assert.deepEqual(rows, []);
});

test("another tenant's bundle, another core's and a revoked agent's are refused", async (t) => {
  const core = await testCore(t);
  const gap = await airGap(t, core);
  const file = await bundleOf(gap);
  await core.tenant("globex");
  const tenant = await core.run(["import", file, "--tenant", "globex"]);
  assert.match(tenant.err, /the bundle is refused: it belongs to another tenant/);
  const elsewhere = await airGap(t, await testCore(t));
  const foreign = await elsewhere.core.run(["import", file]);
  assert.match(
    foreign.err,
    /refused: its agent's certificate was issued by no authority of this core/,
  );
  // A bundle for another core, signed by an agent of this one.
  await writeFile(
    join(gap.dir, "sources.json"),
    await readFile(join(elsewhere.dir, "sources.json")),
  );
  const sealedElsewhere = await core.run([
    "import",
    await bundleOf(gap, "b.srb"),
    "--tenant",
    "acme",
  ]);
  assert.match(sealedElsewhere.err, /refused: it was sealed for another core/);
  assert.equal((await core.run(["agent", "revoke", "far", "--tenant", "acme"])).code, 0);
  const revoked = await core.run(["import", file, "--tenant", "acme"]);
  assert.match(revoked.err, /refused: its agent was revoked/);
});

test("an agent without the core's key writes no bundle, and --out goes with --once", async (t) => {
  const gap = await airGap(t, await testCore(t));
  await writeFile(join(gap.dir, "sources.json"), '{"sources":{}}');
  const out = join(gap.dir, "x.srb");
  const flags = ["--out", out, "--config", gap.config];
  const ran = await agent("run", "--once", "--sources", join(gap.dir, "sources.json"), ...flags);
  assert.equal(ran.code, 78);
  assert.match(ran.err, /the configuration names no key of the core \(bundle_key\)/);
  assert.equal((await agent("run", ...flags)).code, 2);
  await assert.rejects(stat(out), { code: "ENOENT" });
  await removeFolder(gap.dir);
});

test("a bundle of a source that was deleted meanwhile is refused, and nothing of it is stored", async (t) => {
  const gap = await airGap(t, await testCore(t));
  const file = await bundleOf(gap);
  assert.equal((await gap.core.run(["source", "delete", "dc1", "--yes"])).code, 0);
  const { code, err } = await gap.core.run(["import", file]);
  assert.equal(code, 1);
  assert.match(err, /tenant "acme" has no source "[0-9a-f-]{36}"/);
  assert.deepEqual((await gap.core.db.query("select 1 from sync.ledger")).rows, []);
});

test("a bundle is rehearsed before it is imported, and changes nothing by that", async (t) => {
  const gap = await airGap(t, await testCore(t));
  const file = await bundleOf(gap);
  const { code, out, err } = await gap.core.run(["rehearse", file, "--source", "dc1", "--json"]);
  assert.equal(code, 0, err);
  assert.match(out, /"created": 40/);
  assert.deepEqual((await gap.core.db.query("select 1 from sync.ledger")).rows, []);
});
