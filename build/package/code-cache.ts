/**
 * Programs as V8 has compiled them (src/lib/embedded-program.ts). V8's own output differs from run to run, in two things that can be held: the
 * seed of its hashes, which it takes anew at each start and orders tables by, and when it drops what it compiled. With both fixed the
 * same text gives the same bytes. The flags that fix them count as flags that code was made for, though what they change is no part
 * of it: a reader computes hashes by its own seed. So the header gets the mark of the flags that the executable will start with.
 */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { Staging } from "./staging.ts";

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL("./run-code-cache.ts", import.meta.url));
const SAME_EACH_TIME = ["--hash-seed=1", "--predictable", "--no-flush-bytecode"];
/** Where the mark of the flags stands: v8/src/snapshot/code-serializer.h, V8 13.6: magic number, version, source, flags. */
const FLAGS_AT = 12;
const FLAGS_BYTES = 4;

/** What is compiled, and by what. */
export interface CodeCacheOrder {
  readonly program: string;
  /** A command line that ends at once, having loaded what a start loads: that is what is worth having compiled. */
  readonly warm: readonly string[];
  /** The Node that the executable is made of. */
  readonly node: string;
  readonly execArgv: readonly string[];
}

/** Compiles a program. Throws where V8 would not take what came out. */
export async function codeCache(order: CodeCacheOrder, { dir }: Staging): Promise<Buffer> {
  const program = join(dir, "to-compile.cjs");
  await writeFile(program, order.program);
  const made = await child(order, SAME_EACH_TIME, ["make", program, join(dir, "made.v8")]);
  const plain = await child({ ...order, warm: [] }, [], ["make", program, join(dir, "plain.v8")]);
  plain.copy(made, FLAGS_AT, FLAGS_AT, FLAGS_AT + FLAGS_BYTES);
  await writeFile(join(dir, "checked.v8"), made);
  await child(order, [], ["check", program, join(dir, "checked.v8")]);
  return made;
}

/** Nothing of the host is told to it. Gives the file that it has written or read. */
async function child(
  { node, execArgv, warm }: CodeCacheOrder,
  flags: readonly string[],
  [task = "", program = "", file = ""]: readonly string[],
): Promise<Buffer> {
  const args = [...execArgv, ...flags, CHILD, task, program, file, ...warm];
  await run(node, args, { cwd: "/", env: { PATH: "/usr/bin:/bin" } });
  return await readFile(file);
}
