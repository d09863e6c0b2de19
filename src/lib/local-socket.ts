/** Unix sockets by which commands reach a process of their own user on the same host. Who may is said by the folder's mode. */
import { once } from "node:events";
import { chmod, lstat, mkdir, rm } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
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

/** Whether a process listens at a path that a socket's address can hold; one that is stopped does too. */
export async function isAnswered(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (thrown) {
    // So many ask that no more may wait: nobody has died.
    return (thrown as NodeJS.ErrnoException).code === "EAGAIN";
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
  asked: SocketRequest,
): Promise<{ readonly status: number; readonly text: string }> {
  const { status, body } = await openSocket(socketPath, asked);
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return { status, text: Buffer.concat(parts).toString("utf8") };
}

/**
 * The same, with an answer that is read as it comes; one that is cut off rejects there. What is not read to its end must be left by
 * `return`, as a loop does, which ends the connection.
 */
export async function openSocket(
  socketPath: string,
  { method, path, headers = {}, body }: SocketRequest,
): Promise<{ readonly status: number; readonly body: AsyncIterable<Uint8Array> }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const short = shortSocketPath(socketPath);
  // A kept connection would outlive the path it was made by, and a command asks few things.
  const how = { socketPath: short.path, method, path, headers, agent: false };
  const asking = request(how, resolve);
  asking.on("error", reject);
  asking.end(body);
  const answer = await promise.finally(short.close);
  return { status: answer.statusCode ?? 0, body: answer as AsyncIterable<Uint8Array> };
}
