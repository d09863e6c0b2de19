import { createRequire } from "node:module";
import { join } from "node:path";

import { build, type Plugin } from "esbuild";

import { loaderOf } from "../../src/lib/embedded-program.ts";
import { ROOT } from "../process/command-of.ts";
import type { Component } from "./targets.ts";

/** One executable's program as text, and whose code it is made of. */
export interface Bundle {
  /** What the runtime starts with: small, because it is read at every start. */
  readonly main: string;
  /** All the rest, by the names of assets that are read when they are wanted. */
  readonly programs: Readonly<Record<string, string>>;
  /** Files that some of it came from, from the checkout's root. */
  readonly inputs: readonly string[];
}

/** Oldest Node of the targets. */
const RUNTIME = "node22";

/**
 * What is never called: grpc-js reads .proto files with the one, for a debugging service that we do not serve; pg can do without the
 * others, and tries.
 */
const LEFT_OUT = /^(?:@grpc\/proto-loader|pg-native|pg-cloudflare)$/;

/** What main reads, and what the core's thread is started from (src/bin/pipeline-thread.ts), which cannot be told a file. */
const PROGRAMS: Readonly<Record<Component, Readonly<Record<string, string>>>> = {
  agent: { "program.cjs": "src/bin/agent-program.ts" },
  core: { "program.cjs": "src/bin/core-program.ts", "pipeline.cjs": "src/bin/pipeline.ts" },
};

/** Command lines that load all that a start loads, and then end for what they were told. */
export const WARMING: Readonly<Record<Component, readonly string[]>> = {
  agent: ["run", "--config", "/nonexistent"],
  core: ["serve", "--database-url", "nowhere"],
};

/** Makes the program of an executable. Throws with esbuild's messages. */
export async function bundle(component: Component): Promise<Bundle> {
  const main = await bundleFile(`src/bin/${component}.ts`, [leaveOut, programApart]);
  const programs: Record<string, string> = {};
  const inputs = new Set(main.inputs);
  for (const [asset, entry] of Object.entries(PROGRAMS[component])) {
    const program = await bundleFile(entry, [leaveOut, oneLanguage]);
    programs[asset] = program.text;
    for (const input of program.inputs) inputs.add(input);
  }
  return { main: main.text, programs, inputs: [...inputs].toSorted() };
}

async function bundleFile(
  entry: string,
  plugins: Plugin[],
): Promise<{ readonly text: string; readonly inputs: readonly string[] }> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    // A single executable's main file cannot be a module on Node 22 and 24.
    format: "cjs",
    target: RUNTIME,
    // All that it could load by then is in it.
    supported: { "dynamic-import": false },
    // Names stay: stacks are what operators send us. They are a third of the text, and 1% of the executable.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    // Only db/programs.ts asks where it lies, in a checkout.
    logOverride: { "empty-import-meta": "silent" },
    logLevel: "warning",
    plugins,
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 && !path.includes(":") ? [path] : [],
    ),
  );
  const text = outputFiles.map((output) => output.text).join("");
  // esbuild escapes it everywhere but in regular expressions.
  const [unescaped] = /[^\0-\x7f]/.exec(text) ?? [];
  if (unescaped !== undefined) throw new Error(`${entry} holds "${unescaped}"; write it as \\u`);
  return { text, inputs };
}

const leaveOut: Plugin = {
  name: "leave-out",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: LEFT_OUT }, ({ path }) => ({ path, namespace: "left-out" }));
    esbuild.onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not part of this executable`)});`,
    }));
  },
};

/** zod's own words in English: our messages are in no other language, and forty of them are a tenth of the core's text. */
const oneLanguage: Plugin = {
  name: "one-language",
  setup: (esbuild) => {
    esbuild.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/**
 * Puts the asset in place of the program's module. The runtime gives its main file a `require` of built-in modules alone, which the
 * asset gets too: neither can load code from a disk.
 */
const programApart: Plugin = {
  name: "program-apart",
  setup: (esbuild) => {
    esbuild.onResolve({ filter: /^\.\/\w+-program\.ts$/ }, ({ path }) => ({
      path,
      namespace: "program",
    }));
    esbuild.onLoad({ filter: /.*/, namespace: "program" }, () => ({
      contents: `module.exports = ${loaderOf("program.cjs")};`,
    }));
  },
};

/** The npm packages that these files belong to, by their folders from the checkout's root. */
export function packagesOf(inputs: readonly string[]): readonly string[] {
  const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return [...new Set(folders)].toSorted();
}

/** A package's own description. */
export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** Reads the description of a package by its folder from the checkout's root. */
export function packageJson(folder: string): PackageJson {
  return createRequire(import.meta.url)(join(ROOT, folder, "package.json")) as PackageJson;
}
