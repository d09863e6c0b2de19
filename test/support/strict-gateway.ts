import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { parseManifest, type RunManifest } from "../../src/model/run-manifest.ts";
import type { CallContext, ControlStreamEnd, Send } from "../../src/wire/handlers.ts";
import { MESSAGE_LIMITS_DEFAULT } from "../../src/wire/limits.ts";
import type {
  AgentConfigRequest,
  AgentConfigResponse,
  AgentHelloRequest,
  CommandRequest,
  ControlStreamRequest,
  ControlStreamResponse,
  Draft,
  GatewayStatusChunk,
  GatewayStatusRequest,
} from "../../src/wire/messages.ts";
import { readPeerName } from "../../src/wire/peer-certificate.ts";
import { RpcFailure, type RpcStatus } from "../../src/wire/rpc-error.ts";
import { WireServer } from "../../src/wire/server.ts";
import type { TestCerts } from "./certs.ts";
import {
  CallOrder,
  checkService,
  readMessage,
  type Entry,
  type ReadMessage,
} from "./strict-rules.ts";

/** What goes wrong with one call. */
export type GatewayFault =
  | {
      readonly kind: "status";
      readonly status: RpcStatus;
      readonly message: string;
      readonly retryAfterMs?: number;
      /** After so many chunks; 0: before the first is read. */
      readonly afterChunks?: number;
    }
  /** Every connection breaks after so many chunks of this call, and the gateway is back at once. */
  | { readonly kind: "cut"; readonly afterChunks: number }
  /** Everything arrives, and the answer never does: the connection breaks instead. */
  | { readonly kind: "lost_answer" }
  /** The first chunk waits for this. */
  | { readonly kind: "hold"; readonly until: Promise<void> };

/** The RPCs that a fault may be played for. */
export type FaultyRpc = "hello" | "getConfig" | "pushStatus" | "streamStatus" | "controlStream";

/** One StreamStatus call, as it arrived. */
export interface StreamCall {
  readonly messages: Buffer[];
  outcome: "open" | "received" | "failed";
}

/** A running strict gateway. It remembers everything, and refuses whatever breaks a rule. */
export class StrictGateway implements AsyncDisposable {
  readonly hellos: AgentHelloRequest[] = [];
  readonly configAsks: AgentConfigRequest[] = [];
  readonly heartbeats: GatewayStatusRequest[] = [];
  readonly calls: StreamCall[] = [];
  readonly manifests: RunManifest[] = [];
  readonly control: ControlStreamRequest[] = [];
  /** Rules that were broken: none in a good test. */
  readonly violations: string[] = [];
  /** Chunks that were answered with `received`, by run and run-wide index. */
  readonly received = new Map<string, ReadMessage>();
  /** Says what goes wrong with the nth call (from 0) of an RPC. */
  fault: (rpc: FaultyRpc, nth: number) => GatewayFault | undefined = () => undefined;
  config: Draft<AgentConfigResponse> = { configVersion: "v1", configJson: Buffer.from("{}") };
  gatewayId = "gw-strict";
  port = 0;
  isOpen = false;
  readonly #certs: TestCerts;
  readonly #counts = new Map<FaultyRpc, number>();
  readonly #streams = new Set<Send<ControlStreamResponse>>();
  readonly #waiters = new Set<() => void>();
  #server: WireServer | undefined;

  constructor(certs: TestCerts) {
    this.#certs = certs;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Entries that the gateway has, over all runs, in run-wide order. */
  get entries(): readonly Entry[] {
    return [...this.received.values()].flatMap(({ entries }) => entries);
  }

  /** Listens; on the same port as before where it did. */
  async open(): Promise<void> {
    this.#server = new WireServer({
      tls: {
        caPems: [this.#certs.root.certificatePem],
        chainPem: this.#certs.server.chainPem,
        privateKeyPem: this.#certs.server.privateKeyPem,
      },
      limits: MESSAGE_LIMITS_DEFAULT,
      handlers: {
        hello: (request) => this.#hello(request),
        getConfig: (request) => this.#getConfig(request),
        pushStatus: (request) => this.#pushStatus(request),
        streamStatus: (chunks, context) => this.#streamStatus(chunks, context),
        controlStream: (stream, context) => this.#controlStream(stream, context),
      },
      log: silentLog(),
      clock: systemClock,
    });
    this.port = await this.#server.listen(`127.0.0.1:${this.port}`);
    this.isOpen = true;
    this.#changed();
  }

