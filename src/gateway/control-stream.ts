/**
 * ControlStream: after its hello an agent is told of configuration changes and commands at once, and its stream ends when its
 * identity does. What it answers to commands is noted.
 */
import { noteConfig } from "../control/agents.ts";
import { noteCommand, takeCommands, type OutgoingCommand } from "../control/commands.ts";
import { configEntry } from "../control/source-settings.ts";
import { toldSource } from "../control/sources.ts";
import type { StreamNews } from "../control/stream-news.ts";
import { noteProgress } from "../inbox/progress-store.ts";
import { pause } from "../lib/clock.ts";
import { parseProgress, PROGRESS_TYPE } from "../model/live-progress.ts";
import type { CallContext, ControlStreamEnd, Send } from "../wire/handlers.ts";
import type {
  CommandResult,
  ControlStreamRequest,
  ControlStreamResponse,
  Draft,
} from "../wire/messages.ts";
import { RpcFailure } from "../wire/rpc-error.ts";
import type { GatewayContext } from "./context.ts";
import type { ControlWatch } from "./control-watch.ts";
import { currentConfig } from "./get-config.ts";
import { certificateExpired, checkClaims, refuseUnlessOpen, type Peer } from "./peer.ts";
import { askForRenewal, RENEW_CAPABILITY } from "./renewal.ts";
import { noteUnrehearsed } from "./snapshot.ts";

/** How often a certificate's age is looked at, ms: a renewal that failed is asked for again the next day. */
const RENEWAL_LOOK_MS = 86_400_000;

/** Serves one agent's control stream until either end leaves, or the agent's identity ends. */
export async function controlStream(
  context: GatewayContext,
  peer: Peer,
  {
    stream,
    call,
    watch,
    onResult,
  }: {
    readonly stream: ControlStreamEnd;
    readonly call: CallContext;
    readonly watch: ControlWatch;
    /** Called with every result of a command. */
    readonly onResult: (result: CommandResult) => Promise<void>;
  },
): Promise<void> {
  const messages = stream.received[Symbol.asyncIterator]();
  const first = await messages.next();
  const hello = first.done === true ? undefined : first.value.hello;
  if (hello === undefined) {
    throw new RpcFailure(
      "FAILED_PRECONDITION",
      "control stream requires hello as the first message",
    );
  }
  checkClaims(peer, hello);
  const ended = new AbortController();
  const signal = AbortSignal.any([call.signal, call.stopping, ended.signal]);
  const reading = readAnswers(context, peer, { messages, onResult }).finally(() => ended.abort());
  const telling = Promise.race([
    tellNews(context, peer, {
      send: stream.send,
      news: watch.news(peer, signal),
      known: hello.configVersion,
    }),
    mindCertificate(context, peer, {
      signal,
      canRenew: hello.capabilities.includes(RENEW_CAPABILITY),
    }),
  ]);
  // Whichever ends first ends the call; the other is waited for, so that nothing goes on behind it.
  try {
    await Promise.race([reading, telling]);
  } finally {
    ended.abort();
    await telling.catch(() => undefined);
  }
}

async function readAnswers(
  context: GatewayContext,
  peer: Peer,
  {
    messages,
    onResult,
  }: {
    readonly messages: AsyncIterator<ControlStreamRequest>;
    readonly onResult: (result: CommandResult) => Promise<void>;
  },
): Promise<void> {
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    await noteAnswer(context, peer, next.value);
    if (next.value.commandResult !== undefined) await onResult(next.value.commandResult);
  }
}

