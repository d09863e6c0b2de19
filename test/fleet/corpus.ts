import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { FleetOptions } from "./identity-fleet.ts";
import type { BatchLine, TruthLine } from "./scoring/lines.ts";
import { readJsonLines, readText } from "./scoring/read-lines.ts";
import type { WireUpdate } from "./wire.ts";

/** Where the labelled corpus lies: a small fleet with every failure mode, for tests that want the same updates for ever. */
export const CORPUS_FOLDER: string = fileURLToPath(new URL("corpus/", import.meta.url));

/** What the corpus was made of; test/fleet/README.md says how to make it anew. */
export const CORPUS_OPTIONS: FleetOptions = { seed: 2, devices: 300, days: 3, profile: "default" };

/** Updates in the order of arrival, the batches they arrive in, and the truth about each. */
export interface Corpus {
  readonly updates: readonly WireUpdate[];
  readonly batches: readonly BatchLine[];
  readonly truth: readonly TruthLine[];
}

/** Reads the corpus. */
export function readCorpus(): Corpus {
  return {
    updates: [...readJsonLines<WireUpdate>(join(CORPUS_FOLDER, "updates.jsonl.gz"))],
    batches: JSON.parse(readText(join(CORPUS_FOLDER, "batches.json"))) as BatchLine[],
    truth: [...readJsonLines<TruthLine>(join(CORPUS_FOLDER, "truth.jsonl.gz"))],
  };
}
