import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { ROOT } from "../process/command-of.ts";
import type { PinnedPackage } from "./targets.ts";

const run = promisify(execFile);
const CACHE = join(ROOT, ".cache", "packages");

/**
 * The folder of a pinned npm package: node_modules's, which npm has checked, or for another platform's one that is fetched from
 * the registry, checked against its sha512, and kept in .cache. Throws where the registry is away or the hash another.
 */
export async function npmPackage(pinned: PinnedPackage): Promise<string> {
  const installed = join(ROOT, "node_modules", pinned.name);
  if ((await installedVersion(installed)) === pinned.version) return installed;
  const tarball = await fetched(pinned);
  const unpacked = tarball.replace(/\.tgz$/, "");
  // Unpacked anew each time: only the tarball can be checked.
  await rm(unpacked, { recursive: true, force: true });
  await mkdir(unpacked);
  await run("tar", ["-xzf", tarball, "-C", unpacked, "--strip-components=1", "--no-same-owner"]);
  return unpacked;
}

async function installedVersion(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as { version: string }).version;
}

async function fetched({ name, version, integrity }: PinnedPackage): Promise<string> {
  const tarball = join(CACHE, `${name.replace("/", "-").replace("@", "")}-${version}.tgz`);
  if (existsSync(tarball) && (await hashOf(tarball)) === integrity) return tarball;
  const draft = join(CACHE, `draft-${process.pid}`);
  await mkdir(draft, { recursive: true });
  try {
    const args = ["pack", `${name}@${version}`, "--pack-destination", draft, "--json"];
    const { stdout } = await run("npm", args, { cwd: draft });
    const [packed] = JSON.parse(stdout) as [{ filename: string }];
    // Older npm names the file of a scoped package with its slash.
    const file = join(draft, packed.filename.replace("/", "-").replace("@", ""));
    const found = await hashOf(file);
    if (found !== integrity) throw new Error(`${name} ${version} is ${found}, not ${integrity}`);
    await rename(file, tarball);
    return tarball;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function hashOf(file: string): Promise<string> {
  return `sha512-${createHash("sha512")
    .update(await readFile(file))
    .digest("base64")}`;
}
