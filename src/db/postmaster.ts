import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

import { pause, type Clock } from "../lib/clock.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { programIdentity } from "./cluster.ts";
import type { DataDir } from "./data-dir.ts";
import { LastLines } from "./last-lines.ts";

/** How long a stop waits, ms: first for the last checkpoint of up to 1 GB of pages, then for an immediate stop. */
const FAST_STOP_MS = 60_000;
const IMMEDIATE_STOP_MS = 10_000;
/** How long the output of a dead server may still come, ms. */
const LAST_OUTPUT_MS = 1_000;

/**
 * Ties the server's life to ours: the helper shell waits for our end of its standard input to close, which
 * the kernel does even on kill -9, and asks the server for a fast stop. It is nobody's child (the inner
 * parentheses), since the server must not find children that it did not start. `exec` keeps $$ the server's.
 */
const STOP_WITH_PARENT =
  'exec 3<&0 </dev/null; ( ( read -r _ <&3; kill -INT $$ ) >/dev/null 2>&1 & ); exec "$@" 3<&-';
const SHELL = "/bin/sh";

/** What starting the server needs. */
export type PostmasterOptions = {
  readonly programs: string;
  readonly dataDir: DataDir;
  readonly settings: readonly string[];
  readonly log: Log;
  readonly clock: Clock;
};

/** One running `postgres`. It leads a session of its own, so that Ctrl-C reaches only the core, which stops it last. */
export class Postmaster {
  readonly #child: ChildProcessByStdio<Writable, null, Readable>;
  readonly #clock: Clock;
  readonly #output: LastLines;
  readonly #log: Log;
  #stopping: Promise<void> | undefined;

  /** Resolves when the process has gone, for whatever reason, with what it was. Never rejects. */
  readonly ended: Promise<SyncError>;

  constructor(options: PostmasterOptions) {
    const postgres = join(options.programs, "bin", "postgres");
    const command = [postgres, "-D", options.dataDir.clusterDir, ...options.settings];
    // Without a shell (a bare container) a killed core's server goes on until the next start stops it.
    const tied = existsSync(SHELL) ? [SHELL, "-c", STOP_WITH_PARENT, SHELL, ...command] : command;
    this.#child = spawn(tied[0] ?? postgres, tied.slice(1), {
      ...programIdentity(options.dataDir.user),
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
    });
    this.#clock = options.clock;
    this.#log = options.log;
    const onLine = (line: string): void => options.log.debug({ line }, "postgres");
    this.#output = new LastLines(this.#child.stderr, onLine);
    this.#child.stdin.on("error", () => {});
    this.ended = this.#watch();
  }

  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  async #watch(): Promise<SyncError> {
    const closed = once(this.#child, "close");
    const how = await once(this.#child, "exit").then(
      ([code, signal]) => `ended with ${String(code ?? signal)}`,
      (thrown: unknown) => `could not be started: ${messageOf(thrown)}`,
    );
    await settledWithin(closed, LAST_OUTPUT_MS, this.#clock);
    const message = `the embedded PostgreSQL ${how}; its last words: ${this.#output.text()}`;
    return new SyncError("postgres_ended", message, { retry: "permanent" });
  }

  /** Stops the server as fast as it can without losing anything, and resolves when it has gone. May be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#child.kill("SIGINT");
    if (await settledWithin(this.ended, FAST_STOP_MS, this.#clock)) return;
    this.#log.warn({ waited_ms: FAST_STOP_MS }, "postgres does not stop, ending it at once");
    this.#child.kill("SIGQUIT");
    if (await settledWithin(this.ended, IMMEDIATE_STOP_MS, this.#clock)) return;
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}

/** Whether the work ends, well or badly, before the time is up. */
async function settledWithin(work: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  const timer = new AbortController();
  const ended = work.then(
    () => true,
    () => true,
  );
  const late = pause(clock, ms, timer.signal).then(() => false);
  const settled = await Promise.race([ended, late]);
  timer.abort();
  return settled;
}
