import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { coreCommands } from "./core-commands.ts";
import { freePort } from "./free-port.ts";
import { Program } from "./program.ts";

/** A core with an embedded database of its own, and a folder for whatever else runs beside it. Disposing of it stops and removes all. */
export interface Stage extends AsyncDisposable {
  readonly dir: string;
  readonly dataDir: string;
  /** "host:port" of the gateway. */
  readonly grpc: string;
  /** "host:port" of the API. */
  readonly http: string;
  /** The one that was started last. */
  readonly core: Program;
  /** The core's commands on this data. */
  readonly command: ReturnType<typeof coreCommands>;
  /** Starts a program of the checkout; it is stopped with the stage, the newest first. */
  readonly start: (name: string, ...args: readonly string[]) => Program;
  /** Starts the core again on its data and addresses, with its usual flags; it must have ended. Rejects where it does not come up. */
  readonly restart: () => Promise<void>;
  /** Leaves the folder, for who looks for the reason of a failure. */
  readonly keep: () => void;
}

/** Where a stage's core would like to be, and the tenant that it makes. */
export interface StageOptions {
  /** "demo" in "serviceradar-demo-…". */
  readonly name: string;
  readonly firstTenant: string;
  /** 0: any. */
  readonly grpcPort: number;
  readonly httpPort: number;
  /** For the core's first start alone. */
  readonly coreFlags?: readonly string[];
}

/** Opens a stage; the core is up. Throws with the core's last lines where it does not come up. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), `serviceradar-${options.name}-`));
  // As root the database runs as another user, who must be able to pass through; nothing in here is open to others itself.
  await chmod(dir, 0o711);
  await mkdir(join(dir, "logs"));
  await using stack = new AsyncDisposableStack();
  let isKept = false;
  stack.defer(async () => {
    if (!isKept) await rm(dir, { recursive: true, force: true });
  });
  const programs = stack.use(new AsyncDisposableStack());
  const start = (name: string, ...args: readonly string[]): Program =>
    programs.use(new Program(name, { args, logFile: join(dir, "logs", `${name}.log`) }));
  const grpc = `127.0.0.1:${await freePort(options.grpcPort)}`;
  const http = `127.0.0.1:${await freePort(options.httpPort)}`;
  const dataDir = join(dir, "core");
  const where = ["--data-dir", dataDir, "--grpc-listen", grpc, "--http-listen", http];
  const serve = ["src/bin/core.ts", "serve", ...where, "--first-tenant", options.firstTenant];
  const isUp = async (started: Program): Promise<void> =>
    void (await started.line("serviceradar-core is up"));
  let starts = 1;
  let core = start("core", ...serve, ...(options.coreFlags ?? []));
  await isUp(core);
  const all = stack.move();
  return {
    dir,
    dataDir,
    grpc,
    http,
    get core() {
      return core;
    },
    command: coreCommands(dataDir),
    start,
    restart: async () => {
      starts += 1;
      core = start(`core-${starts}`, ...serve);
      await isUp(core);
    },
    keep: () => {
      isKept = true;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
