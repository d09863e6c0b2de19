import { lstatSync, mkdirSync, mkdtempSync, chownSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { Environment } from "../lib/env.ts";
import { ConfigError } from "../lib/errors.ts";
import { sha256Hex } from "../lib/hash.ts";
import type { DataDir } from "./data-dir.ts";
import { makeOpenFolders } from "./folders.ts";

/** A socket's path holds 107 bytes (unix(7)), and PostgreSQL adds "/.s.PGSQL.5432" to the folder: 14 bytes. */
const DIR_BYTES_MAX = 93;
const RUN_DIR = "/run/serviceradar";

/**
 * The folder of a data folder's socket, made if missing, mode 0700 and owned by who runs PostgreSQL.
 * As root /run/serviceradar/<8 hex>; else in XDG_RUNTIME_DIR, else in the temporary folder. Its name is
 * derived from the data folder, so that restarts leave no litter.
 */
export function socketDir(dataDir: DataDir, env: Environment = process.env): string {
  const name = sha256Hex(dataDir.path).slice(0, 8);
  if (dataDir.user !== undefined) {
    const dir = join(RUN_DIR, name);
    makeOpenFolders(dir);
    chownSync(dir, dataDir.user.uid, dataDir.user.gid);
    chmodSync(dir, 0o700);
    return dir;
  }
  const runtime = env["XDG_RUNTIME_DIR"] ?? "";
  if (runtime !== "" && ownPrivateFolder(runtime)) {
    const dir = join(runtime, `serviceradar-${name}`);
    if (fits(dir) && madePrivate(dir)) return dir;
  }
  return temporaryDir(name);
}

/** Anybody may have made our name in the shared temporary folder first: then a random one is taken. */
function temporaryDir(name: string): string {
  const dir = join(tmpdir(), `serviceradar-${process.getuid?.() ?? 0}-${name}`);
  const usable = madePrivate(dir) ? dir : mkdtempSync(join(tmpdir(), "serviceradar-"));
  if (fits(usable)) return usable;
  throw new ConfigError(
    "TMPDIR",
    `${dirname(usable)} is too long for a socket's path; set a shorter TMPDIR or XDG_RUNTIME_DIR`,
  );
}

const fits = (dir: string): boolean => Buffer.byteLength(dir) <= DIR_BYTES_MAX;

function madePrivate(dir: string): boolean {
  try {
    mkdirSync(dir, { mode: 0o700 });
    return true;
  } catch {
    return ownPrivateFolder(dir);
  }
}

/** A real folder (no link) that belongs to this user and that nobody else can enter. */
function ownPrivateFolder(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return (
    stat?.isDirectory() === true && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0
  );
}
