import { readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";

import { messageOf } from "../lib/errors.ts";
import { sha256Hex } from "../lib/hash.ts";
import type { Log } from "../lib/log.ts";
import { writePrivateFile } from "../lib/private-file.ts";
import { err, type Result } from "../lib/result.ts";
import { formatCheckpoint, parseCheckpoint, type Checkpoint } from "./checkpoint.ts";

/** Folder of the runs in the data folder. */
const FOLDER = "runs";
/** A file of it; one that is being written has another name. */
const PLACE = /^[0-9a-f]{32}\.json$/;

/**
 * Keeps one checkpoint a source, in a file each. Nothing that fails here fails a run: it then starts anew after a restart, and
 * the log says why.
 */
export class CheckpointStore {
  readonly #folder: string;
  readonly #log: Log;
  #hasFailed = false;

  constructor(dataDir: string, log: Log) {
    this.#folder = join(dataDir, FOLDER);
    this.#log = log;
  }

  /** The run that a source's last agent left; undefined where there is none. The error says why one cannot be used. */
  read(sourceKey: string): Result<Checkpoint> | undefined {
    try {
      return parseCheckpoint(readFileSync(this.#pathOf(sourceKey), "utf8"));
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      return err(`cannot be read: ${messageOf(thrown)}`);
    }
  }

  /** Whether it is on the disk. */
  async write(sourceKey: string, checkpoint: Checkpoint): Promise<boolean> {
    try {
      await writePrivateFile(this.#pathOf(sourceKey), formatCheckpoint(checkpoint));
      this.#hasFailed = false;
      return true;
    } catch (thrown) {
      // Once is enough: it is tried again with every window.
      if (!this.#hasFailed) {
        this.#log.warn({ error: messageOf(thrown) }, "a run's place could not be kept");
      }
      this.#hasFailed = true;
      return false;
    }
  }

  async remove(sourceKey: string): Promise<void> {
    await rm(this.#pathOf(sourceKey), { force: true }).catch((thrown: unknown) => {
      this.#log.warn({ error: messageOf(thrown) }, "a run's place could not be forgotten");
    });
  }

  /** Removes the places of all other sources: they are gone, or have another id. */
  async keepOnly(sourceKeys: readonly string[]): Promise<void> {
    const kept = new Set(sourceKeys.map((key) => basename(this.#pathOf(key))));
    try {
      for (const name of await readdir(this.#folder)) {
        const isLeft = PLACE.test(name) && !kept.has(name);
        if (isLeft) await rm(join(this.#folder, name), { force: true });
      }
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return;
      this.#log.warn(
        { error: messageOf(thrown) },
        "places of removed sources could not be forgotten",
      );
    }
  }

  /** A key may hold whatever a source is called. */
  #pathOf(sourceKey: string): string {
    return join(this.#folder, `${sha256Hex(sourceKey).slice(0, 32)}.json`);
  }
}
