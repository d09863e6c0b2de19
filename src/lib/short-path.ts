import { closeSync, constants, openSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A socket's path holds 107 bytes (unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107;

/**
 * A path of the same file that a Unix socket's address can hold, until it is closed. A longer one is reached through its
 * open folder (/proc/self/fd, proc_pid_fd(5)), so that a socket can stay in the data folder however deep that lies.
 */
export function shortSocketPath(path: string): { readonly path: string; close: () => void } {
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return { path, close: () => {} };
  const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    path: join("/proc/self/fd", String(folder), basename(path)),
    close: () => closeSync(folder),
  };
}
