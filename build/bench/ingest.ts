/**
 * A load from the agent's calls to the published inventory, of two sources that overlap: everything new, nothing changed the day
 * after, one in a hundred changed. A real agent in this process, a core as a process of its own, and beside it what PostgreSQL alone takes
 * to COPY the rows that came out.
 */
import { startProgress } from "../../src/agent/source-status.ts";
import { syncRun, type RunContext } from "../../src/agent/sync-run.ts";
import { migrate } from "../../src/db/migrate.ts";
import { newUuid } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { ok } from "../../src/lib/result.ts";
import type { SourcePage } from "../../src/sources/source.ts";
import type { Program } from "../process/program.ts";
import { readCluster, processCpu } from "./cluster-meter.ts";
import { exportTables, measureFloor, sizeOfTables, type CopyFloor } from "./copy-floor.ts";
import { openRig, type Rig } from "./ingest-rig.ts";
import { measurePhase, type Phase } from "./phase-meter.ts";
import { rounded, type BenchOptions, type Section } from "./section.ts";
import { countOf, devicesOf, SHARES, type IsChanged, type SourceShare } from "./two-sources.ts";

/** Any time will do; what counts is that a new day begins between the first run and the unchanged one. */
const START_MS = Date.UTC(2026, 2, 2, 8);
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Devices of a page of the source. */
const PAGE_DEVICES = 1_000;
/** How often it is asked whether all is published, ms: the figure is that much too large at most, and asking costs CPU too. */
const LOOK_MS = 100;
/** One in so many devices is another than before. */
const CHANGED_ONE_IN = 100;

/** The section. */
export const ingest: Section = {
  name: "ingest",
  run: async (options) => {
    const sizes: Load[] = [];
    for (const devices of options.devices) sizes.push(await measure(devices, options));
    return { sizes, growth: growthOf(sizes) };
  },
};

interface Load {
  readonly devices: number;
  readonly first: Phase;
  readonly [figure: string]: unknown;
}

/** By how much an update of the first load costs more with so many devices than with so many times fewer: CPU of core and database. */
function growthOf(sizes: readonly Load[]): unknown {
  const cost = ({ first }: Load): number => cpuOf(first) / first.updates;
  return sizes.slice(1).map((load, i) => {
    const before = sizes[i] ?? load;
    const factor = rounded(cost(load) / cost(before));
    return { from: before.devices, to: load.devices, cpu_per_update: factor };
  });
}

function cpuOf({ core_cpu_seconds: core, postgres_cpu_seconds: postgres }: Phase): number {
  return (core ?? NaN) + (postgres ?? NaN);
}

async function measure(devices: number, options: BenchOptions): Promise<Load> {
  options.signal.throwIfAborted();
  await using rig = await openRig(options.databaseUrl);
  try {
    return await measureOn(rig, devices, options);
  } catch (thrown) {
    options.tell(`ingest: what the core said is in ${rig.keep()}/logs`);
    throw thrown;
  }
}

async function measureOn(rig: Rig, devices: number, options: BenchOptions): Promise<Load> {
  const { tell } = options;
  const inbox = await inboxAlone(rig, { devices, signal: options.signal });
  tell(`ingest: ${devices} devices, inbox alone: ${JSON.stringify(inbox)}`);
  const core = await rig.startCore("gateway,ingest,api");
  await using session = await rig.db.checkOut();
  const agent = rig.connect();
  const phase = async (name: string, atMs: number, isChanged: IsChanged): Promise<Phase> => {
    options.signal.throwIfAborted();
    const figures = await measurePhase({ core, session }, async () => {
      const updates = await pullAll({
        rig,
        agent,
        devices,
        atMs,
        isChanged,
        signal: options.signal,
      });
      await untilPublished({ rig, core, signal: options.signal });
      return updates;
    });
    tell(`ingest: ${devices} devices, ${name}: ${JSON.stringify(figures)}`);
    return figures;
  };
  const first = await phase("first", START_MS, () => false);
  const bytes = await sizeOfTables(session);
  const floor = await copyFloor(rig);
  tell(`ingest: ${devices} devices, floor: ${JSON.stringify(floor)}`);
  const unchanged = await phase("unchanged", START_MS + DAY_MS, () => false);
  const isChanged = (no: number): boolean => Math.floor(no / 2) % CHANGED_ONE_IN === 0;
  const changed = await phase("changed", START_MS + DAY_MS + HOUR_MS, isChanged);
  await expectRight(rig, devices);
  return {
    devices,
    first,
    unchanged,
    changed_1_percent: changed,
    inbox_alone: inbox,
    bytes_per_device: Math.round(bytes / devices),
    copy_floor: floor,
    ratios: ratiosOf({ first, unchanged, changed, inbox, floor }),
  };
}

type Measured = {
  readonly first: Phase;
  readonly unchanged: Phase;
  readonly changed: Phase;
  readonly inbox: Inbox;
  readonly floor: CopyFloor;
};

function ratiosOf({ first, unchanged, changed, inbox, floor }: Measured): unknown {
  const floorCpu = floor.cpu_seconds ?? NaN;
  return {
    first_to_floor: rounded(first.seconds / floor.seconds),
    first_to_floor_cpu: rounded(cpuOf(first) / floorCpu),
    first_to_floor_postgres_cpu: rounded((first.postgres_cpu_seconds ?? NaN) / floorCpu),
    unchanged_faster_than_first: rounded(first.seconds / unchanged.seconds),
    unchanged_postgres_cpu_of_first: rounded(
      (unchanged.postgres_cpu_seconds ?? NaN) / (first.postgres_cpu_seconds ?? NaN),
    ),
    changed_to_unchanged: rounded(changed.seconds / unchanged.seconds),
    inbox_cpu_of_first: rounded(inbox.cpu_seconds / cpuOf(first)),
  };
}

