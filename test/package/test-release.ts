/** Releases for tests: archives and signatures are real, what is in them is the test's. */
import { generateKeyPairSync } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { tarOf, type TarFile } from "../../build/package/tar.ts";
import type { Component } from "../../build/package/targets.ts";
import { rawSignature, releaseKey, withKey, type ReleaseKey } from "../../build/release/signing.ts";
import { releaseFile, unitOf } from "../../build/release/units.ts";
import { sha256Hex } from "../../src/lib/hash.ts";

/** This machine, in the words of archives. */
const ARCHITECTURE = process.arch === "arm64" ? "arm64" : "amd64";

/** A new key to sign with. */
export function newKey(): ReleaseKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  return releaseKey(String(privateKey.export({ type: "pkcs8", format: "pem" })));
}

/** The archive's name. */
export function archiveOf(component: Component, version: string): string {
  return `serviceradar-${component}_${version}_linux_${ARCHITECTURE}.tar.gz`;
}

/** What a test releases. */
export interface TestRelease {
  readonly version: string;
  /** Each component's files beside its unit, by name; the program is executable. */
  readonly programs: Readonly<Partial<Record<Component, Readonly<Record<string, Buffer>>>>>;
  readonly key: ReleaseKey;
}

/** Writes a release into a folder of its version's name, which is given back. */
export async function writeRelease(
  dir: string,
  { version, programs, key }: TestRelease,
): Promise<string> {
  const out = join(dir, version);
  await mkdir(out);
  const sums: string[] = [];
  for (const [component, files] of Object.entries(programs)) {
    const archive = archiveOf(component as Component, version);
    // Stored, not compressed: executables of 100 MB take seconds.
    const bytes = gzipSync(tarOf(contentsOf(component as Component, version, files), 0), {
      level: 0,
    });
    await writeFile(join(out, archive), bytes);
    sums.push(`${sha256Hex(bytes)}  ${archive}\n`);
  }
  const list = Buffer.from(sums.join(""));
  await writeFile(join(out, "SHA256SUMS"), list);
  await writeFile(join(out, "SHA256SUMS.sig"), rawSignature(list, key));
  const installer = await readFile(new URL("../../install.sh", import.meta.url), "utf8");
  await writeFile(join(out, "install.sh"), withKey(installer, key));
  return out;
}

function contentsOf(
  component: Component,
  version: string,
  files: Readonly<Record<string, Buffer>>,
): readonly TarFile[] {
  const name = `serviceradar-${component}`;
  const all = {
    ...files,
    [`${name}.service`]: Buffer.from(unitOf(component, "/usr/local/bin")),
    ...(component === "core" ? { "core.env": Buffer.from(releaseFile("core.env")) } : {}),
  };
  return Object.entries(all).map(([path, bytes]) => ({
    path: `${name}_${version}/${path}`,
    bytes,
    mode: path in files ? 0o755 : 0o644,
  }));
}
