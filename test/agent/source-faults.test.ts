/**
 * Whatever a source's API does in the middle of a run, or from its first answer on: the run in the core says what it was, and after a
 * good run the inventory is that of a life without it. Real sources, a real agent's run, a real core.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { GatewayLink } from "../../src/agent/gateway-link.ts";
import { startProgress } from "../../src/agent/source-status.ts";
import { syncRun, type RunContext } from "../../src/agent/sync-run.ts";
import type { Tenant } from "../../src/control/tenants.ts";
import { lastRuns } from "../../src/inbox/run-list.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { ok } from "../../src/lib/result.ts";
import type { SourceConfig } from "../../src/model/sync-payload.ts";
import type { OpenSource } from "../../src/sources/source.ts";
import type { SourceFault, SourceHarness, SourceHarnessOptions } from "../contract/source.ts";
import { armisHarness } from "../sources/armis-harness.ts";
import { netboxHarness } from "../sources/netbox-harness.ts";
import { startTestCore } from "../support/core.ts";
import { HastyClock } from "../support/instant-clock.ts";
import { CHUNK_BYTES, identity } from "./harness.ts";

const DEVICES = 23;
/** Requests by which some pages have come, and not all. */
const MIDDLE = { netbox: 9, armis: 2 };

interface Case {
  readonly what: string;
  readonly fault: SourceFault;
  /** Class of the error that the run has in the core. */
  readonly kind: string;
  /** How a run ends that has the fault from the first answer on. */
  readonly atOnce?: "failed" | "partial";
  /** Settings of the source by which it shows in the time of a test. */
  readonly settings?: Partial<SourceConfig>;
}

const NETBOX: readonly Case[] = [
  { what: "401", fault: { kind: "status", status: 401 }, kind: "auth" },
  { what: "403", fault: { kind: "status", status: 403 }, kind: "permission" },
  { what: "429", fault: { kind: "status", status: 429, retryAfter: "7" }, kind: "rate_limited" },
  { what: "500", fault: { kind: "status", status: 500 }, kind: "unreachable" },
  { what: "a connection that breaks", fault: { kind: "hangup" }, kind: "unreachable" },
  { what: "truncated JSON", fault: { kind: "cut_json" }, kind: "truncated" },
  { what: "an answer that trickles", fault: { kind: "drip" }, kind: "truncated" },
  {
    what: "an answer that never begins",
    fault: { kind: "never" },
    kind: "unreachable",
    settings: { answerTimeoutMs: 100 },
  },
  { what: "a login page", fault: { kind: "html" }, kind: "bad_data" },
  {
    what: "a redirect elsewhere",
    fault: { kind: "redirect", to: "http://127.0.0.2:1/" },
    kind: "unreachable",
  },
  // The first page is the first one all the same.
  {
    what: "a cursor that repeats",
    fault: { kind: "repeats" },
    kind: "filter_ignored",
    atOnce: "partial",
  },
];
/** Where it does otherwise: its token is renewed once, and its pages go by offset. */
const ARMIS: readonly Case[] = [
  { what: "401", fault: { kind: "status", status: 401 }, kind: "auth" },
  {
    what: "a cursor that repeats",
    fault: { kind: "repeats" },
    kind: "bad_data",
    atOnce: "partial",
  },
];

type Fault = (request: { readonly number: number }) => SourceFault | undefined;
type MakeHarness = (options: SourceHarnessOptions) => Promise<SourceHarness>;
type Told = {
  readonly outcome: string;
  readonly kind: string | undefined;
  readonly isComplete: boolean;
};

const core = await startTestCore({ after });

for (const { name, make, tenant, cases } of [
  { name: "netbox", make: netboxHarness, tenant: core.acme, cases: NETBOX },
  { name: "armis", make: armisHarness, tenant: core.globex, cases: ARMIS },
] as const) {
  const link = await linkOf(tenant);
  const start = (called: string, fault: Fault, more: Partial<Given> = {}): Promise<Subject> =>
    subjectOf({ name: `${name}-${called}`, make, tenant, link, fault, ...more });
  const calm = await start("calm", () => undefined);
  const good: Told = { outcome: "success", kind: undefined, isComplete: true };
  assert.deepEqual(await calm.run(), good);
  const undisturbed = await calm.inventory();
  assert.equal(undisturbed.records.length, DEVICES);

  // A page's link is never followed: its next page is asked for at the source's own address.
  if (name === "netbox") {
    test("netbox: next links that lead to another host change nothing of a run", async () => {
      const given = { harnessOptions: { nextOrigin: "http://127.0.0.2:1" } };
      const subject = await start("links", () => undefined, given);
      assert.deepEqual(await subject.run(), good);
      assert.deepEqual(await subject.inventory(), undisturbed);
    });
  }

  for (const { what, fault, kind, atOnce = "failed", settings = {} } of cases) {
    test(`${name}: ${what} is told as ${kind}, and costs the inventory nothing`, async () => {
      let requests = 0;
      let goodOnes = 0;
      const failing = (): SourceFault | undefined => {
        requests += 1;
        return requests > goodOnes ? fault : undefined;
      };
      const subject = await start(what, failing, { settings });
      const runAfter = async (count: number): Promise<Told> => {
        requests = 0;
        goodOnes = count;
        return await subject.run();
      };
      assert.deepEqual(await runAfter(0), { outcome: atOnce, kind, isComplete: false });
      assert.deepEqual(await runAfter(MIDDLE[name]), {
        outcome: "partial",
        kind,
        isComplete: false,
      });
      assert.deepEqual(await runAfter(Infinity), good);
      assert.deepEqual(await subject.inventory(), undisturbed);
    });
  }
}

