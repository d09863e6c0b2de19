/** What `serve` reads of its environment, before it starts anything. */
import { envInteger, type Environment } from "../lib/env.ts";
import { messageLimits } from "../wire/limits.ts";
import { readTuning, type GivenTuning } from "./settle-tuning.ts";

/** Unworked chunks of a tenant before its agents are held back: by default about 0.5 GB of JSON, 50 MB as stored. */
const INBOX_CHUNKS = { min: 1, max: 100_000, fallback: 200 };

/** The settings that stand there. */
export interface ServeEnvironment {
  readonly limits: ReturnType<typeof messageLimits>;
  readonly given: GivenTuning;
  /** Unworked chunks that a tenant may have. */
  readonly chunksMax: number;
}

/** Throws ConfigError naming the variable that is wrong. */
export function readServeEnvironment(env: Environment): ServeEnvironment {
  return {
    limits: messageLimits(env),
    given: readTuning(env),
    chunksMax: envInteger(env, "SYNC_INBOX_MAX_CHUNKS", INBOX_CHUNKS),
  };
}
