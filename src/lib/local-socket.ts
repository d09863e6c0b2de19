/** Unix sockets by which commands reach a process of their own user on the same host. Who may is said by the folder's mode. */
import { once } from "node:events";
import { chmod, lstat, mkdir, rm } from "node:fs/promises";
import { request } from "node:http";
import { createConnection } from "node:net";
import { dirname } from "node:path";

import { shortSocketPath } from "./short-path.ts";

/** A path that a socket can be bound to, or reached by, until it is closed. */
export type SocketPath = ReturnType<typeof shortSocketPath>;

/**
 * Makes ready to listen: the folder is closed to others before a socket is in it, and what a killed process left is removed.
 * Undefined where a process answers there. Throws what the file system says.
 */
export async function claimSocket(path: string): Promise<SocketPath | undefined> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const short = shortSocketPath(path);
  try {
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) return short;
    if (!(await isAnswered(short.path))) {
      await rm(path);
      return short;
    }
  } catch (thrown) {
    short.close();
    throw thrown;
  }
  short.close();
  return undefined;
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** What is asked over a socket. */
export interface SocketRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** Asks once, by HTTP. Rejects with what the system says, by its code. */
export async function askSocket(
  socketPath: string,
  { method, path, headers = {}, body }: SocketRequest,
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const short = shortSocketPath(socketPath);
  // A kept connection would outlive the path it was made by, and a command asks few things.
  const how = { socketPath: short.path, method, path, headers, agent: false };
  const asking = request(how, (answer) => {
    const parts: Buffer[] = [];
    answer.on("data", (part: Buffer) => parts.push(part));
    answer.on("error", reject);
    answer.on("end", () => {
      const text = Buffer.concat(parts).toString("utf8");
      resolve({ status: answer.statusCode ?? 0, text });
    });
  });
  asking.on("error", reject);
  asking.end(body);
  return await promise.finally(short.close);
}
