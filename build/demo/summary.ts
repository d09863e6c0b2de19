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
  readonly seconds: number;
  readonly agents: readonly Program[];
}

/** Under this name an agent's own host is a source; it is told in words. */
const AGENT_SOURCE = "agents";

/** Tells what a sync came to, tenant by tenant. */
export async function printSummary(sync: Sync, print: (line: string) => void): Promise<void> {
  const { tenants, seconds, agents } = sync;
  let records = 0;
  for (const { ask } of tenants) {
    const overview = await ask<Overview>("");
    records += overview.records;
    for (const line of tenantLines(overview)) print(line);
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

function count(number: number): string {
  return number.toLocaleString("en");
}
