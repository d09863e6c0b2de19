/**
 * `npm run bench`: one JSON document on standard output, progress on standard error, which `--json` leaves out. Names of parts, or
 * `--section NAME`, measure only those; `--devices N,M` says at which sizes; with `--keep FOLDER`
 * what `api` loads stays there for the next time. A part is a file beside this one and a line in SECTIONS.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { messageOf } from "../../src/lib/errors.ts";
import { VERSION } from "../../src/lib/version.ts";
import { agent } from "./agent.ts";
import { api } from "./api.ts";
import { control } from "./control.ts";
import { endToEnd } from "./end-to-end.ts";
import { executables } from "./executables.ts";
import { fairness } from "./fairness.ts";
import { ingest } from "./ingest.ts";
import { netbox } from "./netbox.ts";
import { reconcile } from "./reconcile.ts";
import { machine, type Section } from "./section.ts";

const SECTIONS: readonly Section[] = [
  agent,
  netbox,
  control,
  endToEnd,
  ingest,
  reconcile,
  fairness,
  executables,
  api,
];
/** Above it the fake Armis and a laptop's disk are measured, not this program. */
const DEVICES_MAX = 1_000_000;
const NAMES = SECTIONS.map(({ name }) => name).join("|");
const USAGE = `usage: npm run -s bench -- [${NAMES}]… [--devices N,M] [--database-url URL] [--keep FOLDER] [--json]`;

const stopping = new AbortController();
const stop = (): void => stopping.abort(new Error("stopped by a signal"));
process.once("SIGINT", stop).once("SIGTERM", stop);
const isQuiet = process.argv.includes("--json");
const tell = (line: string): void => void (isQuiet || process.stderr.write(`${line}\n`));

try {
  if (process.argv.includes("--help")) process.stdout.write(`${USAGE}\n`);
  else await bench();
} catch (thrown) {
  process.stderr.write(`The bench failed: ${messageOf(thrown)}\n`);
  process.exitCode = 1;
}

async function bench(): Promise<void> {
  const { sections, ...flags } = readFlags();
  const document: Record<string, unknown> = {
    name: "serviceradar-sync",
    version: VERSION,
    started_at: new Date().toISOString(),
    machine: machine(),
  };
  for (const section of sections) {
    document[section.name] = await section.run({ ...flags, tell, signal: stopping.signal });
  }
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}

function readFlags(): {
  readonly devices: readonly number[];
  readonly databaseUrl: string | undefined;
  readonly keptDir: string | undefined;
  readonly sections: readonly Section[];
} {
  const options = {
    devices: { type: "string", default: "10000,100000" },
    section: { type: "string", multiple: true },
    "database-url": { type: "string" },
    keep: { type: "string" },
    json: { type: "boolean" },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const devices = values.devices.split(",").map(Number);
  const isSize = (size: number): boolean =>
    Number.isInteger(size) && size > 0 && size <= DEVICES_MAX;
  if (!devices.every(isSize)) {
    throw new Error(`--devices ${values.devices}: whole numbers up to ${DEVICES_MAX}. ${USAGE}`);
  }
  const named = [...positionals, ...(values.section ?? [])];
  const wanted = named.length > 0 ? named : SECTIONS.map(({ name }) => name);
  const unknown = wanted.find((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown !== undefined) throw new Error(`${unknown} is no part of the bench. ${USAGE}`);
  const { "database-url": databaseUrl, keep } = values;
  const keptDir = keep === undefined ? undefined : resolve(keep);
  return {
    devices,
    databaseUrl,
    keptDir,
    sections: SECTIONS.filter(({ name }) => wanted.includes(name)),
  };
}
