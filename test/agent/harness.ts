import type { Checkpoint } from "../../src/agent/checkpoint.ts";
/** What the agent's tests have in common: its parts around a strict gateway, over real mTLS. */
import { GatewayLink } from "../../src/agent/gateway-link.ts";
import type { AgentIdentity } from "../../src/agent/identity.ts";
import { startProgress, type RunProgress } from "../../src/agent/source-status.ts";
import { syncRun, type RunContext, type RunEnd, type RunTask } from "../../src/agent/sync-run.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { ok } from "../../src/lib/result.ts";
import type { SourceConfig } from "../../src/model/sync-payload.ts";
import type { PullOptions, Source, SourcePage } from "../../src/sources/source.ts";
import { GatewayClient } from "../../src/wire/client.ts";
import { MESSAGE_LIMITS_DEFAULT } from "../../src/wire/limits.ts";
import { makeCerts, type TestCerts, type TestIdentity } from "../support/certs.ts";
import { sourceConfig } from "../support/source-config.ts";
import { startStrictGateway, type StrictGateway } from "../support/strict-gateway.ts";

/** Made once for all files: keys cost time. */
export const certs: TestCerts = await makeCerts();

/** agent-01 of partition default. */
export const identity: AgentIdentity = {
  agentId: "agent-01",
  partition: "default",
  host: {
    version: "0.0.0-test",
    hostname: "host-1",
    os: "linux",
    arch: "amd64",
    deploymentType: "bare-metal",
    ip: "192.0.2.7",
  },
};

/** The sync_service_id of a test's source. */
export const SERVICE_ID = "0e6c3f2a-0000-4000-8000-000000000001";

/** Connects as agent-01, or as somebody else. */
export function connectTo(
  address: string,
  as: TestIdentity = certs.agent,
  ca = certs,
): GatewayClient {
  const tls = {
    caPem: ca.root.certificatePem,
    chainPem: as.chainPem,
    privateKeyPem: as.privateKeyPem,
  };
  return new GatewayClient({ address, tls, limits: MESSAGE_LIMITS_DEFAULT, clock: systemClock });
}

/** How a scripted source behaves. */
export interface Script {
  readonly pages: number;
  readonly devicesPerPage: number;
  /** Waited for, and may throw, before a page is given. */
  readonly beforePage?: (page: number, options: PullOptions) => Promise<void>;
  readonly page?: (page: SourcePage, nth: number) => SourcePage;
}

/** A source that gives what a test says; `pulled` counts pages. */
export function scriptedSource(script: Script): Source & { readonly pulled: { pages: number } } {
  const pulled = { pages: 0 };
  return {
    type: "netbox",
    pulled,
    open: () =>
      ok({
        pull: async function* (options) {
          for (let nth = 0; nth < script.pages; nth += 1) {
            await script.beforePage?.(nth, options);
            options.signal.throwIfAborted();
            pulled.pages += 1;
            const page = { devices: devicesOf(nth, script), rejected: [] };
            yield script.page?.(page, nth) ?? page;
          }
        },
      }),
  };
}

function devicesOf(nth: number, { devicesPerPage }: Script): SourcePage["devices"] {
  return Array.from({ length: devicesPerPage }, (_, index) => {
    const id = nth * devicesPerPage + index;
    return {
      hostname: `device-${id}`,
      metadata: { netbox_device_id: String(id), comments: "x".repeat(200) },
    };
  });
}

/** One run of a source through a strict gateway. */
export interface RunBench extends AsyncDisposable {
  readonly gateway: StrictGateway;
  readonly link: GatewayLink;
  readonly progress: RunProgress;
  readonly cancel: AbortController;
  run(): Promise<RunEnd>;
  /** Greets again, as the session does after a loss. */
  reconnect(): void;
}

/** Chunks of so many bytes make a handful of devices a chunk, so that small runs have many windows. */
export const CHUNK_BYTES = 4_096;

/** Sets a run up: gateway, link and task; nothing runs yet. */
export async function benchOf(
  source: Source,
  options: {
    readonly config?: SourceConfig;
    readonly context?: Partial<RunContext>;
    readonly gateway?: StrictGateway;
    readonly takenUp?: Checkpoint;
  } = {},
): Promise<RunBench> {
  const gateway = options.gateway ?? (await startStrictGateway(certs));
  const link = new GatewayLink();
  const reconnect = (): void =>
    link.establish({ gateway: connectTo(gateway.address), gatewayId: gateway.gatewayId });
  reconnect();
  const config =
    options.config ??
    sourceConfig({ type: "netbox", endpoint: "http://x", name: "dc1", syncServiceId: SERVICE_ID });
  const context: RunContext = {
    identity,
    link,
    clock: systemClock,
    log: silentLog(),
    windowChunks: 4,
    chunkBytesMax: CHUNK_BYTES,
    receiveBytesMax: 65_536,
    graceMs: 10_000,
    ...options.context,
  };
  const { takenUp } = options;
  const { runId = crypto.randomUUID(), startedMs = context.clock.now() } = takenUp ?? {};
  const progress = startProgress({ runId, trigger: "poll", startedMs });
  const cancel = new AbortController();
  const task: RunTask = {
    source: config,
    opened: source.open(config),
    cancel: cancel.signal,
    progress,
    takenUp,
  };
  return {
    gateway,
    link,
    progress,
    cancel,
    run: () => syncRun(context, task),
    reconnect,
    [Symbol.asyncDispose]: async () => {
      link.close();
      await gateway[Symbol.asyncDispose]();
    },
  };
}