type Inbox = { readonly seconds: number; readonly cpu_seconds: number };

/** The same calls to a core that only takes them in: what gateway and inbox cost. Nothing of it is left. */
async function inboxAlone(
  rig: Rig,
  { devices, signal }: Pick<Pulling, "devices" | "signal">,
): Promise<Inbox> {
  const core = await rig.startCore("gateway", { SYNC_INBOX_MAX_CHUNKS: "100000" });
  await using session = await rig.db.checkOut();
  await session.query("checkpoint");
  const reading = async (): Promise<number> =>
    ((await readCluster(session)).cpuSeconds ?? 0) + ((await processCpu(core.pid)) ?? 0);
  const [cpu, startedMs] = [await reading(), performance.now()];
  const agent = rig.connect();
  await pullAll({ rig, agent, devices, atMs: START_MS, isChanged: () => false, signal });
  const seconds = rounded((performance.now() - startedMs) / 1_000);
  const cpu_seconds = rounded((await reading()) - cpu);
  await core.stop();
  await session.query("truncate sync.inbox, sync.ledger");
  return { seconds, cpu_seconds };
}

type Pulling = {
  readonly rig: Rig;
  readonly agent: RunContext;
  readonly devices: number;
  readonly atMs: number;
  readonly isChanged: IsChanged;
  readonly signal: AbortSignal;
};

/** One run of each source, one after the other. Gives the number of updates; throws where a run did not end well. */
export async function pullAll({
  rig,
  agent,
  devices,
  atMs,
  isChanged,
  signal,
}: Pulling): Promise<number> {
  let updates = 0;
  for (const share of SHARES) {
    const progress = startProgress({ runId: newUuid(), trigger: "poll", startedMs: atMs });
    const syncServiceId = rig.serviceIds.get(share.type) ?? "";
    const { lastRun } = await syncRun(agent, {
      source: {
        name: `${share.type}_bench`,
        type: share.type,
        syncServiceId,
        endpoint: "https://source.example.net",
        credentials: {},
        queries: [],
        pollIntervalMs: DAY_MS,
        discoveryIntervalMs: DAY_MS,
        networkBlacklist: [],
        insecureSkipVerify: false,
      },
      opened: ok({ pull: () => pagesOf(share, { devices, isChanged }) }),
      cancel: signal,
      progress,
    });
    signal.throwIfAborted();
    const { outcome, error } = lastRun;
    if (outcome !== "success") throw new Error(`the run ended ${outcome}: ${error?.message}`);
    updates += lastRun.devices;
  }
  return updates;
}

// oxlint-disable-next-line require-await -- a source is read asynchronously, and this one is there already
async function* pagesOf(
  share: SourceShare,
  inventory: { readonly devices: number; readonly isChanged: IsChanged },
): AsyncGenerator<SourcePage> {
  let page: SourcePage["devices"][number][] = [];
  for (const device of devicesOf(share, inventory)) {
    page.push(device);
    if (page.length < PAGE_DEVICES) continue;
    yield { devices: page, rejected: [] };
    page = [];
  }
  yield { devices: page, rejected: [] };
}

type Awaited = { readonly rig: Rig; readonly core: Program; readonly signal: AbortSignal };

/** Resolves once nothing waits to be worked, published or retired. Throws where the core ends or a chunk is parked. */
export async function untilPublished({ rig, core, signal }: Awaited): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (core.hasEnded) throw new Error(`the core ended:\n${await core.lastWords()}`);
    const { rows } = await rig.db.query<{ waits: boolean; parked: boolean }>(
      `select exists (select from sync.inbox where parked_reason is null) or exists (select from sync.dirty) as waits,
              exists (select from sync.inbox where parked_reason is not null) as parked`,
    );
    if (rows[0]?.parked === true) throw new Error("a chunk was parked");
    if (rows[0]?.waits === false) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** What was measured is worth nothing unless it is right. */
async function expectRight({ db }: Rig, devices: number): Promise<void> {
  const { rows } = await db.query<{ devices: number; records: number; complete: number }>(
    `select (select count(*) from sync.devices where deleted_at is null and not is_provisional)::int as devices,
            (select count(*) from sync.records)::int as records,
            (select count(*) from sync.runs where is_complete)::int as complete`,
  );
  const records = SHARES.reduce((sum, share) => sum + countOf(share, devices), 0);
  const wanted = JSON.stringify({ devices, records, complete: SHARES.length * 3 });
  if (JSON.stringify(rows[0]) !== wanted) {
    throw new Error(`the inventory is ${JSON.stringify(rows[0])} and not ${wanted}`);
  }
}

async function copyFloor(rig: Rig): Promise<CopyFloor> {
  const tables = await exportTables(rig.db, rig.exportDir);
  const name = `bench_floor_${newUuid().slice(0, 8)}`;
  const db = await rig.openBeside(name);
  await migrate(db, { log: silentLog() });
  const floor = await (async () => {
    await using session = await db.checkOut();
    return await measureFloor(session, tables);
  })();
  await db.end();
  await rig.db.query(`drop database ${name}`);
  return floor;
}
