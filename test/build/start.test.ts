import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const BUILD = fileURLToPath(new URL("../../build/", import.meta.url));
const LAUNCHER = ["start.mjs", "node-flags.mjs", "set-up.mjs", "run-program.mjs"];
const skip = process.platform === "linux" ? false : "lays out node_modules as on Linux";

/** Stands for npm: notes each call, waits for a word where a test holds it, and installs "Node". */
const NPM = `
  import { appendFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
  appendFileSync("npm-calls", process.argv.slice(2).join(" ") + "\\n");
  if (existsSync("npm-fails")) { console.error("npm error registry is away"); process.exit(3); }
  rmSync("node_modules", { recursive: true, force: true });
  const bin = "node_modules/node-linux-" + process.arch + "/bin";
  mkdirSync(bin, { recursive: true });
  symlinkSync(process.execPath, bin + "/node");`;

/** Says what it was given once it is ready for what comes. */
const PROGRAM = `
  const [what, ...rest]: string[] = process.argv.slice(2);
  if (what === "wait") process.once("SIGTERM", () => process.exit(5)), setInterval(() => {}, 1000);
  console.log(JSON.stringify(rest));
  if (what === "exit") process.exit(7);
  if (what === "die") process.kill(process.pid, "SIGKILL");`;

/** A checkout in a path with a space. */
async function checkout(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "serviceradar start-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, "build"));
  for (const name of LAUNCHER) await cp(join(BUILD, name), join(root, "build", name));
  await writeFile(join(root, "package-lock.json"), "{}");
  await writeFile(join(root, "npm-cli.js"), NPM);
  await writeFile(join(root, "package.json"), '{"type":"module"}');
  await writeFile(join(root, "program.ts"), PROGRAM);
  return root;
}

function start(root: string, ...args: readonly string[]): ChildProcess {
  const env = { ...process.env, npm_execpath: join(root, "npm-cli.js") };
  const launcher = join(root, "build", "start.mjs");
  return spawn(process.execPath, [launcher, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
}

type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

async function ended(child: ChildProcess): Promise<Ended> {
  const [[code], out, err] = await Promise.all([
    once(child, "close") as Promise<[number | null]>,
    text(child.stdout!),
    text(child.stderr!),
  ]);
  return { code, out, err };
}

const calls = async (root: string): Promise<number> =>
  (await readFile(join(root, "npm-calls"), "utf8")).trim().split("\n").length;

test(
  "arguments and the exit code pass through, and only a changed lockfile sets up again",
  { skip },
  async (t) => {
    const root = await checkout(t);
    const first = await ended(start(root, "program.ts", "exit", "a b", "--c"));
    assert.deepEqual({ code: first.code, out: first.out }, { code: 7, out: '["a b","--c"]\n' });
    assert.match(first.err, /^setting up: npm ci[^\n]*\n$/);
    const second = await ended(start(root, "program.ts"));
    assert.deepEqual(second, { code: 0, out: "[]\n", err: "" });
    assert.match(await readFile(join(root, "npm-calls"), "utf8"), /^ci --ignore-scripts .*\n$/);
    await writeFile(join(root, "package-lock.json"), "{ }");
    await ended(start(root, "program.ts"));
    assert.equal(await calls(root), 2);
  },
);

test("starts at the same time set up once", { skip }, async (t) => {
  const root = await checkout(t);
  const all = await Promise.all([1, 2, 3].map(() => ended(start(root, "program.ts"))));
  for (const { code, out } of all) assert.deepEqual({ code, out }, { code: 0, out: "[]\n" });
  assert.equal(await calls(root), 1);
});

test("a set-up that a killed start left half done is taken over", { skip }, async (t) => {
  const root = await checkout(t);
  const dead = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(dead, "close");
  await mkdir(join(root, ".cache"));
  await writeFile(join(root, ".cache", "setup.lock"), String(dead.pid));
  await mkdir(join(root, "node_modules"));
  assert.equal((await ended(start(root, "program.ts"))).code, 0);
});

test(
  "a set-up that fails shows npm's words, and the next start tries again",
  { skip },
  async (t) => {
    const root = await checkout(t);
    await writeFile(join(root, "npm-fails"), "");
    const failed = await ended(start(root, "program.ts"));
    assert.equal(failed.code, 1);
    assert.match(failed.err, /registry is away\nnpm ci ended with 3 in .*serviceradar start-/);
    await rm(join(root, "npm-fails"));
    assert.equal((await ended(start(root, "program.ts"))).code, 0);
  },
);

test("a signal reaches the program, and its end is waited for", { skip }, async (t) => {
  const root = await checkout(t);
  const child = start(root, "program.ts", "wait");
  await once(child.stdout!, "data");
  child.kill("SIGTERM");
  const [code] = (await once(child, "close")) as [number];
  assert.equal(code, 5);
  assert.equal((await ended(start(root, "program.ts", "die"))).code, 128 + 9);
});

test("a program ends in order when npm's shell is killed over it", { skip }, async (t) => {
  const root = await checkout(t);
  const script = `"${process.execPath}" build/start.mjs program.ts wait; exit $?`;
  const env = {
    ...process.env,
    npm_lifecycle_event: "core",
    npm_execpath: join(root, "npm-cli.js"),
  };
  const shell = spawn("sh", ["-c", script], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(shell.stdout, "data");
  shell.kill("SIGTERM");
  // Its standard output is shared, and closes with the last of them.
  await text(shell.stdout);
});

test("a start without a program says how it is used", { skip }, async (t) => {
  const root = await checkout(t);
  const { code, err } = await ended(start(root));
  assert.deepEqual(
    { code, err },
    { code: 1, err: "usage: node build/start.mjs FILE [argument …]\n" },
  );
});
