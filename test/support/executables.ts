/** Single executables for tests: those in SERVICERADAR_EXECUTABLES, else an agent that is built once for all tests of the process. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { buildExecutable } from "../../build/package/build-executable.ts";
import { BUILD_HOST } from "../../build/package/pack.ts";
import { TARGETS, type Component } from "../../build/package/targets.ts";

const given = process.env["SERVICERADAR_EXECUTABLES"] ?? "";
const isHost = `${process.platform}-${process.arch}` === BUILD_HOST;
const [host] = TARGETS;
let agent: Promise<string> | undefined;

/** Why tests of the executable must be skipped here; false: they need not be. A core takes too long to build for every test run. */
export function skipWithout(component: Component): string | false {
  if (!isHost) return `executables are built on ${BUILD_HOST}`;
  return component === "agent" || given !== ""
    ? false
    : "needs SERVICERADAR_EXECUTABLES, a folder that npm run package has filled";
}

/** The path of an executable. Rejects where it could not be built. */
export async function executable(component: Component): Promise<string> {
  if (given !== "") return join(given, `serviceradar-${component}-${BUILD_HOST}`);
  agent ??= builtAgent();
  return await agent;
}

async function builtAgent(): Promise<string> {
  if (host === undefined) throw new Error("there are no targets");
  const dir = mkdtempSync(join(tmpdir(), "executables-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  return (await buildExecutable("agent", host, dir)).path;
}

/** What a program printed. Rejects where it does not end with 0. */
export async function printed(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { env: { PATH: process.env["PATH"], ...env }, maxBuffer: 8 * 1024 ** 2 };
  return (await promisify(execFile)(program, args, options)).stdout;
}

/** What our packages ask for where it is installed, by trial or beside themselves. */
const LURES = ["pg-native", "pg-cloudflare", "@grpc/proto-loader", "long", "pino-pretty"];

/** Modules in a folder that Node looks into, and whether one of them was ever loaded. */
export function lures(dir: string): { readonly env: { NODE_PATH: string }; taken(): boolean } {
  const [modules, mark] = [join(dir, "lures"), join(dir, "taken")];
  for (const name of LURES) {
    mkdirSync(join(modules, name), { recursive: true });
    const code = `require("node:fs").writeFileSync(${JSON.stringify(mark)}, "");`;
    writeFileSync(join(modules, name, "index.js"), code);
  }
  return {
    env: { NODE_PATH: modules },
    taken: () => {
      const was = existsSync(mark);
      rmSync(mark, { force: true });
      return was;
    },
  };
}
