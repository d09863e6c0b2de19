import type { Clock } from "../lib/clock.ts";
import type {
  AgentConfigResponse,
  ControlStreamHello,
  ControlStreamRequest,
  Draft,
} from "../wire/messages.ts";
import type { CommandTarget } from "./command-target.ts";
import { answerCommand } from "./commands.ts";
import type { Gateway } from "./gateway-link.ts";
import { OutgoingQueue } from "./outgoing-queue.ts";

/** How a control stream is served. */
export interface ControlOptions {
  readonly hello: Draft<ControlStreamHello>;
  readonly target: CommandTarget;
  /** Takes a configuration; says whether its version is in force now. */
  readonly onConfig: (answer: AgentConfigResponse) => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

type Outgoing = OutgoingQueue<Draft<ControlStreamRequest>>;

/** Opens the control stream with a hello and serves it until the gateway ends it; throws why it broke. */
export async function serveControl(gateway: Gateway, options: ControlOptions): Promise<void> {
  const { hello, target, onConfig, clock, signal } = options;
  const outgoing: Outgoing = new OutgoingQueue();
  const nowMs = (): number => clock.now();
  const push = (message: Draft<ControlStreamRequest>): void => outgoing.push(message);
  outgoing.push({ hello });
  try {
    for await (const { config, command } of gateway.controlStream(outgoing, { signal })) {
      if (config !== undefined && onConfig(config)) {
        const timestamp = Math.floor(clock.now() / 1_000);
        outgoing.push({ configAck: { configVersion: config.configVersion, timestamp } });
      }
      // Not waited for: a command may take its time, and configurations and further commands must not.
      if (command !== undefined) {
        answerCommand(command, { target, nowMs, push }).catch((thrown: unknown) =>
          outgoing.fail(thrown),
        );
      }
    }
  } finally {
    outgoing.end();
  }
}
