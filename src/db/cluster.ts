import { spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { randomHex } from "../lib/clock.ts";
import { ConfigError, SyncError } from "../lib/errors.ts";
import { Secret } from "../lib/secret.ts";
import type { DataDir } from "./data-dir.ts";
import { LastLines } from "./last-lines.ts";
import type { OsUser } from "./os-user.ts";
import { POSTGRES_MAJOR } from "./programs.ts";
import { isDoubtful, markUnsynced, syncMarked } from "./unsynced.ts";

/** The superuser of the embedded server, which the core connects as. */
export const CLUSTER_USER = "serviceradar";

/** Bytes of the superuser's password; only the 0600 file beside the cluster holds it. */
const PASSWORD_BYTES = 24;

/** What making a cluster needs; `sync: false` for tests: it may never come to the disk. */
export type ClusterOptions = {
  readonly dataDir: DataDir;
  readonly programs: string;
  readonly sync: boolean;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Makes the cluster unless it is there, and gives its password. Made under another name and renamed when
 * finished, so that a start killed half-way leaves nothing that looks like a cluster. A new one need not be on the
 * disk yet: call `syncCluster`, and until it is done tell nobody that anything was kept. One that the machine may have
 * stopped on before that is made anew. Throws ConfigError for
 * a cluster of another major version or one without its password, SyncError `initdb_failed` with its output.
 */
export async function openCluster(options: ClusterOptions): Promise<Secret> {
  const { path, clusterDir, user } = options.dataDir;
  const passwordFile = join(path, "postgres.password");
  if (isDoubtful(markOf(clusterDir))) rmSync(clusterDir, { recursive: true, force: true });
  if (existsSync(join(clusterDir, "PG_VERSION"))) {
    checkVersion(clusterDir);
  } else {
    writePassword(passwordFile, user);
    await createCluster({ ...options, passwordFile });
  }
  return readPassword(passwordFile);
}

/** Brings a new cluster to the disk; an older one is there. Call it before the server starts: what that writes is its own care. */
export async function syncCluster({ clusterDir }: DataDir, signal: AbortSignal): Promise<void> {
  await syncMarked(markOf(clusterDir), clusterDir, signal);
}

const markOf = (clusterDir: string): string => `${clusterDir}.unsynced`;

function checkVersion(clusterDir: string): void {
  const major = readFileSync(join(clusterDir, "PG_VERSION"), "utf8").trim();
  if (major === POSTGRES_MAJOR) return;
  throw new ConfigError(
    "--data-dir",
    `${clusterDir} was made by PostgreSQL ${major}, and this program carries PostgreSQL ${POSTGRES_MAJOR}, which cannot read it; ` +
      `start the release that made it, copy its database with pg_dump, and load that with pg_restore into a new data folder or into a server named by --database-url`,
  );
}

function readPassword(path: string): Secret {
  try {
    return new Secret(readFileSync(path, "utf8").trim());
  } catch (thrown) {
    throw new ConfigError(
      "--data-dir",
      `${path} holds the database's password and cannot be read (${(thrown as Error).message}); restore it from a backup`,
    );
  }
}

/** Kept when it is there already: a start killed between renaming and reading has used it. */
function writePassword(path: string, user: OsUser | undefined): void {
  if (existsSync(path) && readFileSync(path, "utf8").trim() !== "") return;
  writeFileSync(path, `${randomHex(PASSWORD_BYTES)}\n`, { mode: 0o600, flush: true });
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

type NewCluster = ClusterOptions & { readonly passwordFile: string };

async function createCluster(options: NewCluster): Promise<void> {
  const { path, clusterDir, user } = options.dataDir;
  const draft = join(path, "postgres.new");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (user !== undefined) chownSync(draft, user.uid, user.gid);
  await runInitdb(options, draft);
  if (options.sync) markUnsynced(markOf(clusterDir));
  renameSync(draft, clusterDir);
}

async function runInitdb(options: NewCluster, draft: string): Promise<void> {
  const args = [
    `--pgdata=${draft}`,
    `--username=${CLUSTER_USER}`,
    `--pwfile=${options.passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
  ];
  const child = spawn(join(options.programs, "bin", "initdb"), args, {
    ...programIdentity(options.dataDir.user),
    stdio: ["ignore", "ignore", "pipe"],
    signal: options.signal,
  });
  const output = new LastLines(child.stderr);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject).once("close", resolve);
  const code = await promise.catch((thrown: unknown) => {
    options.signal?.throwIfAborted();
    throw failed("could not be started", thrown);
  });
  if (code !== 0) throw failed(`ended with ${code ?? "a signal"}: ${output.text()}`);
}

function failed(what: string, cause?: unknown): SyncError {
  return new SyncError("initdb_failed", `initdb ${what}`, { retry: "permanent", cause });
}

/** How PostgreSQL's programs run: as the service user, in no folder of the caller's, in the C locale. */
export function programIdentity(user: OsUser | undefined): {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
} {
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  return { cwd: "/", env: { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" }, ...identity };
}
