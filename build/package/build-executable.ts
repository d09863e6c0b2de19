import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { UI_ASSET } from "../../src/api/ui-pack.ts";
import { ARCHIVE_ASSET } from "../../src/db/program-archive.ts";
import { compiledAsset } from "../../src/lib/embedded-program.ts";
import type { BuildFacts } from "../../src/lib/executable.ts";
import { nodeFlags } from "../node-flags.mjs";
import { ROOT } from "../process/command-of.ts";
import { bundleUi } from "../ui/bundle-ui.ts";
import { compressed } from "../ui/ui-pack.ts";
import { bundle, packagesOf, WARMING } from "./bundle.ts";
import { codeCache } from "./code-cache.ts";
import { sourceCommit } from "./commit.ts";
import { licenceText, noticeText, npmParts, type Part } from "./notice.ts";
import { npmPackage } from "./npm-package.ts";
import { BUILD_HOST, moveOut, pack } from "./pack.ts";
import { postgresArchive } from "./postgres-archive.ts";
import { takeStaging, type Staging } from "./staging.ts";
import { structureProblems } from "./structure.ts";
import { executableOf, fileNameOf, pinnedPackage, type Component, type Target } from "./targets.ts";

/** A finished executable. */
export interface Built {
  readonly component: Component;
  readonly target: Target;
  readonly path: string;
  readonly bytes: number;
  /** What it holds beside our own code. */
  readonly parts: readonly Part[];
  readonly notice: string;
}

/** Where executables go unless something else is said. */
export const DIST = join(ROOT, "dist");

/**
 * Makes one executable and looks whether it is what its loader expects. The same sources, lockfile and commit give the same bytes,
 * from whatever checkout. Throws where it is not well.
 */
export async function buildExecutable(
  component: Component,
  target: Target,
  dist: string = DIST,
): Promise<Built> {
  using staging = await takeStaging();
  const { main, programs, inputs } = await bundle(component);
  const node = pinnedPackage(target.nodePackage);
  const nodePart: Part = {
    ...node,
    name: "Node.js",
    license: "MIT",
    text: licenceText(await npmPackage(node)),
  };
  const postgres = component === "core" ? await postgresArchive(target) : undefined;
  const ui = component === "core" ? await bundleUi() : undefined;
  const packages = packagesOf([...inputs, ...(ui?.inputs ?? [])]);
  const parts = [nodePart, ...npmParts(packages), ...(postgres?.parts ?? [])];
  const notice = noticeText(parts, await readFile(join(ROOT, "LICENSE"), "utf8"));
  const facts: BuildFacts = {
    commit: await sourceCommit(),
    target: target.name,
    ...(postgres === undefined
      ? {}
      : { postgresql: { version: postgres.version, sha256: postgres.sha256 } }),
  };
  const execArgv = [...nodeFlags(`src/bin/${component}.ts`, {}), "--disable-sigusr1"];
  const compiled = await compiledPrograms(programs, { component, target, execArgv, staging });
  const staged = await pack(
    {
      name: executableOf(component),
      main,
      assets: {
        ...programs,
        ...compiled,
        "build.json": JSON.stringify(facts),
        NOTICE: notice,
        ...(postgres === undefined ? {} : { [ARCHIVE_ASSET]: postgres.bytes }),
        ...(ui === undefined ? {} : { [UI_ASSET]: compressed(ui.files) }),
      },
      execArgv,
    },
    target,
    staging,
  );
  const file = await readFile(staged);
  const problems = structureProblems(file, target);
  if (problems.length > 0) throw new Error(`${target.name}: ${problems.join("; ")}`);
  const path = join(dist, fileNameOf(component, target));
  await moveOut(staged, path);
  return { component, target, path, bytes: file.length, parts, notice };
}

type Compiling = {
  readonly component: Component;
  readonly target: Target;
  readonly execArgv: readonly string[];
  readonly staging: Staging;
};

/** By names of assets. Only where the target's own Node runs here: what another processor's V8 makes differs. */
async function compiledPrograms(
  programs: Readonly<Record<string, string>>,
  { component, target, execArgv, staging }: Compiling,
): Promise<Readonly<Record<string, Buffer>>> {
  if (target.name !== BUILD_HOST) return {};
  const node = join(await npmPackage(pinnedPackage(target.nodePackage)), "bin", "node");
  const compiled: Record<string, Buffer> = {};
  for (const [asset, program] of Object.entries(programs)) {
    const order = { program, warm: WARMING[component], node, execArgv };
    compiled[compiledAsset(asset)] = await codeCache(order, staging);
  }
  return compiled;
}
