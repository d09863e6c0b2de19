import type { ProblemBody } from "../api/errors.ts";
import { SyncError } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { VERSION } from "../lib/version.ts";
import type { CoreContext } from "./core-context.ts";
import { openRunning } from "./core-link.ts";
import type { ApiRequest } from "./core-request.ts";
import { platformSettings, WHERE } from "./core-settings.ts";
import { command, type Command } from "./program.ts";

type Ask = (asked: ApiRequest) => Promise<unknown>;

/** health: what an installer asks after an upgrade. Starts no database: the core that comes up could not take it then. */
export const HEALTH_COMMANDS: readonly Command<CoreContext>[] = [
  command({
    name: "health",
    summary:
      "Tell whether the core that runs is of this release, has its schema and commits a write",
    flags: WHERE,
    run: async (values, context) => {
      const link = await openRunning(platformSettings(values, context.env), context);
      await check(async (asked) => {
        const { status, text } = await link.ask(asked);
        if (status < 300) return JSON.parse(text) as unknown;
        throw unwell((JSON.parse(text) as ProblemBody).detail);
      });
      context.print("ready: the schema is this release's, and a write was committed");
      return EXIT.ok;
    },
  }),
];

async function check(ask: Ask): Promise<void> {
  const { version } = (await ask({ method: "GET", path: "/version" })) as { version: string };
  if (version !== VERSION) throw unwell(`the core that runs is ${version}, this is ${VERSION}`);
  await ask({ method: "GET", path: "/readyz" });
  await ask({ method: "POST", path: "/api/v1/write-check" });
}

function unwell(why: string): SyncError {
  return new SyncError("unavailable", why, { retry: "transient" });
}