async function noteAnswer(
  context: GatewayContext,
  peer: Peer,
  { configAck, commandAck, commandProgress, commandResult }: ControlStreamRequest,
): Promise<void> {
  const { tenant, agentId } = peer;
  const db = context.db.forTenant(tenant);
  if (configAck !== undefined) {
    await noteConfig(db, tenant, { agentId, running: configAck.configVersion });
  } else if (commandAck !== undefined) {
    await noteCommand(db, tenant, { ...commandAck, agentId, state: "acknowledged" });
  } else if (commandProgress?.commandType === PROGRESS_TYPE) {
    const progress = parseProgress(commandProgress.payloadJson.toString("utf8"));
    if (progress.ok) await noteProgress(db, tenant, { agentId, progress: progress.value });
  } else if (commandProgress !== undefined) {
    const result = readJson(commandProgress.payloadJson);
    const state = "acknowledged";
    await noteCommand(db, tenant, { ...commandProgress, agentId, state, result });
  } else if (commandResult !== undefined) {
    const state = commandResult.success ? "succeeded" : "failed";
    const result = readJson(commandResult.payloadJson);
    await noteCommand(db, tenant, { ...commandResult, agentId, state, result });
    await noteUnrehearsed(context, peer, commandResult);
  }
}

/** What an agent adds to an answer; what is not JSON is left out, the answer counts all the same. */
function readJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

type Telling = {
  readonly send: Send<ControlStreamResponse>;
  readonly news: AsyncIterable<StreamNews>;
  /** Version that the agent runs. */
  readonly known: string;
};

async function tellNews(
  context: GatewayContext,
  peer: Peer,
  { send, news, known }: Telling,
): Promise<void> {
  let told = known;
  let rev: number | undefined;
  for await (const { admission, configRev, hasCommands } of news) {
    refuseUnlessOpen(admission);
    if (configRev !== rev) {
      const config = await currentConfig(context, peer);
      if (config.configVersion !== undefined && config.configVersion !== told) {
        const offered = config.configVersion;
        await noteConfig(context.db.forTenant(peer.tenant), peer.tenant, {
          agentId: peer.agentId,
          offered,
        });
        await send({ config });
        told = offered;
      }
      rev = configRev;
    }
    if (!hasCommands) continue;
    const db = context.db.forTenant(peer.tenant);
    for (const command of await takeCommands(db, peer.tenant, peer.agentId)) {
      await send({ command: await commandRequest(context, peer, command) });
    }
  }
}

/** Commands that an agent carries out with settings that it may not have been told: of a source that is not enabled. */
const WITH_SETTINGS: ReadonlySet<string> = new Set([
  "sync.test_connection",
  "sync.preview",
  "sync.rehearse",
]);

async function commandRequest(
  { db, sealer, gatewayId }: GatewayContext,
  { tenant }: Peer,
  { commandId, type, serviceId, payload, ttlSeconds, createdMs }: OutgoingCommand,
): Promise<NonNullable<Draft<ControlStreamResponse>["command"]>> {
  // Credentials stay sealed until they leave, so the command's row never holds them.
  const source =
    serviceId !== undefined && WITH_SETTINGS.has(type)
      ? await toldSource(db.forTenant(tenant), tenant, { serviceId, sealer })
      : undefined;
  const settings = source === undefined ? {} : { source: configEntry(source, gatewayId) };
  return {
    commandId,
    commandType: type,
    payloadJson: Buffer.from(JSON.stringify({ ...payload, ...settings })),
    ttlSeconds,
    createdAt: Math.floor(createdMs / 1_000),
  };
}

/** Has the certificate renewed in time, and ends the stream with it: TLS looks at dates only when a connection is made. */
async function mindCertificate(
  context: GatewayContext,
  peer: Peer,
  { signal, canRenew }: { readonly signal: AbortSignal; readonly canRenew: boolean },
): Promise<void> {
  const { clock } = context;
  const { certificateNotAfterMs: endMs } = peer;
  while (!signal.aborted && clock.now() < endMs) {
    if (canRenew) await askForRenewal(context, peer);
    await pause(clock, Math.min(RENEWAL_LOOK_MS, endMs - clock.now()), signal);
  }
  if (signal.aborted) return;
  throw certificateExpired();
}
