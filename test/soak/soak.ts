/**
 * `npm run soak -- --seconds N [--seed S]`: an agent and a core with its database, two sources that are pulled on and on, and something
 * that breaks every few seconds. Then all is left alone; what is published must be what a tenant has to whom nothing happened,
 * and every record counted once. The seed, which is printed first, decides what breaks and when. Ends with PASS or FAIL and 0 or 1.
 */
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";

import { layCable } from "../e2e/cable.ts";
import {
  openInstallation,
  settled,
  until,
  type Installation,
  type TestTenant,
} from "../e2e/installation.ts";
import { BREAK, type Soak } from "./break.ts";
import { compare, runsOf } from "./compare.ts";
import { mishaps, type Fault } from "./plan.ts";

const { values: flags } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string" } },
});
const SECONDS = Number(flags.seconds);
const SEED = Number(flags.seed ?? Math.trunc(performance.timeOrigin % 1e9));
const NETBOX_TOKEN = "0123456789abcdef0123456789abcdef01234567";
const ARMIS_SECRET = "soak-secret-key";
const RECORDED = "test/recorded/netbox-4.6.8";
/** Devices of each source: the first has them soon, the second's runs take some seconds, in several windows. */
const DEVICES = { netbox: 60, armis: 400 };
const NETBOX = "test/fakes/netbox-replay-server.ts";
const ARMIS = "test/fakes/armis-server.ts";
/** Full runs, and between them some of what changed alone, which is nothing. */
const FULL_AND_DELTA = { discovery_interval: "6s" };
const SLOW = ["--latency-ms", "60"];

const print = (line: string): void => void process.stdout.write(`${line}\n`);

await using stack = new AsyncDisposableStack();
print(`soak: seed ${SEED}, ${SECONDS} s`);
try {
  await soak();
  print(`PASS (seed ${SEED}, ${SECONDS} s)`);
} catch (thrown) {
  print(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  print(`FAIL (seed ${SEED}, ${SECONDS} s)`);
  process.exitCode = 1;
}

async function soak(): Promise<void> {
  const installation = await openInstallation({
    after: (end) => stack.defer(end as () => Promise<void>),
  });
  const cable = stack.use(await layCable(installation.stage.grpc));
  const { netbox, armis } = await startSources(installation);
  const settings = { gateway_addr: cable.address, chunk_max_bytes: "64KB" };
  const tenant = await installation.tenant("acme", settings);
  await installation.sources(tenant, { netbox }, "2s");
  const at: Soak = { installation, tenant, cable, agent: installation.startAgent(tenant) };
  await disturb(at, () => installation.sources(tenant, { armis }, "2s"));
  const calm = await installation.tenant("calm", { chunk_max_bytes: "64KB" });
  await installation.sources(calm, { netbox });
  const calmAgent = installation.startAgent(calm);
  await settled(calm, "netbox", 1);
  await installation.sources(calm, { armis });
  await settled(calm, "armis", 1);
  await calmAgent.stop();
  const soaked = { installation, tenant, calm, sources: ["netbox", "armis"] };
  for (const line of await compare(soaked)) print(line);
}

async function startSources({
  fake,
}: Installation): Promise<{ readonly netbox: object; readonly armis: object }> {
  const recorded = ["--folder", RECORDED, "--devices", String(DEVICES.netbox)];
  const overlapping = ["--recorded", RECORDED, "--devices", String(DEVICES.armis), "--seed", "7"];
  const [netbox, armis] = [
    await fake("netbox", NETBOX, ...recorded, "--token", NETBOX_TOKEN),
    await fake("armis", ARMIS, ...overlapping, ...SLOW, "--secret-key", ARMIS_SECRET),
  ];
  return {
    netbox: {
      type: "netbox",
      endpoint: netbox.url,
      credentials: { api_token: NETBOX_TOKEN },
      ...FULL_AND_DELTA,
    },
    armis: {
      type: "armis",
      endpoint: armis.url,
      credentials: { secret_key: ARMIS_SECRET },
      page_size: 25,
      ...FULL_AND_DELTA,
    },
  };
}

/**
 * Breaks one thing after the other until the time is up. The second source is added once all of the first is there: which of two
 * sources saw a device first decides its id, and shall not depend on what breaks.
 */
async function disturb(at: Soak, addSecond: () => Promise<void>): Promise<void> {
  const began = performance.now();
  const counts = new Map<Fault, number>();
  let isFirstThere = false;
  for (const { fault, afterMs, lastsMs } of mishaps(SEED)) {
    await setTimeout(afterMs);
    const seconds = (performance.now() - began) / 1_000;
    if (seconds > SECONDS) break;
    print(`${seconds.toFixed(1).padStart(7)} s  ${fault}`);
    await BREAK[fault](at, lastsMs);
    counts.set(fault, (counts.get(fault) ?? 0) + 1);
    if (!isFirstThere && (await hasSucceeded(at.tenant, "netbox"))) {
      isFirstThere = true;
      await addSecond();
      print("           the second source is added");
    }
  }
  const told = [...counts].map(([fault, count]) => `${fault} ${count}`).toSorted();
  print(`all is left alone after ${told.join(", ") || "nothing"}`);
  if (isFirstThere) return;
  await until(
    "the first source",
    async () => (await hasSucceeded(at.tenant, "netbox")) || undefined,
  );
  await addSecond();
}

async function hasSucceeded(tenant: TestTenant, source: string): Promise<boolean> {
  return (await runsOf(tenant, source)).some(({ outcome }) => outcome === "success");
}
