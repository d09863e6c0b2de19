import { formatBytes } from "../../src/lib/bytes.ts";
import type { Program } from "../process/program.ts";
import type { Ask } from "./progress.ts";

type Overview = {
  readonly slug: string;
  readonly devices: number;
  readonly records: number;
  readonly devices_by_source: readonly { readonly source: string; readonly devices: number }[];
};

/** What a sync came to, and how long that took. */
export interface Sync {
  readonly tenants: readonly { readonly ask: Ask }[];
  /** That were in the inventory after so many seconds. */
  readonly records: number;
  readonly seconds: number;
  readonly agents: readonly Program[];
}

/** Under this name an agent's own host is a source; it is told in words. */
const AGENT_SOURCE = "agents";

/** Tells what a sync came to, tenant by tenant. */
export async function printSummary(sync: Sync, print: (line: string) => void): Promise<void> {
  const { tenants, records, seconds, agents } = sync;
  for (const { ask } of tenants) {
    for (const line of tenantLines(await ask<Overview>(""))) print(line);
    const waiting = await reviewCounts(ask);
    if (waiting !== "") print(`  waits for a decision: ${waiting}`);
  }
  const rate = count(Math.round(records / seconds));
  print(`${count(records)} records from source to inventory in ${seconds.toFixed(1)} s: ${rate}/s`);
  for (const agent of agents) {
    const bytes = await agent.peakMemory();
    if (bytes !== undefined) print(`${agent.name}: ${formatBytes(bytes)} of memory at its peak`);
  }
}

function tenantLines(overview: Overview): readonly string[] {
  const { slug, devices, records, devices_by_source: sources } = overview;
  const joined = records - devices;
  const merged = joined > 0 ? `, ${count(joined)} merged into another source's device` : "";
  const head = `${slug}: ${count(devices)} devices of ${count(records)} source records${merged}`;
  const lines = sources
    .toSorted((a, b) => b.devices - a.devices)
    .map(({ source, devices: own }) => {
      const name = source === AGENT_SOURCE ? "agent's host" : source;
      return `  ${name.padEnd(14)} ${count(own).padStart(8)} devices`;
    });
  return [head, ...lines];
}

type Quality = Readonly<Record<"held_publications" | "quarantined_pairs", number>> &
  Readonly<
    Record<
      "learnt_values" | "flapping_records" | "flapping_values" | "crowded_devices",
      { readonly count: number }
    >
  >;

/** What the review queue has, by kind; "" where it is empty. */
async function reviewCounts(ask: Ask): Promise<string> {
  const quality = await ask<Quality>("/dire/quality");
  const { retractions } = await ask<{ retractions: readonly object[] }>("/retractions?state=held");
  const counts: readonly (readonly [one: string, many: string, count: number])[] = [
    ["publication held", "publications held", quality.held_publications],
    ["retraction held", "retractions held", retractions.length],
    ["pair held apart", "pairs held apart", quality.quarantined_pairs],
    ["doubtful value", "doubtful values", quality.learnt_values.count],
    ["flapping record", "flapping records", quality.flapping_records.count],
    ["flapping value", "flapping values", quality.flapping_values.count],
    ["crowded device", "crowded devices", quality.crowded_devices.count],
  ];
  return counts
    .filter(([, , number]) => number > 0)
    .map(([one, many, number]) => `${count(number)} ${number === 1 ? one : many}`)
    .join(", ");
}

/** How many records of sources the tenants have. */
export async function countRecords(tenants: readonly { readonly ask: Ask }[]): Promise<number> {
  const counts = await Promise.all(
    tenants.map(async ({ ask }) => (await ask<Overview>("")).records),
  );
  return counts.reduce((sum, records) => sum + records, 0);
}

function count(number: number): string {
  return number.toLocaleString("en");
}