  /** Breaks every connection and takes no new ones. */
  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.isOpen = false;
    await server?.stop(0);
  }

  /** Sets the configuration, and tells every agent that has its control stream open. */
  async push(config: Draft<AgentConfigResponse>): Promise<void> {
    this.config = config;
    for (const send of this.#streams) await send({ config });
  }

  /** Sends a command to every agent that has its control stream open. */
  async command(command: Draft<CommandRequest>): Promise<void> {
    for (const send of this.#streams) await send({ command });
  }

  /** Resolves once the condition holds; it is looked at whenever something arrives. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.goAway();
  }

  #changed(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }

  #faultOf(rpc: FaultyRpc): GatewayFault | undefined {
    const nth = this.#counts.get(rpc) ?? 0;
    this.#counts.set(rpc, nth + 1);
    return this.fault(rpc, nth);
  }

  async #hello(request: AgentHelloRequest): Promise<object> {
    this.hellos.push(request);
    this.#changed();
    await play(this.#faultOf("hello"));
    const message = "Agent enrolled successfully";
    const { agentId, configVersion } = request;
    return {
      accepted: true,
      agentId,
      message,
      gatewayId: this.gatewayId,
      heartbeatIntervalSec: 30,
      configOutdated: configVersion === "",
    };
  }

  async #getConfig(request: AgentConfigRequest): Promise<Draft<AgentConfigResponse>> {
    this.configAsks.push(request);
    this.#changed();
    await play(this.#faultOf("getConfig"));
    const intervals = { heartbeatIntervalSec: 30, configPollIntervalSec: 300 };
    const { configVersion = "" } = this.config;
    const isCurrent = configVersion === request.configVersion;
    return isCurrent
      ? { notModified: true, configVersion, ...intervals }
      : { ...intervals, ...this.config };
  }

  async #pushStatus(request: GatewayStatusRequest): Promise<{ received: boolean }> {
    await play(this.#faultOf("pushStatus"));
    this.#obey(() => {
      if (request.services.length === 0) {
        throw new RpcFailure("INVALID_ARGUMENT", "no valid service statuses");
      }
      for (const service of request.services) checkService(service);
    });
    this.heartbeats.push(request);
    this.#changed();
    return { received: true };
  }

  async #streamStatus(
    chunks: AsyncIterable<GatewayStatusChunk>,
    context: CallContext,
  ): Promise<{ received: boolean }> {
    const call: StreamCall = { messages: [], outcome: "open" };
    this.calls.push(call);
    this.#changed();
    const fault = this.#faultOf("streamStatus");
    try {
      if (fault?.kind === "cut" && fault.afterChunks === 0) await this.#cut(context);
      await play(fault, 0);
      await this.#readCall(chunks, { call, fault, context });
      for (const message of call.messages) this.#keep(message);
      if (fault?.kind === "lost_answer") await this.#cut(context);
      call.outcome = "received";
      return { received: true };
    } catch (thrown) {
      call.outcome = "failed";
      throw thrown;
    } finally {
      this.#changed();
    }
  }

  async #readCall(
    chunks: AsyncIterable<GatewayStatusChunk>,
    { call, fault, context }: Reading,
  ): Promise<void> {
    const order = new CallOrder();
    const name = readPeerName(context.certificate);
    for await (const chunk of chunks) {
      this.#obey(() => {
        order.take(chunk, name.ok ? name.value.componentId : "");
        for (const service of chunk.services) checkService(service);
      });
      for (const { message } of chunk.services) call.messages.push(Buffer.from(message));
      this.#changed();
      const isDue =
        fault !== undefined && "afterChunks" in fault && fault.afterChunks === call.messages.length;
      if (isDue && fault.kind === "cut") await this.#cut(context);
      else if (isDue) await play(fault, call.messages.length);
      // The original stops reading behind the final chunk.
      if (order.isFinal) return;
    }
    this.#obey(() => {
      throw new RpcFailure("INVALID_ARGUMENT", "stream ended without final chunk");
    });
  }

  /** What was sent twice under one number must be the same, byte for byte. */
  #keep(message: Buffer): void {
    if (message[0] !== "[".charCodeAt(0)) {
      const manifest = parseManifest(message.toString("utf8"));
      if (manifest.ok) this.manifests.push(manifest.value);
      else this.violations.push(manifest.error);
      return;
    }
    this.#obey(() => {
      const read = readMessage(message);
      const key = `${read.meta.sync_run_id} ${read.meta.chunk_index}`;
      const before = this.received.get(key);
      if (before !== undefined && before.sha256 !== read.sha256) {
        throw new RpcFailure(
          "INVALID_ARGUMENT",
          "chunk_index was received before with another message",
        );
      }
      this.received.set(key, read);
    });
  }

  async #controlStream(
    { received, send }: ControlStreamEnd,
    { signal, stopping }: CallContext,
  ): Promise<void> {
    await play(this.#faultOf("controlStream"));
    const messages = received[Symbol.asyncIterator]();
    const first = await messages.next();
    this.#obey(() => {
      if (first.done !== true && first.value.hello !== undefined) return;
      const why = "control stream requires hello as the first message";
      throw new RpcFailure("FAILED_PRECONDITION", why);
    });
    this.#streams.add(send);
    this.control.push(first.value as ControlStreamRequest);
    this.#changed();
    const gone = Promise.race([ended(signal), ended(stopping)]);
    try {
      for (;;) {
        const next = await Promise.race([messages.next(), gone]);
        if (next === undefined || next.done === true) return;
        this.control.push(next.value);
        this.#changed();
      }
    } finally {
      this.#streams.delete(send);
    }
  }

  /** Ends every connection and never lets the call that asked for it be answered. */
  async #cut({ signal }: CallContext): Promise<never> {
    void this.goAway().then(() => this.open());
    await ended(signal);
    throw new RpcFailure("UNAVAILABLE", "cut");
  }

  #obey(check: () => void): void {
    try {
      check();
    } catch (thrown) {
      this.violations.push(thrown instanceof Error ? thrown.message : String(thrown));
      throw thrown;
    }
  }
}

type Reading = {
  readonly call: StreamCall;
  readonly fault: GatewayFault | undefined;
  readonly context: CallContext;
};

async function play(fault: GatewayFault | undefined, chunks = 0): Promise<void> {
  if (fault?.kind === "hold") return await fault.until;
  if (fault?.kind !== "status" || (fault.afterChunks ?? 0) !== chunks) return;
  const { status, message, retryAfterMs } = fault;
  throw new RpcFailure(status, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

async function ended(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

/** Starts one on a free port. */
export async function startStrictGateway(certs: TestCerts): Promise<StrictGateway> {
  const gateway = new StrictGateway(certs);
  await gateway.open();
  return gateway;
}
