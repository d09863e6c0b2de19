import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

import { ConfigError } from "../lib/errors.ts";

/** A user of the operating system that PostgreSQL runs as, because it refuses to run as root. */
export interface OsUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Who runs the database when we are root: our own user, else what every distribution has. */
const SERVICE_USERS = ["serviceradar", "postgres", "nobody"] as const;

/** All users of an /etc/passwd text, in its order. */
export function parsePasswd(text: string): readonly OsUser[] {
  return text.split("\n").flatMap((line) => {
    const [name, , uid, gid] = line.split(":");
    if (name === undefined || !/^\d+$/.test(uid ?? "") || !/^\d+$/.test(gid ?? "")) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/**
 * The user to run PostgreSQL as, or undefined to run it as ourselves (we are not root). An existing
 * cluster's owner wins: the server refuses a folder that is not its own, and a user `serviceradar`
 * that was made after the first start must not lock the inventory out.
 */
export function serviceUser(clusterDir: string): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = parsePasswd(readFileSync("/etc/passwd", "utf8"));
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) {
    const known = users.find((user) => user.uid === owner.uid);
    return known ?? { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  }
  const service = SERVICE_USERS.map((name) => users.find((user) => user.name === name));
  const chosen = service.find((user) => user !== undefined && user.uid !== 0);
  if (chosen !== undefined) return chosen;
  throw new ConfigError(
    "--database-url",
    `PostgreSQL does not run as root, and this system has none of the users ${SERVICE_USERS.join(", ")}; create one (useradd --system serviceradar) or name a server`,
  );
}

/**
 * The outermost folder on the way to `path` that `user` may not enter, or undefined if the way is open.
 * Reads mode bits and the primary group only, as the spawned server has no other groups.
 */
export function firstClosedFolder(path: string, user: OsUser): string | undefined {
  const folders: string[] = [];
  for (let dir = realpathSync(path); dir !== folders[0]; dir = dirname(dir)) folders.unshift(dir);
  return folders.find((folder) => !mayEnter(statSync(folder), user));
}

type Ownership = { readonly mode: number; readonly uid: number; readonly gid: number };

/** Whether the search bit that counts for the user (owner's, group's or everyone's) is set. */
export function mayEnter({ mode, uid, gid }: Ownership, user: OsUser): boolean {
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}
