/** The database that the core brings along. By itself, so that it can start before the rest is loaded. */
import { startEmbedded, type Embedded } from "../db/embedded.ts";
import type { Log } from "../lib/log.ts";

/** Which database a core uses, and where it keeps what it must not lose. */
export interface DatabasePlace {
  readonly dataDir: string;
  /** Whether somebody named the folder. */
  readonly isDataDirExplicit: boolean;
  /** An operator's own PostgreSQL; absent: the embedded one in the data folder. */
  readonly databaseUrl?: string | undefined;
}

/** Starts it, if it is to be used. What it holds is not durable yet: `Embedded.durable`. */
export async function beginEmbedded(
  { databaseUrl, dataDir, isDataDirExplicit }: DatabasePlace,
  log: Log,
): Promise<Embedded | undefined> {
  if (databaseUrl !== undefined) return undefined;
  return await startEmbedded({ dataDir, explicitDataDir: isDataDirExplicit, isEarly: true, log });
}
