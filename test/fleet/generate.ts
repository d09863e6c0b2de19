/** Writes a fleet with known truth into a folder. Run: node test/fleet/generate.ts --seed 1 --devices 2000 --days 5 --out DIR */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

import type { FleetBatch } from "./delivery.ts";
import { createIdentityFleet, tagsOf, type FleetOptions } from "./identity-fleet.ts";
import { parseProfile, PROFILES } from "./profiles.ts";
import type { BatchLine, TruthLine } from "./scoring/lines.ts";

/** Written in pieces of about this size, so that a fleet of any size needs little memory. */
const PIECE_BYTES = 1 << 20;

interface LineFile {
  write(line: object): void;
  close(): void;
}

function openLines(path: string): LineFile {
  const file = openSync(path, "w");
  let piece = "";
  const flush = (): void => {
    writeSync(file, piece);
    piece = "";
  };
  return {
    write: (line) => {
      piece += `${JSON.stringify(line)}\n`;
      if (piece.length > PIECE_BYTES) flush();
    },
    close: () => {
      flush();
      closeSync(file);
    },
  };
}

/** Writes updates.jsonl, batches.json, truth.jsonl and devices.json into `folder`. Returns the number of updates. */
export function writeFleet(options: FleetOptions, folder: string): number {
  mkdirSync(folder, { recursive: true });
  const fleet = createIdentityFleet(options);
  const updates = openLines(join(folder, "updates.jsonl"));
  const truth = openLines(join(folder, "truth.jsonl"));
  const batches: BatchLine[] = [];
  let count = 0;
  for (const batch of fleet.batches()) {
    batches.push(batchLine(batch, count));
    for (const { device, update } of batch.delivered) {
      updates.write(update);
      truth.write({
        i: count,
        device: device.no,
        day: batch.day,
        source: update.source,
        modes: tagsOf(device),
      } satisfies TruthLine);
      count += 1;
    }
  }
  updates.close();
  truth.close();
  const devices = fleet.devices.map((device) => ({
    device: device.no,
    partition: device.partition,
    kind: device.kind.role,
    modes: tagsOf(device),
  }));
  writeFileSync(join(folder, "batches.json"), linesOf(batches));
  writeFileSync(join(folder, "devices.json"), linesOf(devices));
  return count;
}

function batchLine({ day, instance, delivered }: FleetBatch, start: number): BatchLine {
  return {
    day,
    source: instance.source,
    instance: instance.name,
    start,
    count: delivered.length,
  };
}

/** A JSON array, one item a line. */
function linesOf(items: readonly object[]): string {
  return `[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n]\n`;
}

/** Replaces the larger files by compressed ones. */
function compress(folder: string): void {
  for (const name of ["updates.jsonl", "truth.jsonl", "devices.json"]) {
    const path = join(folder, name);
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
    rmSync(path);
  }
}

function main(): void {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      devices: { type: "string", default: "2000" },
      days: { type: "string", default: "5" },
      profile: { type: "string", default: "default" },
      out: { type: "string" },
      gzip: { type: "boolean", default: false },
    },
  });
  const profile = parseProfile(values.profile);
  if (profile === undefined) throw new Error(`--profile must be one of ${PROFILES.join(", ")}`);
  if (values.out === undefined) throw new Error("--out must name a folder");
  const [seed, devices, days] = [values.seed, values.devices, values.days].map(Number);
  if (seed === undefined || devices === undefined || days === undefined) return;
  const count = writeFleet({ seed, devices, days, profile }, values.out);
  if (values.gzip) compress(values.out);
  process.stdout.write(`${count} updates of ${devices} devices in ${values.out}\n`);
}

if (import.meta.main) main();
