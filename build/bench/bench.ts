/**
 * `npm run bench`: one JSON document on standard output, progress on standard error. `--devices N,M` says at which sizes,
 * `--section NAME` measures only that part. A part is a file beside this one and a line in SECTIONS.
 */
import { parseArgs } from "node:util";

import { messageOf } from "../../src/lib/errors.ts";
import { VERSION } from "../../src/lib/version.ts";
import { endToEnd } from "./end-to-end.ts";
import { reconcile } from "./reconcile.ts";
import { machine, type Section } from "./section.ts";

const SECTIONS: readonly Section[] = [endToEnd, reconcile];
/** Above it the fake Armis and a laptop's disk are measured, not this program. */
const DEVICES_MAX = 1_000_000;
const USAGE = `usage: npm run -s bench -- [--devices N,M] [--section ${SECTIONS.map(({ name }) => name).join("|")}]`;

const stopping = new AbortController();
const stop = (): void => stopping.abort(new Error("stopped by a signal"));
process.once("SIGINT", stop).once("SIGTERM", stop);
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  await bench();
} catch (thrown) {
  tell(`The bench failed: ${messageOf(thrown)}`);
  process.exitCode = 1;
}

async function bench(): Promise<void> {
  const { devices, sections } = readFlags();
  const document: Record<string, unknown> = {
    name: "serviceradar-sync",
    version: VERSION,
    started_at: new Date().toISOString(),
    machine: machine(),
  };
  for (const section of sections) {
    document[section.name] = await section.run({ devices, tell, signal: stopping.signal });
  }
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}

function readFlags(): {
  readonly devices: readonly number[];
  readonly sections: readonly Section[];
} {
  const options = {
    devices: { type: "string", default: "10000,100000" },
    section: { type: "string", multiple: true },
  } as const;
  const { values } = parseArgs({ options });
  const devices = values.devices.split(",").map(Number);
  const isSize = (size: number): boolean =>
    Number.isInteger(size) && size > 0 && size <= DEVICES_MAX;
  if (!devices.every(isSize)) {
    throw new Error(`--devices ${values.devices}: whole numbers up to ${DEVICES_MAX}. ${USAGE}`);
  }
  const wanted = values.section ?? SECTIONS.map(({ name }) => name);
  const unknown = wanted.find((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown !== undefined) throw new Error(`--section ${unknown} is none. ${USAGE}`);
  return { devices, sections: SECTIONS.filter(({ name }) => wanted.includes(name)) };
}
