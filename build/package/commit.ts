import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { ROOT } from "../process/command-of.ts";

const run = promisify(execFile);

/** The commit of the sources, with "-changed" where the working tree differs from it; SERVICERADAR_COMMIT, or "unknown", outside a clone. */
export async function sourceCommit(): Promise<string> {
  const given = process.env["SERVICERADAR_COMMIT"] ?? "";
  if (given !== "") return given;
  try {
    const { stdout: commit } = await git("rev-parse", "HEAD");
    const { stdout: changes } = await git("status", "--porcelain", "--untracked-files=no");
    return `${commit.trim()}${changes.trim() === "" ? "" : "-changed"}`;
  } catch {
    return "unknown";
  }
}

function git(...args: readonly string[]): Promise<{ readonly stdout: string }> {
  // A checkout may belong to another user, as in a container.
  return run("git", ["-c", "safe.directory=*", ...args], { cwd: ROOT });
}
