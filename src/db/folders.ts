import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** Makes the missing folders down to `path`, each open to everyone to enter and list, whatever root's umask. */
export function makeOpenFolders(path: string): void {
  if (existsSync(path)) return;
  makeOpenFolders(dirname(path));
  mkdirSync(path, { mode: 0o755 });
  chmodSync(path, 0o755);
}

/** Lets everyone read (and run what the owner may run) in a tree of ours; links are left alone. */
export function openToAll(dir: string): void {
  chmodSync(dir, 0o755);
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    chmodSync(path, entry.isDirectory() || (statSync(path).mode & 0o100) !== 0 ? 0o755 : 0o644);
  }
}
