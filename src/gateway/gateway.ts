import { readTrust, type Authorities } from "../control/authorities.ts";
import { ownCertificate } from "../control/own-certificate.ts";
import { pause } from "../lib/clock.ts";
import { ConfigError, messageOf, SyncError } from "../lib/errors.ts";
import { parseListenAddress } from "../lib/listen-address.ts";
import { watchCertificate, type CertificateSupply } from "../lib/server-certificate.ts";
import type { ServerTls } from "../wire/credentials.ts";
import type { AgentGatewayHandlers, CallContext } from "../wire/handlers.ts";
import type { MessageLimits } from "../wire/limits.ts";
import { RpcFailure } from "../wire/rpc-error.ts";
import { WireServer } from "../wire/server.ts";
import type { GatewayContext } from "./context.ts";
import { controlStream } from "./control-stream.ts";
import { ControlWatch } from "./control-watch.ts";
import { getConfig } from "./get-config.ts";
import { hello } from "./hello.ts";
import { noteRefusal } from "./note-refusal.ts";
import { Peers, type Peer, type Refused } from "./peer.ts";
import { pushStatus } from "./push-status.ts";
import { answerRenewal } from "./renewal.ts";
import { streamStatus } from "./stream-status.ts";

/** How a gateway is opened. */
export interface GatewayOptions {
  readonly context: GatewayContext;
  readonly authorities: Authorities;
  readonly limits: MessageLimits;
  /** "host:port" */
  readonly listen: string;
  /** Names and addresses that agents dial, beyond the known ones. */
  readonly names: readonly string[];
  /** A certificate of an existing PKI; absent: the platform's root issues one. */
  readonly certificate?: CertificateSupply | undefined;
}

/** A gateway that listens. */
export interface RunningGateway {
  readonly port: number;
  /** Lets open calls end for up to `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** How often imported authorities are looked for, ms; connections after that trust them. */
const TRUST_REFRESH_MS = 10_000;

/** Setting that the address comes from, for errors. */
const SETTING = "--grpc-listen";

/** Opens the gateway: mTLS always. Throws ConfigError naming --grpc-listen where the address cannot be had. */
export async function openGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { context, authorities, limits, listen, names } = options;
  const { clock, log } = context;
  const supply =
    options.certificate ??
    (await ownCertificate({ issuer: await authorities.root(context.db), names, clock }));
  const trust = await readTrust(context.db);
  let tls: ServerTls = { caPems: trust.caPems, ...supply.first };
  const handlers = new Handlers(context, authorities);
  const wire = new WireServer({
    tls,
    limits,
    handlers,
    log,
    clock,
    onHandshakeRefused: (message, certificate) =>
      void handlers.noteTurnedAway(certificate, { code: "handshake", message }),
    onOversize: (certificate, message) =>
      void handlers.noteTurnedAway(certificate, { code: "RESOURCE_EXHAUSTED", message }),
  });
  const port = await wire.listen(addressOf(listen)).catch((thrown: unknown) => {
    throw new ConfigError(SETTING, `${listen} cannot be listened on: ${messageOf(thrown)}`);
  });
  const replace = (part: Partial<ServerTls>): void => {
    wire.replaceTls({ ...tls, ...part });
    tls = { ...tls, ...part };
  };
  const stopping = new AbortController();
  const { signal } = stopping;
  const watching = Promise.all([
    watchTrust(context, signal, { known: trust.caPems, replace: (caPems) => replace({ caPems }) }),
    watchCertificate(supply, { clock, log, signal, take: replace }),
  ]);
  return {
    port,
    stop: async (graceMs) => {
      stopping.abort();
      await wire.stop(graceMs);
      await watching;
    },
  };
}

/** The address as gRPC takes it, which knows no empty host. */
function addressOf(listen: string): string {
  const parsed = parseListenAddress(listen);
  if (!parsed.ok) throw new ConfigError(SETTING, parsed.error);
  return parsed.value.host === "" ? `0.0.0.0${listen}` : listen;
}

async function watchTrust(
  { db, clock, log }: GatewayContext,
  signal: AbortSignal,
  {
    known,
    replace,
  }: { readonly known: readonly string[]; readonly replace: (caPems: readonly string[]) => void },
): Promise<void> {
  let current = known;
  for (
    await pause(clock, TRUST_REFRESH_MS, signal);
    !signal.aborted;
    await pause(clock, TRUST_REFRESH_MS, signal)
  ) {
    try {
      const { caPems } = await readTrust(db);
      if (caPems.join() === current.join()) continue;
      replace(caPems);
      current = caPems;
    } catch (thrown) {
      log.warn({ error: messageOf(thrown) }, "authorities could not be read again");
    }
  }
}

