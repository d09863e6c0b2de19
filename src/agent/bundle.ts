/**
 * Runs without a line to the core: everything that would have been streamed goes into a file, which somebody carries there. To the
 * runs this is a gateway like any other, one that takes StreamStatus and nothing else.
 */
import { createPrivateKey, sign } from "node:crypto";

import { isoTime, type Clock } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Result } from "../lib/result.ts";
import { readExchangeKey } from "../lib/sealed-file.ts";
import { SealedWriter } from "../lib/sealed-writer.ts";
import { BUNDLE_MANIFEST, BUNDLE_MESSAGE_BYTES_MAX, BUNDLE_UPDATES } from "../model/bundle.ts";
import type { SyncPayload } from "../model/sync-payload.ts";
import type { Source } from "../sources/source.ts";
import type { Draft, GatewayStatusChunk, GatewayStatusResponse } from "../wire/messages.ts";
import type { Outgoing } from "../wire/requests.ts";
import type { ClientTls } from "../wire/tls.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { OnceResult } from "./agent.ts";
import { GatewayLink, type Gateway } from "./gateway-link.ts";
import type { HostFacts } from "./host.ts";
import { planMemory } from "./memory-plan.ts";
import { tellProgress, type Telling } from "./progress.ts";
import { SourceRuntime } from "./source-runtime.ts";
import type { SourceStatus } from "./source-status.ts";

/** What a bundle is made of. */
export interface BundleOptions {
  readonly path: string;
  readonly payload: SyncPayload;
  readonly config: AgentConfig & { readonly partition: string };
  readonly host: HostFacts;
  readonly tls: ClientTls;
  readonly sourceOfType: (type: string) => Result<Source>;
  readonly clock: Clock;
  readonly log: Log;
  /** Shows people who watch how the sources are doing; absent: the log tells. */
  readonly draw?: Telling["draw"];
  readonly signal: AbortSignal;
}

/** What stands for the gateway's name in the updates. */
const GATEWAY_ID = "bundle";
/** After a stop: how long a manifest may still take, ms. */
const GRACE_MS = 10_000;

/** Runs every source once into a file. Throws SyncError where the file cannot be made; a source that fails is a run that says so. */
export async function runToBundle(options: BundleOptions): Promise<OnceResult> {
  const { payload, signal, clock, log, draw, path } = options;
  const writer = await SealedWriter.create({ path, ...makingOf(options) });
  const link = new GatewayLink();
  link.establish({ gateway: bundleGateway(writer), gatewayId: GATEWAY_ID });
  const runtime = createRuntime(options, link);
  const over = new AbortController();
  const statuses = (): readonly SourceStatus[] => runtime.statuses();
  const telling = tellProgress({ statuses, draw, clock, log, signal: over.signal });
  try {
    runtime.configure(payload.sources);
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    await Promise.race([runtime.over, stopped]);
    await runtime.stop();
    // Half of what was asked for is not what was asked for.
    signal.throwIfAborted();
    await writer.finish();
    log.info({ file: path }, "bundle");
    return { sources: runtime.statuses(), unusable: payload.rejected };
  } catch (thrown) {
    await writer.abandon();
    throw thrown;
  } finally {
    link.close();
    over.abort();
    await telling;
  }
}

function makingOf({
  payload,
  config,
  host,
  tls,
  clock,
}: BundleOptions): Omit<Parameters<typeof SealedWriter.create>[0], "path"> {
  const reader = payload.bundleKey === undefined ? undefined : readExchangeKey(payload.bundleKey);
  if (reader === undefined) {
    const why =
      "the configuration names no key of the core (bundle_key); only a core that issues this tenant's certificates has one";
    throw new SyncError("config", why, { retry: "permanent" });
  }
  const key = createPrivateKey(tls.privateKeyPem);
  return {
    reader,
    header: {
      format: 1,
      agent_id: config.agentId,
      partition: config.partition,
      created: isoTime(clock.now()),
      version: host.version,
      chain_pem: tls.chainPem,
    },
    sign: (bytes) => sign("sha256", bytes, key),
  };
}

function createRuntime(
  { config, host, clock, log, sourceOfType }: BundleOptions,
  link: GatewayLink,
): SourceRuntime {
  const { agentId, partition, chunkBytesMax } = config;
  const { windowChunks, ...plan } = planMemory(config);
  return new SourceRuntime({
    context: {
      identity: { agentId, partition, host },
      link,
      clock,
      log,
      windowChunks,
      chunkBytesMax: Math.min(chunkBytesMax, BUNDLE_MESSAGE_BYTES_MAX),
      receiveBytesMax: BUNDLE_MESSAGE_BYTES_MAX,
      graceMs: GRACE_MS,
      // A disk that is full stays full; a run that fails to be written is not tried again.
      patienceMs: 0,
    },
    sourceOfType,
    ...plan,
    isOnce: true,
  });
}

const KINDS: ReadonlyMap<string, number> = new Map([
  ["sync", BUNDLE_UPDATES],
  ["sync-run", BUNDLE_MANIFEST],
]);

function bundleGateway(writer: SealedWriter): Gateway {
  const never = (): never => {
    throw new SyncError("unimplemented", "a file takes runs alone", { retry: "permanent" });
  };
  return {
    hello: never,
    getConfig: never,
    pushStatus: never,
    controlStream: never,
    streamStatus: (chunks) => take(writer, chunks),
    close: () => undefined,
  };
}

async function take(
  writer: SealedWriter,
  chunks: Outgoing<Draft<GatewayStatusChunk>>,
): Promise<GatewayStatusResponse> {
  for await (const { services = [] } of chunks) {
    for (const { serviceType = "", message = Buffer.alloc(0) } of services) {
      await writer.add(KINDS.get(serviceType) ?? 0, message);
    }
  }
  return { received: true };
}
