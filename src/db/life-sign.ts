/**
 * Tells a living process from a dead one where process numbers say nothing: in another container of this machine. A socket that listens
 * belongs to its process, and the kernel closes it with that, whatever namespace either is in.
 */
import { chmodSync, existsSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { isAnswered } from "../lib/local-socket.ts";
import { shortSocketPath } from "../lib/short-path.ts";

/** A sign that is seen until `end`, or the process's end. */
export interface LifeSign {
  end(): void;
}

/** Gives a sign in a folder. One that takes no sockets, as some that are shared with a virtual machine, gets none. */
export async function giveSign(dir: string, id: string): Promise<LifeSign> {
  const path = pathOf(dir, id);
  const short = shortSocketPath(path);
  const server = createServer((asking) => asking.destroy());
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.once("error", () => resolve(undefined));
  server.listen(short.path, () => resolve(undefined));
  await promise;
  short.close();
  server.unref();
  // To connect is to write, and who asks may be another user.
  if (server.listening) chmodSync(path, 0o666);
  return {
    end: () => {
      server.close();
      rmSync(path, { force: true });
    },
  };
}

/** Whether the process that gave the sign lives. */
export async function isSignSeen(dir: string, id: string): Promise<boolean> {
  const path = pathOf(dir, id);
  if (!existsSync(path)) return false;
  const short = shortSocketPath(path);
  return await isAnswered(short.path).finally(short.close);
}

/** Removes what a dead process left. */
export function removeSign(dir: string, id: string): void {
  rmSync(pathOf(dir, id), { force: true });
}

function pathOf(dir: string, id: string): string {
  return join(dir, `core.${id}.sock`);
}
