import { chance, pause, type Clock } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { AgentConfigResponse, Draft, GatewayStatusRequest } from "../wire/messages.ts";
import { callFailure } from "./call-failure.ts";
import type { CommandTarget } from "./command-target.ts";
import type { ConfigHolder } from "./config-holder.ts";
import { serveControl } from "./control-channel.ts";
import { diagnose, diagnoseNoConfig } from "./diagnosis.ts";
import type { Gateway, GatewayLink } from "./gateway-link.ts";
import { helloOf, type AgentIdentity } from "./identity.ts";
import type { AskedIntervals } from "./session-intervals.ts";
import {
  startSession,
  stepSession,
  type CallFailure,
  type SessionEffect,
  type SessionEvent,
  type SessionPhase,
  type SessionState,
  type SessionStep,
  type TimerName,
} from "./session-state.ts";
import type { SourceStatus } from "./source-status.ts";

/** What a session works with. */
export interface SessionOptions {
  /** "host:port" each, in order of preference. */
  readonly addresses: readonly string[];
  readonly connect: (address: string) => Gateway;
  /** Gets every connection that a gateway accepted. */
  readonly link: GatewayLink;
  readonly identity: AgentIdentity;
  readonly config: ConfigHolder;
  readonly target: CommandTarget;
  /** Makes the heartbeat of the moment. */
  readonly heartbeat: (gatewayId: string, isStopping: boolean) => Draft<GatewayStatusRequest>;
  /** The operator's own interval. */
  readonly heartbeatMs?: number | undefined;
  /** How the sources are. */
  readonly statuses: () => readonly SourceStatus[];
  /** Told of every Hello and GetConfig that failed, and of the words that the log has for it. */
  readonly onFailure?: (thrown: unknown, told: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a stop waits for a gateway to take the goodbye, ms: nobody who stops a service waits for a line that is down. */
const GOODBYE_MAX_MS = 2_000;

/** Keeps an agent in touch with its gateways: carries out what session-state.ts decides, and tells it what came of it. */
export class Session {
  readonly #options: SessionOptions;
  readonly #stopped = Promise.withResolvers<void>();
  readonly #timers = new Map<TimerName, AbortController>();
  #state: SessionState;
  #heartbeatMs: number | undefined;
  /** The heartbeat under way, which never fails. */
  #beating: Promise<void> = Promise.resolve();
  /** Ends every call of the present link. */
  #leaving = new AbortController();

  constructor(options: SessionOptions) {
    this.#options = options;
    const { addresses, heartbeatMs } = options;
    const start = startSession({
      addresses: addresses.length,
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    });
    this.#state = start.state;
    this.#carryOut(start);
  }

  get phase(): SessionPhase {
    return this.#state.phase;
  }

  /** The gateway that is talked to, or tried next: "host:port". */
  get address(): string {
    return this.#options.addresses[this.#state.address] ?? "";
  }

  /** When a gateway last acknowledged a heartbeat; undefined: none has. */
  get heartbeatMs(): number | undefined {
    return this.#heartbeatMs;
  }

  /** Greets anew over a new connection; what goes over the present one ends there. */
  renew(): void {
    this.#dispatch({ type: "renewed" });
  }

  /** Has the gateway told soon how the sources stand. */
  runEnded(): void {
    this.#dispatch({ type: "run_ended" });
  }

  /** Says goodbye to the gateway and ends the session: no call of it goes on. */
  async stop(): Promise<void> {
    if (this.#state.phase === "running") await this.#sayGoodbye();
    this.#dispatch({ type: "stop" });
    await this.#stopped.promise;
  }

  #dispatch(event: SessionEvent): void {
    const before = this.#state.phase;
    const step = stepSession(this.#state, event, chance());
    this.#state = step.state;
    const { phase } = step.state;
    if (phase !== before) this.#options.log.debug({ from: before, to: phase }, "session");
    this.#carryOut(step);
    if (phase === "stopped") this.#stopped.resolve();
  }

  #carryOut({ effects }: SessionStep): void {
    for (const effect of effects) this.#do(effect);
  }

  #do(effect: SessionEffect): void {
    switch (effect.do) {
      case "hello":
        return void this.#hello(effect.link, effect.address);
      case "get_config":
        return void this.#getConfig(effect.link);
      case "heartbeat":
        this.#beating = this.#heartbeat(effect.link);
        return;
      case "open_control":
        return void this.#control(effect.link);
      case "timer":
        return this.#setTimer(effect.name, effect.ms);
      case "leave":
        return this.#leave();
    }
  }

  #setTimer(name: TimerName, ms: number): void {
    this.#timers.get(name)?.abort();
    const timer = new AbortController();
    this.#timers.set(name, timer);
    this.#options.clock.sleep(ms, { signal: timer.signal }).then(
      () => this.#dispatch({ type: "timer", name }),
      () => undefined,
    );
  }

  #leave(): void {
    for (const timer of this.#timers.values()) timer.abort();
    this.#timers.clear();
    this.#leaving.abort(new SyncError("left", "the session moved on", { retry: "transient" }));
    this.#leaving = new AbortController();
  }

  async #hello(link: number, nth: number): Promise<void> {
    const { addresses, connect, identity, config, log } = this.#options;
    const { signal } = this.#leaving;
    const address = addresses[nth] ?? "";
    let gateway: Gateway | undefined;
    try {
      gateway = connect(address);
      const answer = await gateway.hello(helloOf(identity, config.version), { signal });
      if (!answer.accepted) {
        throw new SyncError("permission_denied", `Hello: ${answer.message}`, {
          retry: "permanent",
        });
      }
      const { gatewayId, heartbeatIntervalSec: heartbeatSec } = answer;
      signal.throwIfAborted();
      // The original's gateways that have a control stream know no tenants.
      this.#options.link.establish({ gateway, gatewayId, isOurs: answer.tenantSlug !== "" });
      log.info({ gateway: address, gateway_id: gatewayId }, "Hello");
      this.#dispatch({ type: "hello_ok", link, heartbeatSec });
    } catch (thrown) {
      gateway?.close();
      if (signal.aborted) return;
      const hasConfig = config.version !== "";
      const error = hasConfig ? diagnose(thrown) : diagnoseNoConfig(thrown, address);
      this.#options.log.warn({ gateway: address, error }, "Hello failed");
      this.#options.onFailure?.(thrown, error);
      this.#dispatch({ type: "hello_failed", link });
    }
  }

  async #getConfig(link: number): Promise<void> {
    const { config, identity, log } = this.#options;
    const { agentId } = identity;
    await this.#call({
      work: async (gateway, signal) => {
        const asked = { agentId, configVersion: config.version };
        const answer = await gateway.getConfig(asked, { signal });
        config.take(answer, "GetConfig");
        this.#dispatch({ type: "config_ok", link, asked: intervalsOf(answer) });
      },
      failed: (thrown, failure) => {
        const error = diagnose(thrown);
        log.warn({ error }, "GetConfig failed");
        this.#options.onFailure?.(thrown, error);
        this.#dispatch({ type: "config_failed", link, failure });
      },
    });
  }

  async #heartbeat(link: number): Promise<void> {
    const { heartbeat, log, clock } = this.#options;
    await this.#call({
      work: async (gateway, signal, gatewayId) => {
        const { received } = await gateway.pushStatus(heartbeat(gatewayId, false), { signal });
        if (received) this.#heartbeatMs = clock.now();
        this.#dispatch({ type: "heartbeat_ok", link });
      },
      failed: (thrown, failure) => {
        log.warn({ error: diagnose(thrown) }, "PushStatus failed");
        this.#dispatch({ type: "heartbeat_failed", link, failure });
      },
    });
  }

  /** The last heartbeat. Those before it are waited for: one that was overtaken would say that the agent runs. */
  async #sayGoodbye(): Promise<void> {
    const { heartbeat, clock, log } = this.#options;
    for (const timer of this.#timers.values()) timer.abort();
    const said = new AbortController();
    const saying = this.#beating.then(() =>
      this.#call({
        work: async (gateway, signal, gatewayId) => {
          await gateway.pushStatus(heartbeat(gatewayId, true), { signal });
        },
        failed: (thrown) => log.debug({ error: diagnose(thrown) }, "no goodbye"),
      }),
    );
    await Promise.race([saying, pause(clock, GOODBYE_MAX_MS, said.signal)]);
    said.abort();
  }

  async #control(link: number): Promise<void> {
    const { clock, log, identity, config, target, statuses, link: links } = this.#options;
    const startedMs = clock.now();
    const lived = (): number => clock.now() - startedMs;
    await this.#call({
      work: async (gateway, signal) => {
        await serveControl(gateway, {
          hello: helloOf(identity, config.version),
          target,
          statuses: links.current?.isOurs === true ? statuses : undefined,
          clock,
          signal,
          onConfig: (answer) => {
            const isInForce = config.take(answer, "ControlStream");
            this.#dispatch({ type: "config_pushed", link, asked: intervalsOf(answer) });
            return isInForce;
          },
        });
        log.debug("the gateway ended the control stream");
        this.#dispatch({ type: "control_ended", link, livedMs: lived() });
      },
      failed: (thrown, failure) => {
        log.warn({ error: diagnose(thrown) }, "ControlStream ended");
        this.#dispatch({ type: "control_ended", link, failure, livedMs: lived() });
      },
    });
  }

  /** One call over the established link; what fails because we left it is nobody's business any more. */
  async #call({ work, failed }: Call): Promise<void> {
    const { signal } = this.#leaving;
    try {
      await this.#options.link.use(signal, ({ gateway, gatewayId }) =>
        work(gateway, signal, gatewayId),
      );
    } catch (thrown) {
      if (!signal.aborted) failed(thrown, callFailure(thrown));
    }
  }
}

type Call = {
  readonly work: (gateway: Gateway, signal: AbortSignal, gatewayId: string) => Promise<void>;
  readonly failed: (thrown: unknown, failure: CallFailure) => void;
};

function intervalsOf(answer: AgentConfigResponse): AskedIntervals {
  return { heartbeatSec: answer.heartbeatIntervalSec, pollSec: answer.configPollIntervalSec };
}
