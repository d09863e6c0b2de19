import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";

import { systemClock, type Clock } from "../lib/clock.ts";
import type { Environment } from "../lib/env.ts";
import type { Log, LogFormat } from "../lib/log.ts";
import type { GatewayCertificateFiles } from "./core-serve-gateway.ts";
import type { WebSettings } from "./core-serve-web.ts";
import type { PlatformSettings } from "./platform.ts";
import type { Terminal } from "./program.ts";

/** Parts of the core that one process may run. */
export const CORE_ROLES = ["gateway", "ingest", "api"] as const;

/** What `serve` is told. */
export interface ServeRequest extends PlatformSettings {
  readonly roles: readonly (typeof CORE_ROLES)[number][];
  readonly grpcListen: string;
  readonly httpListen: string;
  /** What browsers are served with. */
  readonly web: WebSettings;
  /** Where agents enrol; absent: nowhere. */
  readonly enrollListen?: string | undefined;
  /** Where metrics are, without a password; absent: nowhere. */
  readonly metricsListen?: string | undefined;
  /** A streaming replica of `databaseUrl`, for lists. */
  readonly readDatabaseUrl?: string | undefined;
  readonly gatewayNames: readonly string[];
  readonly gatewayCertificate: GatewayCertificateFiles | undefined;
  readonly firstTenant: string;
  /** Folder of operators' own enrichment rules; undefined: the default one, which need not be there. */
  readonly rulesDir: string | undefined;
  /** Complete full runs that may miss a record before its values yield. */
  readonly fieldExpiryRuns: number;
  readonly socketPath: string;
}

/** The server itself, which only the executable can put together. */
export type Serve = (
  settings: ServeRequest,
  io: {
    readonly env: Environment;
    readonly log: Log;
    readonly signal: AbortSignal;
    readonly print: (line: string) => void;
  },
) => Promise<number>;

/** What commands of the core work with. */
export interface CoreContext extends Terminal {
  readonly env: Environment;
  readonly clock: Clock;
  /** Who runs the command, for the audit. */
  readonly actor: string;
  readonly readStdin: () => Promise<string>;
  /** Asks a person; undefined where none sits at the terminal. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  readonly serve: Serve;
  /** How log lines look where nothing says otherwise: by the terminal. */
  readonly logFormat?: LogFormat;
}

/** Whoever read the output has gone, as `head` does: the command ends in order, and that is no failure. */
export class OutputClosed extends Error {}

/** The context of a real process. */
export function processContext(serve: Serve): CoreContext {
  let isClosed = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    isClosed = true;
  });
  const print = (line: string): void => {
    if (isClosed) throw new OutputClosed();
    process.stdout.write(`${line}\n`);
  };
  const isAttended = process.stdin.isTTY && process.stdout.isTTY;
  return {
    print,
    printError: (line) => void process.stderr.write(`${line}\n`),
    env: process.env,
    clock: systemClock,
    actor: userName(),
    readStdin,
    ask: isAttended ? askTerminal : undefined,
    serve,
  };
}

/** A user id without a name, as in many containers, has no user info. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

async function readStdin(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

async function askTerminal(question: string): Promise<string> {
  using lines = createInterface({ input: process.stdin, output: process.stderr });
  return await lines.question(question);
}
