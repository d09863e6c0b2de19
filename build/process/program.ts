import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

import { nodeEnvironment, nodeFlags } from "../node-flags.mjs";
import { ROOT } from "./command-of.ts";
import { spawnTied } from "./spawn-tied.ts";

/** How long a program may take to say that it is up, ms: an embedded database takes 2 s, on a machine with ten times too much to do a minute. */
const START_MAX_MS = 180_000;
/** How long a program may take to stop before it is ended, ms: above the core's own grace. */
const STOP_MAX_MS = 20_000;
/** Lines that are looked through; what is waited for comes early. */
const LINES_MAX = 10_000;

/** One of our programs as a process of its own; everything that it prints goes to a file. */
export class Program implements AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number>;
  readonly #lines: string[] = [];
  readonly #tell: (() => void)[] = [];

  constructor(
    name: string,
    {
      args,
      logFile,
      preload = [],
      env = {},
    }: {
      readonly args: readonly string[];
      readonly logFile: string;
      /** Modules of the checkout that are loaded before the program. */
      readonly preload?: readonly string[];
      /** Beside this process's own environment. */
      readonly env?: Readonly<Record<string, string>>;
    },
  ) {
    this.name = name;
    this.logFile = logFile;
    const loaded = preload.flatMap((module) => ["--import", module]);
    // Modules of the checkout can be loaded into its programs alone, not into a single executable.
    const command = preload.length === 0 ? args : [...nodeFlags(args[0] ?? ""), ...loaded, ...args];
    this.#child = spawnTied(command, {
      cwd: ROOT,
      env: { ...nodeEnvironment(args[0] ?? ""), ...env },
      // Of its own group: Ctrl-C goes to whoever started it, who then stops it in order. A second signal would cut that short.
      detached: true,
    });
    const log = createWriteStream(logFile);
    for (const input of [this.#child.stdout, this.#child.stderr]) {
      input.pipe(log, { end: false });
      createInterface({ input }).on("line", (line) => this.#take(line));
    }
    this.#ended = new Promise((resolve) => {
      this.#child.on("close", (code) => {
        resolve(code ?? 1);
        log.end();
        for (const tell of this.#tell.splice(0)) tell();
      });
    });
  }

  /** The first line of what it printed or logged that holds the text. Rejects with the end of the log when the program ends before. */
  async line(text: string): Promise<string> {
    const late = AbortSignal.timeout(START_MAX_MS);
    for (;;) {
      const found = this.printed(text);
      if (found !== undefined) return found;
      if (this.hasEnded || late.aborted) {
        throw new Error(`${this.name} did not come up:\n${await this.lastWords()}`);
      }
      await Promise.race([
        new Promise<void>((resolve) => this.#tell.push(resolve)),
        new Promise((resolve) => late.addEventListener("abort", resolve)),
      ]);
    }
  }

  /** The first line so far that holds the text. */
  printed(text: string): string | undefined {
    return this.#lines.find((line) => line.includes(text));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The last lines that it printed. */
  async lastWords(): Promise<string> {
    const text = await readFile(this.logFile, "utf8").catch(() => "");
    return text.trimEnd().split("\n").slice(-15).join("\n");
  }

  /** Most memory that the process has held so far, bytes; undefined where /proc does not tell. */
  async peakMemory(): Promise<number | undefined> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, "utf8").catch(() => "");
    const kib = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  }

  /** Asks it to stop, waits and gives its exit code; ends it where it does not stop, which gives 1. */
  async stop(): Promise<number> {
    if (!this.hasEnded) this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MAX_MS);
    const code = await this.#ended;
    clearTimeout(late);
    return code;
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** Stops it where it stands, or lets it go on, as a laptop's lid does. */
  freeze(isFrozen: boolean): void {
    this.#child.kill(isFrozen ? "SIGSTOP" : "SIGCONT");
  }

  /** Waits for its end and gives its exit code. */
  ended(): Promise<number> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #take(line: string): void {
    if (this.#lines.length < LINES_MAX) this.#lines.push(line);
    for (const tell of this.#tell.splice(0)) tell();
  }
}
