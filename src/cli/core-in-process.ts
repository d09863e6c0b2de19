import { createApi } from "../api/app.ts";
/** The API in this process, over the database itself: for commands that find no running core. */
import { PLATFORM_ADMIN } from "../api/caller.ts";
import { Worker } from "../dire/worker.ts";
import type { Clock } from "../lib/clock.ts";
import { messageOf, SyncError } from "../lib/errors.ts";
import { createLog, type Log } from "../lib/log.ts";
import { advised } from "./core-busy.ts";
import type { CoreContext } from "./core-context.ts";
import { bodyText, headersFor, type ApiRequest, type Link } from "./core-request.ts";
import { logLevel } from "./core-settings.ts";
import { onSignals } from "./core-signal.ts";
import { openPlatform, type Platform, type PlatformSettings } from "./platform.ts";
import { EXIT_BY_SIGNAL } from "./stop-signals.ts";

/** Opens the database, starting the embedded one, and asks the API directly. Throws as openLink says. */
export async function openInProcess(
  settings: PlatformSettings,
  context: CoreContext,
): Promise<Link> {
  const { clock, env, actor } = context;
  const log = createLog({ component: "core", level: logLevel(env, "error") });
  const platform = await openForCommand(settings, { log, clock });
  const app = createApi({ ...platform, clock, log });
  const answerOf = async (asked: ApiRequest): Promise<Response> => {
    const { method, path } = asked;
    const text = bodyText(asked);
    const init = {
      method,
      headers: headersFor(text, actor),
      ...(text === undefined ? {} : { body: text }),
    };
    return await app.fetch(new Request(new URL(path, "http://core"), init), PLATFORM_ADMIN);
  };
  return {
    ask: async (asked) => {
      const answer = await answerOf(asked);
      return { status: answer.status, text: await answer.text() };
    },
    open: async (asked) => {
      const { status, body } = await answerOf(asked);
      return { status, body: body ?? new ReadableStream<Uint8Array>() };
    },
    work: async () => {
      const worker = new Worker({ db: platform.db, clock, log, ...ALONE });
      const running = worker.run();
      await worker.whenIdle();
      worker.stop();
      await running;
    },
    [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
  };
}

/** How a command works an inbox: its tenant has nobody to share with. */
const ALONE = { chunksPerTx: 10, tenantsInFlight: 1 };

/**
 * Opens the platform for as long as a command takes. A signal, such as Ctrl-C at a question, stops the embedded database
 * before it ends the process. Throws as openLink says.
 */
export async function openForCommand(
  settings: PlatformSettings,
  outfit: { readonly log: Log; readonly clock: Clock },
): Promise<Platform> {
  const platform = await openPlatform(settings, outfit).catch((thrown: unknown) => {
    throw named(thrown);
  });
  let stopped: Promise<void> | undefined;
  const { release } = onSignals((name) => {
    stopped ??= Promise.resolve(platform[Symbol.asyncDispose]()).finally(() =>
      process.exit(EXIT_BY_SIGNAL[name]),
    );
  });
  const close = async (): Promise<void> => {
    release();
    await platform[Symbol.asyncDispose]();
  };
  return { ...platform, [Symbol.asyncDispose]: close };
}

/** Failures of opening as the codes that exit codes are made of. */
function named(thrown: unknown): unknown {
  if (!(thrown instanceof SyncError)) return thrown;
  const { code, retry } = thrown;
  // A core that is up would have answered on its socket.
  if (code === "data_dir_busy") return advised(thrown, "it starts or stops: try again in a moment");
  const kind = retry === "permanent" ? code : "unreachable";
  return new SyncError(kind, messageOf(thrown), { retry, cause: thrown });
}
