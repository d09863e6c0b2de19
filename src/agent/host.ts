import { existsSync, readFileSync } from "node:fs";
import { arch, hostname, networkInterfaces, platform } from "node:os";

import type { Environment } from "../lib/env.ts";
import { VERSION } from "../lib/version.ts";

/** What the agent says of itself and of the host it runs on. */
export interface HostFacts {
  readonly version: string;
  readonly hostname: string;
  /** In Go's words, as peers know them: "linux", "darwin", "windows". */
  readonly os: string;
  /** In Go's words: "amd64", "arm64". */
  readonly arch: string;
  /** "kubernetes", "docker" or "bare-metal". */
  readonly deploymentType: string;
  readonly ip: string;
}

const GO_OS: Readonly<Record<string, string>> = { win32: "windows" };
const GO_ARCH: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/** Reads the host; `hostIp` is what the operator says its address is. */
export function hostFacts(env: Environment, hostIp?: string): HostFacts {
  return {
    version: VERSION,
    hostname: hostname(),
    os: GO_OS[platform()] ?? platform(),
    arch: GO_ARCH[arch()] ?? arch(),
    deploymentType: deploymentType(env),
    ip: hostIp ?? firstAddress(),
  };
}

/** What this process runs on: "node 24.21.0". */
export function runtimeText(): string {
  const { deno, node } = process.versions as { readonly deno?: string; readonly node: string };
  return deno === undefined ? `node ${node}` : `deno ${deno}`;
}

function deploymentType(env: Environment): string {
  if (env["KUBERNETES_SERVICE_HOST"] !== undefined) return "kubernetes";
  return existsSync("/.dockerenv") || isInContainer() ? "docker" : "bare-metal";
}

function isInContainer(): boolean {
  try {
    return /docker|containerd|libpod/.test(readFileSync("/proc/1/cgroup", "utf8"));
  } catch {
    // There is no /proc but on Linux.
    return false;
  }
}

/** The first address that others can reach, IPv4 before IPv6, as the original's enrolment fills in. */
function firstAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = all.filter(({ internal }) => !internal);
  return (outside.find(({ family }) => family === "IPv4") ?? outside[0])?.address ?? "";
}
