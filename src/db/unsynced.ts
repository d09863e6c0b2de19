/**
 * Trees that are written without waiting for the disk. A thousand files take it from one second to ten where others write too, and a
 * start that waits for each waits for all of that. So a mark lies on the disk before the tree is seen, with the boot that wrote it, and
 * goes when all of it has been synced: a tree whose mark is of another boot may have holes where the power went, and is made anew.
 * Within one boot what was written is read, whoever was killed.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";

import { bootId, syncFolder } from "./boot.ts";

/** Files synced at a time: as many as libuv has threads for it. The disk's journal takes those that wait together. */
const LANES = 4;

/** Puts the mark on the disk. Call it before the tree has its name. */
export function markUnsynced(mark: string): void {
  writeFileSync(mark, `${bootId() ?? ""}\n`, { mode: 0o644, flush: true });
  syncFolder(dirname(mark));
}

/** Whether the machine may have stopped before the tree was on the disk. */
export function isDoubtful(mark: string): boolean {
  const marked = markedBy(mark);
  return marked !== undefined && (marked === "" || marked !== bootId());
}

/** Brings a marked tree as it is now to the disk and takes its mark away; without a mark it does nothing. */
export async function syncMarked(mark: string, tree: string, signal: AbortSignal): Promise<void> {
  if (markedBy(mark) === undefined) return;
  const entries = readdirSync(tree, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  const waiting = [...paths, tree, dirname(tree)].values();
  const lane = async (): Promise<void> => {
    for (const path of waiting) {
      signal.throwIfAborted();
      await syncPath(path);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  rmSync(mark, { force: true });
  syncFolder(dirname(mark));
}

/** A running server removes files of its own; what is gone needs no disk. */
async function syncPath(path: string): Promise<void> {
  try {
    await using file = await open(path, "r");
    await file.sync();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
  }
}

function markedBy(mark: string): string | undefined {
  try {
    return readFileSync(mark, "utf8").trim();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
}
