import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { stripElf } from "./elf.ts";
import { signMachO } from "./mach-o-signature.ts";
import { npmPackage } from "./npm-package.ts";
import { unsignPe } from "./pe.ts";
import type { Staging } from "./staging.ts";
import { builderOf, pinnedPackage, type Target } from "./targets.ts";

/** What is put into an executable, and how it runs. */
export interface Contents {
  /** Its name inside a signature. */
  readonly name: string;
  readonly main: string;
  readonly assets: Readonly<Record<string, Uint8Array | string>>;
  /** Node's flags. */
  readonly execArgv: readonly string[];
}

/** What the child that runs pkg is told. */
export interface PackOrder {
  readonly entry: string;
  readonly output: string;
  readonly nodeRange: string;
  readonly platform: string;
  readonly arch: string;
  readonly seaConfig: object;
}

/** Makes an executable in the staging folder and gives its path. Throws with what pkg printed. */
export async function pack(
  { name, main, assets, execArgv }: Contents,
  target: Target,
  { dir }: Staging,
): Promise<string> {
  const base = pinnedPackage(target.nodePackage);
  const [os = "", arch = ""] = target.name.split("-");
  await seedBase(target, base.version, join(dir, "home"));
  const entry = join(dir, "main.cjs");
  await writeFile(entry, main);
  const files: Record<string, string> = {};
  for (const [asset, bytes] of Object.entries(assets)) {
    files[asset] = join(dir, "assets", asset);
    await mkdir(dirname(files[asset]), { recursive: true });
    await writeFile(files[asset], bytes);
  }
  const output = join(dir, "out");
  await runPkg(dir, {
    entry,
    output,
    nodeRange: `node${base.version}`,
    platform: os === "darwin" ? "macos" : os,
    arch,
    seaConfig: {
      assets: files,
      execArgv,
      // Whoever can set NODE_OPTIONS is not to run code of his own inside, nor to take the bounds off.
      execArgvExtension: "none",
      // Another build would give other bytes.
      useCodeCache: false,
    },
  });
  if (target.format === "mach-o") await writeFile(output, signMachO(await readFile(output), name));
  await chmod(output, 0o755);
  return output;
}

/** Puts the Node that becomes the executable, and the one that writes what is put in, where pkg keeps what it has fetched and checked. */
async function seedBase(target: Target, version: string, home: string): Promise<void> {
  const { nodePackage, format } = target;
  const folder = await npmPackage(pinnedPackage(nodePackage));
  const node = await readFile(join(folder, "bin", format === "pe" ? "node.exe" : "node"));
  await seed(home, `${version}-${target.name}`, prepared(node, target));
  const builder = await npmPackage(builderOf(version));
  if (target.name !== BUILD_HOST) {
    await seed(home, `${version}-${BUILD_HOST}`, await readFile(join(builder, "bin", "node")));
  }
}

/** The only host that a build runs on: what is put in is written by a Node that npm has for it in every release. */
export const BUILD_HOST = "linux-x64";

function prepared(node: Buffer, { format }: Target): Buffer {
  if (format === "elf") return stripElf(node);
  return format === "pe" ? unsignPe(node) : node;
}

/** `name` is "24.21.0-linux-x64". */
async function seed(home: string, name: string, node: Buffer): Promise<void> {
  const cache = join(home, ".pkg-cache", "sea");
  const folder = `node-v${name}`;
  const isWindows = name.includes("-win-");
  const path = isWindows ? join(cache, `${folder}.exe`) : join(cache, folder, "bin", "node");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, node, { mode: 0o755 });
  const archive = join(cache, `${folder}.${isWindows ? "zip" : "tar.gz"}`);
  for (const mark of [archive, `${archive}.ok`, `${path}.ok`]) await writeFile(mark, "");
}

const CHILD = fileURLToPath(new URL("./run-pkg.ts", import.meta.url));

/** In a process of its own, because pkg changes the working folder and looks for its cache in HOME. */
async function runPkg(dir: string, order: PackOrder): Promise<void> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], {
    env: { HOME: join(dir, "home"), PATH: process.env["PATH"], TMPDIR: dir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`pkg ended with ${code}:\n${out}${err}`);
}

/** Moves a finished file out of the staging folder, in one step for whoever looks. */
export async function moveOut(path: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const draft = `${to}.new`;
  await copyFile(path, draft);
  await rename(draft, to);
}
