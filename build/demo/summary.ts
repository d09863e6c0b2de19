import { formatBytes } from "../../src/lib/bytes.ts";
import type { Program } from "../process/program.ts";
import type { Ask } from "./progress.ts";

type Overview = {
  readonly slug: string;
  readonly devices: number;
  readonly records: number;
  readonly devices_by_source: readonly { readonly source: string; readonly devices: number }[];
};

/** What a sync came to, tenant by tenant. */
export async function printSummary(
  {
    tenants,
    seconds,
    agents,
  }: {
    readonly tenants: readonly { readonly ask: Ask }[];
    readonly seconds: number;
    readonly agents: readonly Program[];
  },
  print: (line: string) => void,
): Promise<void> {
  let records = 0;
  for (const { ask } of tenants) {
    const overview = await ask<Overview>("");
    records += overview.records;
    const joined = overview.records - overview.devices;
    print(
      `${overview.slug}: ${count(overview.devices)} devices out of ${count(overview.records)} source records (${count(joined)} joined another)`,
    );
    for (const { source, devices } of overview.devices_by_source) {
      print(`  ${source.padEnd(14)} ${count(devices)} devices`);
    }
  }
  print(
    `${count(records)} records in ${seconds.toFixed(1)} s from source to inventory: ${count(Math.round(records / seconds))} a second`,
  );
  for (const agent of agents) {
    const bytes = await agent.peakMemory();
    if (bytes !== undefined) print(`${agent.name}: at most ${formatBytes(bytes)} of memory`);
  }
}

function count(number: number): string {
  return number.toLocaleString("en");
}
