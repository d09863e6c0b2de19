/** `node build/start.mjs build/never-run.ts REPORT …`: fails and names the tests that no run of `npm test -- --report` ran. */
import { neverRun, readOutcomes } from "./test-outcomes.ts";

const runs = process.argv.slice(2).map(readOutcomes);
const missed = neverRun(runs);
const found = new Set(runs.flat().map(({ test }) => test)).size;
if (missed.length > 0) {
  process.stdout.write(`${["no run ran these tests:", ...missed].join("\n  ")}\n`);
  process.exitCode = 1;
} else if (found === 0) {
  process.stdout.write("no run found any test\n");
  process.exitCode = 1;
} else {
  process.stdout.write(`each of ${found} tests ran in at least one of ${runs.length} runs\n`);
}
