import { SyncError } from "../lib/errors.ts";

/** The failure of a data folder that is in use, with what to do about it; anything else as it was thrown. */
export function advised(thrown: unknown, advice: string): unknown {
  if (!(thrown instanceof SyncError) || thrown.code !== "data_dir_busy") return thrown;
  return new SyncError("busy", `${thrown.message}; ${advice}`, { retry: thrown.retry });
}
