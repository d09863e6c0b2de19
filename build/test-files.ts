import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** Each starts a database and programs beside itself: more would only wait for each other on the machines this runs on. */
const PROCESSES_MAX = 2;
/** Fewer files than this are not worth a second process, which loads the sources and starts a database again. */
const FILES_SHARED_MIN = 20;

/** The test files whose path begins with one of the parts ("db", "test/db/tx.test.ts"), or all, but for what is left out so; sorted, from the checkout. */
export function testFiles(
  parts: readonly string[],
  without: readonly string[] = [],
): readonly string[] {
  const [wanted, unwanted] = [parts.map(fromRoot), without.map(fromRoot)];
  return readdirSync(`${ROOT}test`, { recursive: true, encoding: "utf8" })
    .map((name) => `test/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".test.ts"))
    .filter((path) => wanted.length === 0 || wanted.some((part) => path.startsWith(part)))
    .filter((path) => !unwanted.some((part) => path.startsWith(part)))
    .toSorted();
}

function fromRoot(part: string): string {
  return part.startsWith("test/") ? part : `test/${part}`;
}

/** Over how many processes so many files are shared out. */
export function processesFor(files: number): number {
  return files < FILES_SHARED_MIN ? 1 : Math.min(availableParallelism(), PROCESSES_MAX);
}
