import type { z } from "@hono/zod-openapi";

import type { takenChunkSchema } from "../api/contract-runs.ts";
import type { runDetailSchema } from "../api/contract-sources.ts";
import { isoTime, newUuid } from "../lib/clock.ts";
import { ConfigError } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { RUN_KINDS } from "../model/run-manifest.ts";
import { manyNeeded, oneOf, required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { inputName, readJsonFile } from "./core-json-file.ts";
import { runLines } from "./core-runs.ts";
import { Misuse, RefusedRequest, tenantCommand, type TenantSession } from "./core-session.ts";
import type { Command } from "./program.ts";

type Taken = z.infer<typeof takenChunkSchema>;
type RunDetail = z.infer<typeof runDetailSchema>;

/** Most JSON of one chunk, bytes, as agents cut them. */
const CHUNK_BYTES_MAX = 3 * 1024 ** 2;
/** How often the run is looked at while a running core works it, ms. */
const LOOK_MS = 250;
/** Looks for devices that are not published yet, half a minute. */
const PUBLISHED_LOOKS_MAX = 120;

/** ingest. */
export const INGEST_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "ingest",
    summary: "Feed recorded chunk payloads to a source, as one run through the inbox",
    operands: {
      files: manyNeeded("FILE", 'JSON arrays of device updates; "-" reads standard input'),
    },
    flags: {
      source: required("SOURCE", "name or id of the source that they are taken to be of"),
      runKind: oneOf(
        RUN_KINDS,
        "full: they are all that the source holds; delta: only what changed (default: full)",
      ),
    },
    run: async ({ files, source, runKind: kind = "full" }, session) => {
      const started = isoTime(session.context.clock.now());
      const feeder = new Feeder(source, session);
      for (const file of files) {
        for (const entries of cut(file, await readJsonFile(file, session.context))) {
          await feeder.feed(entries);
        }
      }
      const runId = await feeder.end({ kind, started });
      await session.work();
      await runEnded(runId, session);
      await published(session);
      const run = await session.ask<RunDetail>({
        method: "GET",
        path: session.path(["runs", runId]),
      });
      session.show(run, () => runLines(run, session.context.clock.now()));
      if (run.outcome !== "success") {
        throw new Misuse(
          `the run is ${run.outcome}`,
          run.outcome === "partial" ? EXIT.partial : EXIT.failed,
        );
      }
    },
  }),
];

/** Entries in chunks of the size that agents send. */
function* cut(file: string, payload: unknown): Generator<readonly unknown[]> {
  if (!Array.isArray(payload)) {
    throw new ConfigError(inputName(file), "is not a JSON array of device updates");
  }
  let chunk: unknown[] = [];
  let bytes = 0;
  for (const entry of payload as readonly unknown[]) {
    const size = Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (bytes + size > CHUNK_BYTES_MAX && chunk.length > 0) {
      yield chunk;
      [chunk, bytes] = [[], 0];
    }
    chunk.push(entry);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

class Feeder {
  readonly #session: TenantSession;
  readonly #source: string;
  readonly #digests: string[] = [];
  #runId: string | undefined;
  #devices = 0;

  constructor(source: string, session: TenantSession) {
    this.#source = source;
    this.#session = session;
  }

  async feed(entries: readonly unknown[]): Promise<void> {
    const body = { run_id: this.#runId, chunk_index: this.#digests.length, entries };
    const path = this.#path();
    const taken = await this.#session.ask<Taken>({ method: "POST", path, body });
    this.#runId = taken.run_id;
    this.#digests.push(taken.sha256);
    this.#devices += taken.entries;
  }

  async end(run: { readonly kind: string; readonly started: string }): Promise<string> {
    const runId = this.#runId ?? newUuid();
    const chunks = this.#digests.map((sha256) => ({ sha256 }));
    const body = { ...run, devices: this.#devices, chunks };
    const path = this.#path(runId, "end");
    await this.#session.ask<Taken>({ method: "POST", path, body });
    return runId;
  }

  #path(...more: readonly string[]): string {
    return this.#session.path(["sources", this.#source, "recorded-chunks", ...more]);
  }
}

/** Waits until the run is worked; until then a running core is at it. `looksMax`: for whom that may take too long. */
export async function runEnded(
  runId: string,
  session: TenantSession,
  looksMax = Infinity,
): Promise<void> {
  for (let look = 0; look < looksMax; look += 1) {
    const run = await session
      .ask<RunDetail>({ method: "GET", path: session.path(["runs", runId]) })
      .catch((thrown: unknown) => {
        const isNew = thrown instanceof RefusedRequest && thrown.problem.code === "run_not_found";
        if (isNew) return undefined;
        throw thrown;
      });
    if (run !== undefined && run.outcome !== "running") return;
    await session.context.clock.sleep(LOOK_MS);
  }
}

/** Waits until devices show what was worked; not for ever, because a busy tenant always has something to publish. */
export async function published(session: TenantSession): Promise<void> {
  for (let look = 0; look < PUBLISHED_LOOKS_MAX; look += 1) {
    const path = session.path(["inbox"]);
    const { unpublished } = await session.ask<{ unpublished: number }>({ method: "GET", path });
    if (unpublished === 0) return;
    await session.context.clock.sleep(LOOK_MS);
  }
}
