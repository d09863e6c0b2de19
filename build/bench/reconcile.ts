/**
 * What an update costs from inbox to published device, by how many records a tenant has: all new; all unchanged the day after;
 * all unchanged on the third day, when addresses held together begin to count and everything is decided once more; one in a
 * hundred changed. The growth factor says whether that depends on the size of the inventory.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startEmbedded } from "../../src/db/embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import { openPool, type Db } from "../../src/db/pool.ts";
import { workDirty } from "../../src/dire/publish-dirty.ts";
import { Recalls } from "../../src/dire/recall-store.ts";
import { workChunks } from "../../src/dire/work.ts";
import { putChunk } from "../../src/inbox/inbox.ts";
import { claimTenant, releaseTenant, type Lease } from "../../src/inbox/lease.ts";
import { silentLog } from "../../src/lib/log.ts";
import { rounded, type BenchOptions, type Section } from "./section.ts";

/** Updates of a chunk: about 3 MB of them. */
const CHUNK_UPDATES = 4_500;
/** As SYNC_INGESTOR_QUEUE_MAX_CHUNKS has it by default. */
const CHUNKS_PER_TX = 10;
const START_MS = Date.UTC(2026, 2, 2);
const DAY_MS = 86_400_000;
const LOG = silentLog();
const SENDER = { agentId: "bench-agent", partition: "default" } as const;
const SOURCES = ["armis", "netbox"] as const;

/** The section. Sizes are records here, not devices. */
export const reconcile: Section = {
  name: "reconcile",
  run: async (options) => {
    const sizes: Cost[] = [];
    for (const records of options.devices) sizes.push(await measure(records, options));
    const [small, large] = [sizes[0], sizes.at(-1)];
    return { sizes, growth: small && large && sizes.length > 1 ? growthOf(small, large) : null };
  },
};

/** Microseconds an update, wall and this process's CPU. */
interface Step {
  readonly us_per_update: number;
  readonly cpu_us_per_update: number;
}

interface Cost {
  readonly records: number;
  readonly devices: number;
  readonly new: Step;
  readonly unchanged: Step;
  readonly third_day: Step;
  readonly changed_1_percent: Step;
  readonly peak_rss_bytes: number;
}

function growthOf(small: Cost, large: Cost): Record<string, Record<string, number>> {
  const steps = ["new", "unchanged", "third_day", "changed_1_percent"] as const;
  const by = (unit: keyof Step): Record<string, number> =>
    Object.fromEntries(steps.map((step) => [step, rounded(large[step][unit] / small[step][unit])]));
  return { wall: by("us_per_update"), cpu: by("cpu_us_per_update") };
}

async function measure(records: number, { tell, signal }: BenchOptions): Promise<Cost> {
  const dataDir = await mkdtemp(join(tmpdir(), "serviceradar-bench-"));
  try {
    await using server = await startEmbedded({ dataDir, explicitDataDir: false, log: LOG });
    const address = server.connection;
    await using db = openPool({ address, max: 4, applicationName: "bench", log: LOG });
    await migrate(db, { log: LOG });
    await db.query(
      "insert into sync.tenants (tenant, uid, slug, name) values (1, gen_random_uuid(), 'bench', 'bench')",
    );
    await db.query("insert into sync.tenant_ingest (tenant) values (1)");
    const step = async (name: string, run: Run): Promise<Step> => {
      signal.throwIfAborted();
      const cost = await play(db, { records, ...run });
      tell(`reconcile: ${records} records ${name}: ${cost.us_per_update} us an update`);
      return cost;
    };
    const costs = {
      new: await step("new", { day: 0, isChanged: () => false }),
      unchanged: await step("unchanged", { day: 1, isChanged: () => false }),
      third_day: await step("on the third day", { day: 2, isChanged: () => false }),
      changed_1_percent: await step("1% changed", { day: 3, isChanged: (no) => no % 100 === 0 }),
    };
    const { rows } = await db.query<{ devices: number }>(
      "select count(*)::int as devices from sync.devices where tenant = 1",
    );
    const peak = process.resourceUsage().maxRSS * 1_024;
    return { records, devices: rows[0]?.devices ?? 0, ...costs, peak_rss_bytes: peak };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Run {
  readonly day: number;
  readonly isChanged: (no: number) => boolean;
}

async function play(
  db: Db,
  { records, day, isChanged }: Run & { readonly records: number },
): Promise<Step> {
  for (let from = 0, index = 0; from < records; from += CHUNK_UPDATES, index += 1) {
    const until = Math.min(records, from + CHUNK_UPDATES);
    const updates = Array.from({ length: until - from }, (_, i) =>
      update(from + i, { records, day, isChanged }),
    );
    const sources = SOURCES.map((type) => ({ serviceId: type, type, enabled: true }));
    await putChunk(db, 1, {
      agentId: SENDER.agentId,
      runId: `run-${day}`,
      chunkIndex: index,
      sender: { ...SENDER, sources },
      message: Buffer.from(JSON.stringify(updates)),
      chunksMax: 1_000_000,
    });
  }
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const lease = await claimTenant(db, "bench");
  if (lease !== undefined) await work(db, lease);
  const [ms, used] = [performance.now() - began, process.cpuUsage(cpu)];
  return {
    us_per_update: rounded((ms * 1_000) / records),
    cpu_us_per_update: rounded((used.user + used.system) / records),
  };
}

async function work(db: Db, lease: Lease): Promise<void> {
  const recalls = new Recalls();
  while ((await workChunks(db, lease, { limit: CHUNKS_PER_TX, recalls })) !== undefined) {
    while ((await workDirty(db, lease)) !== undefined);
  }
  await releaseTenant(db, lease);
}

/** Six records in ten are Armis', the rest NetBox's; half of NetBox's devices are Armis' too, by serial, MAC and name. */
function update(
  no: number,
  { records, day, isChanged }: Run & { readonly records: number },
): object {
  const armis = Math.floor(records * 0.6);
  const isArmis = no < armis;
  const device = isArmis ? no : no - Math.floor(armis / 3);
  const hex = device.toString(16).toUpperCase().padStart(6, "0");
  const mac = `3C:97:0E:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`;
  const address = `10.${(device >> 16) & 255}.${(device >> 8) & 255}.${device & 255}`;
  return {
    agent_id: SENDER.agentId,
    source: isArmis ? "armis" : "netbox",
    partition: SENDER.partition,
    timestamp: new Date(START_MS + day * DAY_MS).toISOString(),
    ip: address,
    mac,
    hostname: isChanged(no) ? `host-${device}-renamed` : `host-${device}`,
    metadata: {
      sync_service_id: isArmis ? "armis" : "netbox",
      integration_type: isArmis ? "armis" : "netbox",
      serial: `SN${(device * 7_919).toString(36).toUpperCase().padStart(8, "0")}`,
      manufacturer: "Dell",
      model: `R7${device % 7}0`,
      ...(isArmis
        ? { armis_device_id: String(no), armis_risk_level: "3", armis_type: "Servers" }
        : {
            integration_id: String(no),
            netbox_device_id: String(no),
            site: "fra1",
            role: "server",
          }),
    },
  };
}
