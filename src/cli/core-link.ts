/**
 * How a command reaches the API: through the socket of the core that runs on the data folder, else in this process over the
 * database itself. Both ask the same application, so a command cannot do what the API cannot.
 */
import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";

import { ConfigError, SyncError } from "../lib/errors.ts";
import { askSocket, openSocket, type SocketRequest } from "../lib/local-socket.ts";
import type { CoreContext } from "./core-context.ts";
import {
  bodyText,
  headersFor,
  type ApiAnswer,
  type ApiRequest,
  type Link,
} from "./core-request.ts";
import type { PlatformSettings } from "./platform.ts";

/** What a link is opened with. */
export interface LinkOptions {
  /** Whether a data folder without a database may be given one. */
  readonly mayCreate: boolean;
}

/** The local socket of the core that runs on a data folder. */
export function socketPathOf(dataDir: string): string {
  return join(dataDir, "run", "core.sock");
}

/**
 * Opens a link. Throws ConfigError naming the setting where there is nothing to reach, SyncError `permission` for another
 * user's core, `busy` for one that starts or does not answer, `unreachable` for a database that is not there.
 */
export async function openLink(
  settings: PlatformSettings,
  context: CoreContext,
  { mayCreate }: LinkOptions,
): Promise<Link> {
  const socketPath = socketPathOf(settings.dataDir);
  if (await isServed(socketPath)) {
    if (settings.databaseUrl !== undefined) {
      context.printError(
        `serviceradar-core: the running core is asked (${socketPath}), not the given database`,
      );
    }
    return {
      ask: (asked) => askCore(socketPath, asked, context.actor),
      open: (asked) => openSocket(socketPath, requestOf(asked, context.actor)),
      work: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  if (settings.databaseUrl === undefined && !mayCreate) checkDatabase(settings.dataDir);
  // Loading the database, the authorities and the API takes 0.5 s, which most commands need not wait for.
  const { openInProcess } = await import("./core-in-process.ts");
  return await openInProcess(settings, context);
}

/** A core that runs on the data folder, and nothing in its place. Throws SyncError `unreachable` where none does; see openLink for others. */
export async function openRunning(
  { dataDir }: PlatformSettings,
  { actor }: CoreContext,
): Promise<Pick<Link, "ask">> {
  const socketPath = socketPathOf(dataDir);
  if (await isServed(socketPath)) return { ask: (asked) => askCore(socketPath, asked, actor) };
  throw new SyncError("unreachable", `no core answers on ${socketPath}`, { retry: "transient" });
}

async function isServed(socketPath: string): Promise<boolean> {
  try {
    if (lstatSync(socketPath, { throwIfNoEntry: false })?.isSocket() !== true) return false;
    await askCore(socketPath, { method: "GET", path: "/healthz" }, "");
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    // A socket that nobody answers is what a killed core left.
    if (code === "ECONNREFUSED" || code === "ENOENT") return false;
    if (code === "EACCES" || code === "EPERM") {
      throw new SyncError(
        "permission",
        `${socketPath} belongs to another user's core; run the command as that user, as root, or name another --data-dir`,
        { retry: "permanent", cause: thrown },
      );
    }
    throw thrown;
  }
}

function askCore(socketPath: string, asked: ApiRequest, actor: string): Promise<ApiAnswer> {
  return askSocket(socketPath, requestOf(asked, actor));
}

function requestOf(asked: ApiRequest, actor: string): SocketRequest {
  const { method, path } = asked;
  const body = bodyText(asked);
  const headers = { ...headersFor(body, actor), host: "core" };
  return { method, path, headers, body };
}

/** Looking must not make an empty inventory out of a mistyped folder. */
function checkDatabase(dataDir: string): void {
  if (existsSync(join(dataDir, "postgres"))) return;
  throw new ConfigError(
    "--data-dir",
    `no core keeps its data in ${dataDir}; name the folder of yours, or start one there with: serviceradar-core serve`,
  );
}
