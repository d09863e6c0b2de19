/**
 * Prints how simple engines fare on fleets of this generator, to hold it against measured figures of the original. Run:
 * node test/fleet/calibrate.ts --seeds 3 --devices 2000 --days 5 --profile default
 */
import { parseArgs } from "node:util";

import { createIdentityFleet, type FleetOptions } from "./identity-fleet.ts";
import { createClosure } from "./models/closure.ts";
import { createHead } from "./models/head.ts";
import { runModel } from "./models/run-model.ts";
import { parseProfile, PROFILES } from "./profiles.ts";
import { coreTable, modeTable, type Engine } from "./scoring/table.ts";

const MODELS = [createHead, createClosure] as const;

/** Tables of every model's mean scores over fleets with the seeds 1 to `seeds`. */
export function calibrate(options: Omit<FleetOptions, "seed">, seeds: number): string {
  const engines = MODELS.map((create): Engine => [
    create().name,
    Array.from({ length: seeds }, (_, nth) =>
      runModel(createIdentityFleet({ ...options, seed: nth + 1 }), create()),
    ),
  ]);
  return `${coreTable(engines)}\n\n${modeTable(engines)}\n`;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "1" },
      devices: { type: "string", default: "2000" },
      days: { type: "string", default: "5" },
      profile: { type: "string", default: "default" },
    },
  });
  const profile = parseProfile(values.profile);
  if (profile === undefined) throw new Error(`--profile must be one of ${PROFILES.join(", ")}`);
  const options = { devices: Number(values.devices), days: Number(values.days), profile };
  process.stdout.write(calibrate(options, Number(values.seeds)));
}

if (import.meta.main) main();
