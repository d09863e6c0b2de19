/**
 * `npm run fuzz -- --cases N [--seed S]`: asks the API so many cases at least, in rounds of a database each, whose seeds are S, S + 1 and so on.
 * Prints a line a round, with the CPU of this process alone, and what was wrong, each kind once a round; exits with 1 if anything was. It is
 * no test of node:test, whose hooks watch every promise, and which ends a test that takes long.
 */
import { parseArgs } from "node:util";

import { driveApi } from "../support/api-driver.ts";
import { endServer, makeDatabase } from "../support/database-server.ts";

/** Cases for each input over one database: what they leave behind makes it slower, and what they end is no more to be asked. */
const ROUND_PER_INPUT = 4;

const { values: flags } = parseArgs({
  options: { cases: { type: "string", default: "10000" }, seed: { type: "string" } },
});
const CASES = Number(flags.cases);
const SEED = Number(flags.seed ?? Math.trunc(performance.timeOrigin % 1e9));

const print = (line: string): void => void process.stdout.write(`${line}\n`);

let asked = 0;
let wrong = 0;
try {
  for (let seed = SEED; asked < CASES; seed += 1) {
    const before = process.cpuUsage();
    const { cases, faults } = await round(seed);
    const { user, system } = process.cpuUsage(before);
    asked += cases;
    wrong += faults.length;
    const cpuMs = ((user + system) / 1_000 / cases).toFixed(1);
    print(`seed ${seed}: ${cases} cases at ${cpuMs} ms of CPU, ${asked} in all, ${wrong} faults`);
    faults.forEach(print);
  }
  if (wrong > 0) process.exitCode = 1;
} finally {
  await endServer();
}

async function round(seed: number): ReturnType<typeof driveApi> {
  const { db, close } = await makeDatabase();
  try {
    return await driveApi(db, { seed, perInput: ROUND_PER_INPUT });
  } finally {
    await close();
  }
}
