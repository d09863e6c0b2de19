import { err, ok } from "../lib/result.ts";
import { optional, parsed, required } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { WHERE } from "./core-settings.ts";
import { command, type Command } from "./program.ts";

/** replay. */
export const REPLAY_COMMANDS: readonly Command<CoreContext>[] = [
  command({
    name: "replay",
    summary:
      "Play recorded updates through ingestion and DIRE into a new tenant, and tell each one's device",
    flags: {
      in: required("FILE", "one device update a line, as JSON, in order of arrival"),
      batches: optional(
        "FILE",
        "JSON array of {start, count, instance}: which lines came together (default: per 3 MB)",
      ),
      out: required("FILE", 'where to write {"i", "id", "at"} for every line'),
      aliases: optional("FILE", 'where to write {"from", "to"} for every id that leads to another'),
      explain: optional("FILE", "where to write why each device of several records is one"),
      shuffle: parsed(
        "SEED",
        "play the lines in an order that this number decides, over all batches",
        (text) => (/^\d{1,15}$/.test(text) ? ok(Number(text)) : err("is not a whole number")),
      ),
      ...WHERE,
    },
    run: async (values, context) => {
      // Database, DIRE and API take longer to load than other commands to run.
      const { playRecording } = await import("./core-replay-run.ts");
      return await playRecording(values, context);
    },
  }),
];
