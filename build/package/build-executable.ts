import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { UI_ASSET } from "../../src/api/ui-pack.ts";
import { ARCHIVE_ASSET } from "../../src/db/program-archive.ts";
import type { BuildFacts } from "../../src/lib/executable.ts";
import { nodeFlags } from "../node-flags.mjs";
import { ROOT } from "../process/command-of.ts";
import { bundleUi } from "../ui/bundle-ui.ts";
import { compressed } from "../ui/ui-pack.ts";
import { bundle, packagesOf } from "./bundle.ts";
import { sourceCommit } from "./commit.ts";
import { licenceText, noticeText, npmParts, type Part } from "./notice.ts";
import { npmPackage } from "./npm-package.ts";
import { moveOut, pack } from "./pack.ts";
import { postgresArchive } from "./postgres-archive.ts";
import { takeStaging } from "./staging.ts";
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
  const staged = await pack(
    {
      name: executableOf(component),
      main,
      assets: {
        ...programs,
        "build.json": JSON.stringify(facts),
        NOTICE: notice,
        ...(postgres === undefined ? {} : { [ARCHIVE_ASSET]: postgres.bytes }),
        ...(ui === undefined ? {} : { [UI_ASSET]: compressed(ui.files) }),
      },
      execArgv: [...nodeFlags(`src/bin/${component}.ts`, {}), "--disable-sigusr1"],
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
