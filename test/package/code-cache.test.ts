/** What spares a start the reading of its program. */
import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { codeCache } from "../../build/package/code-cache.ts";
import { removeFolder } from "../support/remove-folder.ts";

/** Ends with 78 as a program does whose configuration is wrong. Functions, names and constants are what the order of tables shows in. */
const PROGRAM = `
const names = ${JSON.stringify(Array.from({ length: 200 }, (_, n) => `name${n * 7919}`))};
class Part { ${Array.from({ length: 50 }, (_, n) => `method${n}() { return { a${n}: ${n} }; }`).join(" ")} }
exports.runProgram = async (argv) => (new Part().method7().a7 + names.length === 207 && argv[0] === "go" ? 78 : 1);
`;

test("a program is compiled to the same bytes each time, and V8 takes them with other seeds and flags", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "code-cache-"));
  t.after(() => removeFolder(dir));
  const staging = { dir, [Symbol.dispose]: () => {} };
  const order = {
    program: PROGRAM,
    warm: ["go"],
    node: process.execPath,
    execArgv: ["--max-semi-space-size=4", "--heap-growing-percent=25", "--disable-sigusr1"],
  };
  const first = await codeCache(order, staging);
  assert.ok(first.length > PROGRAM.length / 2);
  assert.deepEqual(await codeCache(order, staging), first);
  await assert.rejects(codeCache({ ...order, warm: ["stay"] }, staging), /stay ended with 1/);
});
