/** Files that only their owner may read, each written whole or not at all. */
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { randomHex } from "./clock.ts";
import { messageOf, SyncError } from "./errors.ts";

/**
 * Puts a file in place with mode 0600, and makes its folder (0700) where there is none. A crash at any moment leaves the old file
 * or the new one; what it leaves of a draft is never read. Throws SyncError "disk", which may pass (a full disk does).
 */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.${randomHex(4)}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(draft, content, { mode: 0o600, flag: "wx", flush: true });
    await rename(draft, path);
    await flushFolder(dirname(path));
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new SyncError("disk", `${path} cannot be written: ${messageOf(thrown)}`, {
      retry: "transient",
      cause: thrown,
    });
  }
}

/** The bytes of a file; undefined where it is not there. Throws SyncError "disk" where it cannot be read. */
export async function readPrivateFile(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new SyncError("disk", `${path} cannot be read: ${messageOf(thrown)}`, {
      retry: "transient",
      cause: thrown,
    });
  }
}

/** A rename is on the disk only once its folder is. */
async function flushFolder(path: string): Promise<void> {
  // Windows opens no folders, and its file system writes renames through by itself.
  if (process.platform === "win32") return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
