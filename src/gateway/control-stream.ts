/**
 * ControlStream: after its hello an agent is told of configuration changes at once, and its stream ends when its identity does.
 * Changes are found by asking the database once a second for all open streams together: it works through any pooler and over
 * any number of replicas, and costs one small query.
 */
import { noteConfig } from "../control/agents.ts";
import type { Clock } from "../lib/clock.ts";
import { pause } from "../lib/clock.ts";
import type { CallContext, ControlStreamEnd, Send } from "../wire/handlers.ts";
import type { ControlStreamResponse } from "../wire/messages.ts";
import { RpcFailure } from "../wire/rpc-error.ts";
import type { GatewayContext } from "./context.ts";
import { currentConfig } from "./get-config.ts";
import { checkClaims, type Peer } from "./peer.ts";

/** How often changes are looked for, ms: a source edit reaches its agent within it. */
const WATCH_MS = 500;

/** Serves one agent's control stream until either end leaves. `recheck` throws once the agent is refused. */
export async function controlStream(
  context: GatewayContext,
  peer: Peer,
  {
    stream,
    call,
    recheck,
  }: {
    readonly stream: ControlStreamEnd;
    readonly call: CallContext;
    readonly recheck: () => Promise<void>;
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
  const reading = readAcks(context, peer, messages).finally(() => ended.abort());
  const telling = tellChanges(context, peer, {
    send: stream.send,
    signal,
    recheck,
    known: hello.configVersion,
  });
  // Whichever ends first ends the call; the other is waited for, so that nothing goes on behind it.
  await Promise.race([reading, telling]);
  ended.abort();
  await telling;
}

async function readAcks(
  context: GatewayContext,
  { tenant, agentId }: Peer,
  messages: AsyncIterator<{ readonly configAck?: { readonly configVersion: string } }>,
): Promise<void> {
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const running = next.value.configAck?.configVersion;
    if (running !== undefined) await noteConfig(context.db, tenant, { agentId, running });
  }
}

type Telling = {
  readonly send: Send<ControlStreamResponse>;
  readonly signal: AbortSignal;
  readonly recheck: () => Promise<void>;
  /** Version that the agent runs. */
  readonly known: string;
};

async function tellChanges(
  context: GatewayContext,
  peer: Peer,
  { send, signal, recheck, known }: Telling,
): Promise<void> {
  let told = known;
  while (!signal.aborted) {
    await recheck();
    const config = await currentConfig(context, peer);
    if (config.configVersion !== undefined && config.configVersion !== told) {
      await send({ config });
      told = config.configVersion;
    }
    await wait(context.clock, signal);
  }
}

async function wait(clock: Clock, signal: AbortSignal): Promise<void> {
  await pause(clock, WATCH_MS, signal);
}
