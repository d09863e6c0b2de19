/** The API in this process, over the database itself: for commands that find no running core. */
import { PLATFORM_ADMIN } from "../api/access.ts";
import { createApi } from "../api/app.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import { createLog } from "../lib/log.ts";
import type { CoreContext } from "./core-context.ts";
import { headersFor, type Link } from "./core-request.ts";
import { logLevel } from "./core-settings.ts";
import { openPlatform, type PlatformSettings } from "./platform.ts";

/** Opens the database, starting the embedded one, and asks the API directly. Throws as openLink says. */
export async function openInProcess(
  settings: PlatformSettings,
  context: CoreContext,
): Promise<Link> {
  const { clock, env, actor } = context;
  const log = createLog({ component: "core", level: logLevel(env, "error") });
  const platform = await openPlatform(settings, { log, clock }).catch((thrown: unknown) => {
    throw named(thrown);
  });
  const app = createApi({ ...platform, clock, log });
  return {
    ask: async ({ method, path, body }) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const init = {
        method,
        headers: headersFor(text, actor),
        ...(text === undefined ? {} : { body: text }),
      };
      const answer = await app.fetch(
        new Request(new URL(path, "http://core"), init),
        PLATFORM_ADMIN,
      );
      return { status: answer.status, text: await answer.text() };
    },
    [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
  };
}

/** Failures of opening as the codes that exit codes are made of. */
function named(thrown: unknown): unknown {
  if (!(thrown instanceof SyncError)) return thrown;
  const { code, retry } = thrown;
  const kind = code === "data_dir_busy" ? "busy" : retry === "permanent" ? code : "unreachable";
  return new SyncError(kind, messageOf(thrown), { retry, cause: thrown });
}
