import { pause, type Clock } from "../lib/clock.ts";
import type {
  AgentConfigResponse,
  ControlStreamHello,
  ControlStreamRequest,
  Draft,
} from "../wire/messages.ts";
import type { CommandTarget } from "./command-target.ts";
import { answerCommand } from "./commands.ts";
import type { Gateway } from "./gateway-link.ts";
import { tellLive } from "./live-progress.ts";
import { OutgoingQueue } from "./outgoing-queue.ts";
import type { SourceStatus } from "./source-status.ts";

/** How a control stream is served. */
export interface ControlOptions {
  readonly hello: Draft<ControlStreamHello>;
  readonly target: CommandTarget;
  /** Takes a configuration; says whether its version is in force now. */
  readonly onConfig: (answer: AgentConfigResponse) => boolean;
  /** How runs are, where the gateway is one that wants to hear of it once a second. */
  readonly statuses?: (() => readonly SourceStatus[]) | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** How long a gateway may take to end a stream that we have ended, ms. */
const LEAVE_MAX_MS = 5_000;

type Outgoing = OutgoingQueue<Draft<ControlStreamRequest>>;

/** Opens the control stream with a hello and serves it until the gateway ends it; throws why it broke. */
export async function serveControl(gateway: Gateway, options: ControlOptions): Promise<void> {
  const { hello, target, onConfig, statuses, clock, signal } = options;
  const outgoing: Outgoing = new OutgoingQueue();
  const nowMs = (): number => clock.now();
  const push = (message: Draft<ControlStreamRequest>): void => outgoing.push(message);
  const over = new AbortController();
  // Cut off from our side, the stream would take an answer with it that the gateway has not read yet.
  const leave = async (): Promise<void> => {
    outgoing.end();
    await pause(clock, LEAVE_MAX_MS, over.signal);
  };
  outgoing.push({ hello });
  if (statuses !== undefined) {
    tellLive({ statuses, push, clock, signal: over.signal }).catch((thrown: unknown) =>
      outgoing.fail(thrown),
    );
  }
  try {
    for await (const { config, command } of gateway.controlStream(outgoing, { signal })) {
      if (config !== undefined && onConfig(config)) {
        const timestamp = Math.floor(clock.now() / 1_000);
        outgoing.push({ configAck: { configVersion: config.configVersion, timestamp } });
      }
      // Not waited for: a command may take its time, and configurations and further commands must not.
      if (command !== undefined) {
        answerCommand(command, { target, nowMs, push, leave }).catch((thrown: unknown) =>
          outgoing.fail(thrown),
        );
      }
    }
  } finally {
    outgoing.end();
    over.abort();
  }
}