const NOBODY: Refused = { tenant: 0, agentId: "", certificate: undefined };

/** One RPC a method: identify the peer, do the work, count what was refused. */
class Handlers implements AgentGatewayHandlers {
  readonly #context: GatewayContext;
  readonly #peers: Peers;
  readonly #watch: ControlWatch;
  readonly #authorities: Authorities;

  constructor(context: GatewayContext, authorities: Authorities) {
    this.#context = context;
    this.#authorities = authorities;
    this.#watch = new ControlWatch(context.db, context);
    this.#peers = new Peers(context.db, context.clock);
  }

  readonly hello: AgentGatewayHandlers["hello"] = (request, call) =>
    this.#answer("Hello", call, async (peer) => {
      this.#context.log.info(
        { tenant: peer.slug, agent_id: peer.agentId, version: request.version },
        "Hello",
      );
      return await hello(this.#context, peer, { request, peerAddress: call.peerAddress });
    });

  readonly getConfig: AgentGatewayHandlers["getConfig"] = (request, call) =>
    this.#answer("GetConfig", call, async (peer) => {
      const answer = await getConfig(this.#context, peer, request);
      const { configVersion: config_version, notModified: not_modified } = answer;
      this.#context.log.info(
        { tenant: peer.slug, agent_id: peer.agentId, config_version, not_modified },
        "GetConfig",
      );
      return answer;
    });

  readonly pushStatus: AgentGatewayHandlers["pushStatus"] = (request, call) =>
    this.#answer("PushStatus", call, (peer) => pushStatus(this.#context, peer, request));

  readonly streamStatus: AgentGatewayHandlers["streamStatus"] = (chunks, call) =>
    this.#answer("StreamStatus", call, async (peer) => {
      const counts = await streamStatus(this.#context, peer, {
        chunks,
        recheck: () => this.#peers.recheck(peer),
      });
      this.#context.log.info(
        { tenant: peer.slug, agent_id: peer.agentId, ...counts },
        "StreamStatus",
      );
      return { received: true };
    });

  readonly controlStream: AgentGatewayHandlers["controlStream"] = (stream, call) =>
    this.#answer("ControlStream", call, (peer) =>
      controlStream(this.#context, peer, {
        stream,
        call,
        watch: this.#watch,
        onResult: (result) =>
          answerRenewal({ ...this.#context, authorities: this.#authorities }, peer, result),
      }),
    );

  async #answer<T>(rpc: string, call: CallContext, work: (peer: Peer) => Promise<T>): Promise<T> {
    let who = NOBODY;
    try {
      const peer = await this.#peers.identify(call.certificate);
      if (!peer.ok) {
        ({ who } = peer.error);
        throw new RpcFailure(peer.error.status, peer.error.message);
      }
      const { tenant, agentId, serial, sha256 } = peer.value;
      who = { tenant, agentId, certificate: { serial, sha256 } };
      return await work(peer.value);
    } catch (thrown) {
      throw this.#failure(thrown, { rpc, who });
    }
  }

  /** Counts what reached none of the above: a client that TLS refused, and a message over the receive limit. */
  async noteTurnedAway(
    certificate: Buffer | undefined,
    refusal: { readonly code: string; readonly message: string },
  ): Promise<void> {
    try {
      const who = certificate === undefined ? NOBODY : await this.#peers.whoIs(certificate);
      noteRefusal(this.#context, { ...who, ...refusal });
    } catch (thrown) {
      this.#context.log.warn({ error: messageOf(thrown), ...refusal }, "refusal not counted");
    }
  }

  #failure(
    thrown: unknown,
    { rpc, who }: { readonly rpc: string; readonly who: Refused },
  ): unknown {
    if (thrown instanceof RpcFailure) {
      const { status: code, message } = thrown;
      noteRefusal(this.#context, { ...who, code, message });
      return thrown;
    }
    // PostgreSQL being away is a state that passes: the agent keeps what it has and comes again.
    if (!(thrown instanceof SyncError) || !thrown.code.startsWith("db_")) return thrown;
    this.#context.log.error({ rpc, error: messageOf(thrown) }, "database unavailable");
    this.#context.note?.({ kind: "refused", code: "UNAVAILABLE" });
    return new RpcFailure("UNAVAILABLE", "core unavailable", { cause: thrown });
  }
}