test("an agent whose clock is a day ahead or behind tells the same inventory", async () => {
  const link = await linkOf(core.acme);
  const given = { make: netboxHarness, tenant: core.acme, link, fault: () => undefined };
  const [right, ...wrong] = await Promise.all(
    [0, DAY_MS, -DAY_MS].map((skewMs) => subjectOf({ ...given, name: `skew ${skewMs}`, skewMs })),
  );
  for (const subject of [right, ...wrong]) assert.equal((await subject?.run())?.outcome, "success");
  for (const subject of wrong) {
    assert.deepEqual(await subject.inventory(), await right?.inventory());
  }
});

const DAY_MS = 86_400_000;

/** One source of the tenant's agent. */
interface Subject {
  /** Runs it, and gives what the core's list of runs says of that. */
  readonly run: () => Promise<Told>;
  /** Its records, and all that is published. */
  readonly inventory: () => Promise<{
    readonly records: readonly unknown[];
    readonly devices: readonly unknown[];
  }>;
}

async function linkOf(tenant: Tenant): Promise<GatewayLink> {
  const gateway = core.client(await core.agent(tenant, identity.agentId));
  const link = new GatewayLink();
  link.establish({ gateway, gatewayId: "gw-test" });
  return link;
}

type Given = {
  readonly name: string;
  readonly make: MakeHarness;
  readonly tenant: Tenant;
  readonly link: GatewayLink;
  readonly fault: Fault;
  readonly skewMs?: number;
  readonly settings?: Partial<SourceConfig>;
  readonly harnessOptions?: Partial<SourceHarnessOptions>;
};

async function subjectOf(given: Given): Promise<Subject> {
  const { name, make, tenant, link, fault, skewMs = 0, settings, harnessOptions } = given;
  const harness = await make({ devices: DEVICES, pageSize: 5, fault, ...harnessOptions });
  after(() => harness[Symbol.asyncDispose]());
  const { type, endpoint } = harness.config;
  const syncServiceId = await core.source(tenant, identity.agentId, { name, type, endpoint });
  const source = { ...harness.config, ...settings, name, syncServiceId };
  const opened = harness.source.open(source);
  assert.ok(opened.ok);
  const context: RunContext = {
    identity,
    link,
    clock: systemClock,
    log: silentLog(),
    windowChunks: 4,
    chunkBytesMax: CHUNK_BYTES,
    receiveBytesMax: 65_536,
    graceMs: 10_000,
  };
  const pull: OpenSource["pull"] = (options) =>
    opened.value.pull({ ...options, clock: new HastyClock() });
  const run = async (): Promise<Told> => {
    const progress = startProgress({
      runId: crypto.randomUUID(),
      trigger: "poll",
      startedMs: Date.now() + skewMs,
    });
    const { signal: cancel } = new AbortController();
    await syncRun(context, { source, opened: ok({ pull }), cancel, progress });
    await core.work();
    const last = (await lastRuns(core.db, tenant.tenant, [syncServiceId])).get(syncServiceId);
    assert.ok(last !== undefined);
    assert.equal(last.errorMessage === undefined, last.errorKind === undefined);
    return { outcome: last.outcome, kind: last.errorKind, isComplete: last.isComplete };
  };
  return { run, inventory: () => inventoryOf(tenant, syncServiceId) };
}

async function inventoryOf({ tenant }: Tenant, instance: string): ReturnType<Subject["inventory"]> {
  const { rows: records } = await core.db.query<{ native: string; payload: Payload }>(
    `select r.native, r.payload from sync.records r join sync.instances i using (tenant, instance_no)
      where r.tenant = $1 and i.name = $2 order by r.native`,
    [tenant, instance],
  );
  const { rows: devices } = await core.db.query(
    `select device_id, ip, mac, hostname, serial from sync.devices
      where tenant = $1 and deleted_at is null and not ('agent' = any(sources)) order by device_id`,
    [tenant],
  );
  return { records: records.map(({ native, payload }) => [native, timeless(payload)]), devices };
}

type Payload = { readonly timestamp?: string; readonly metadata: Readonly<Record<string, string>> };

/** Without what every run and every source has of its own. */
function timeless({ metadata, ...payload }: Payload): object {
  const own = { timestamp: undefined, sync_service_id: undefined };
  return { ...payload, ...own, metadata: { ...metadata, ...own } };
}
