import { accessSync, chmodSync, constants, existsSync, mkdirSync, readdirSync } from "node:fs";
import { statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { ConfigError, messageOf } from "../lib/errors.ts";
import { sha256Hex } from "../lib/hash.ts";
import type { Log } from "../lib/log.ts";
import { makeOpenFolders } from "./folders.ts";
import { firstClosedFolder, mayEnter, serviceUser, type OsUser } from "./os-user.ts";

/** The folder that holds everything a core keeps, and who runs PostgreSQL in it. */
export interface DataDir {
  readonly path: string;
  /** The cluster's folder inside it, owned by `user`. */
  readonly clusterDir: string;
  /** Set when we are root: PostgreSQL runs as this user. */
  readonly user: OsUser | undefined;
}

/** Where a data folder is to be, and whether somebody said so. */
export type DataDirRequest = {
  readonly dir: string;
  /** False for a default or temporary folder: that one may move where the service user can reach it. */
  readonly explicit: boolean;
  readonly log: Log;
};

/** Home of what root's core keeps; programs of PostgreSQL lie there too (programs.ts). */
export const STATE_DIR = "/var/lib/serviceradar";

const SETTING = "--data-dir";
const MARKER = "serviceradar-data.txt";
const MARKER_TEXT = "Data of serviceradar-core: keys and, in postgres/, the embedded database.\n";
/** What a fresh volume holds although it is empty. */
const IGNORED = new Set(["lost+found"]);

/**
 * Finds or makes the data folder; calling it again changes nothing. Only a new folder, or an empty one of
 * our own, gets a mode: as root 0711, so that the service user passes through to its cluster but can
 * replace no key beside it; else 0700. Throws ConfigError naming --data-dir for a folder that holds
 * foreign files, cannot be written, or (as root) lies where the service user may not go.
 */
export function openDataDir(request: DataDirRequest): DataDir {
  const path = resolve(request.dir);
  const there = nearestExisting(path);
  if (!statSync(there).isDirectory()) throw new ConfigError(SETTING, `${there} is not a folder`);
  const clusterDir = join(path, "postgres");
  const user = serviceUser(clusterDir);
  const closed = user === undefined ? undefined : closedFolder(path, user);
  if (user !== undefined && closed !== undefined) return moved(request, closed, user);
  claim(path, user);
  return { path, clusterDir, user };
}

/** The first folder above `path` that the user may not enter; also `path` itself where it is not ours to open. */
function closedFolder(path: string, user: OsUser): string | undefined {
  if (existsSync(path) && !isOurs(path)) return firstClosedFolder(path, user);
  return firstClosedFolder(nearestExisting(dirname(path)), user);
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

function moved(request: DataDirRequest, closed: string, user: OsUser): DataDir {
  const dir = join(STATE_DIR, sha256Hex(resolve(request.dir)).slice(0, 8));
  const why = `${closed} is closed to the user ${user.name}, which PostgreSQL runs as`;
  if (request.explicit || resolve(request.dir) === dir) {
    throw new ConfigError(
      SETTING,
      `${why}; name a folder that it can reach, such as ${STATE_DIR}/core, or open ${closed} (chmod o+x)`,
    );
  }
  request.log.warn({ wanted: request.dir, data_dir: dir, closed }, `data folder moved: ${why}`);
  return openDataDir({ ...request, dir });
}

/** Ours to change the mode of: made by this user, and empty or marked. */
function isOurs(path: string): boolean {
  return statSync(path).uid === process.getuid?.() && (isMarked(path) || isEmpty(path));
}

const isMarked = (path: string): boolean => existsSync(join(path, MARKER));
const isEmpty = (path: string): boolean => readdirSync(path).every((name) => IGNORED.has(name));

function claim(path: string, user: OsUser | undefined): void {
  try {
    makeFolder(path, user);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    if (isMarked(path)) return;
    if (isEmpty(path)) return writeFileSync(join(path, MARKER), MARKER_TEXT);
  } catch (thrown) {
    throw new ConfigError(SETTING, `${path} cannot be used: ${messageOf(thrown)}`);
  }
  throw new ConfigError(
    SETTING,
    `${path} holds files that are not ours; name a new or empty folder`,
  );
}

function makeFolder(path: string, user: OsUser | undefined): void {
  if (!existsSync(path)) {
    if (user === undefined) mkdirSync(dirname(path), { recursive: true });
    else makeOpenFolders(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
  if (isOurs(path) && user !== undefined && !mayEnter(statSync(path), user)) chmodSync(path, 0o711);
}
