import { isoTime, pause, type Clock } from "../lib/clock.ts";
import { SyncError } from "../lib/errors.ts";
import type { LogTail } from "../lib/log-tail.ts";
import type { Log } from "../lib/log.ts";
import type { Result } from "../lib/result.ts";
import type { Source } from "../sources/source.ts";
import type { MessageLimits } from "../wire/limits.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import type { CommandOutcome, CommandTarget } from "./command-target.ts";
import { ConfigHolder } from "./config-holder.ts";
import { ConfigMemory } from "./config-memory.ts";
import type { ConfigStore } from "./config-store.ts";
import type { Credentials } from "./credentials.ts";
import { noConfig } from "./diagnosis.ts";
import { diagnosticsOf, type Diagnostics } from "./diagnostics.ts";
import { GatewayLink, type Gateway } from "./gateway-link.ts";
import { runtimeText, type HostFacts } from "./host.ts";
import { planMemory } from "./memory-plan.ts";
import { tellProgress, type Telling } from "./progress.ts";
import { Rehearser } from "./rehearser.ts";
import { reportOf, type AgentFacts } from "./report.ts";
import { Session } from "./session.ts";
import { SourceRuntime, type SourceRuntimeOptions } from "./source-runtime.ts";
import type { SourceStatus } from "./source-status.ts";
import { SourceTester } from "./source-tests.ts";
import { heartbeatRequest } from "./status.ts";

/** What an agent is made of. */
export interface AgentOptions {
  readonly config: AgentConfig & { readonly partition: string };
  readonly host: HostFacts;
  readonly limits: MessageLimits;
  readonly connect: (address: string) => Gateway;
  /** What `connect` proves itself by; absent where it never changes. */
  readonly credentials?: Credentials | undefined;
  /** Where the last good configuration is kept; absent: nowhere. */
  readonly configStore?: ConfigStore | undefined;
  /** Where the places of runs are kept; absent: nowhere. */
  readonly checkpoints?: CheckpointStore | undefined;
  readonly sourceOfType: (type: string) => Result<Source>;
  /** Every source once, then the end. */
  readonly isOnce: boolean;
  /** Shows people who watch how the sources are doing; absent: the log tells. */
  readonly draw?: Telling["draw"];
  readonly clock: Clock;
  readonly log: Log;
  /** Newest lines of the log, for diagnostics. */
  readonly logTail?: LogTail | undefined;
}

/** What came of running every source once. */
export interface OnceResult {
  readonly sources: readonly SourceStatus[];
  /** Sources of the configuration that cannot even be read. */
  readonly unusable: readonly { readonly name: string; readonly reason: string }[];
}

/** After a stop or an edit: how long the window in flight and the manifest of a run may still take. */
const RUN_END_GRACE_MS = 10_000;
/** How long an agent that runs once waits for a gateway and a configuration, and for a gateway that is lost in the middle. */
const ONCE_START_PATIENCE_MS = 60_000;
const ONCE_RUN_PATIENCE_MS = 300_000;
/** How long it waits in the end for a certificate that is due: a gateway asks at once, and certifies within a second. */
const ONCE_RENEWAL_PATIENCE_MS = 10_000;

/** An agent: one session, and the sources that its configuration names. Opens no port. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #link = new GatewayLink();
  readonly #runtime: SourceRuntime;
  readonly #rehearser: Rehearser;
  readonly #memory: ConfigMemory;
  readonly #config: ConfigHolder;
  readonly #session: Session;
  readonly #startedMs: number;
  readonly #refused = Promise.withResolvers<never>();
  #lastFailure: Error | undefined;
  #failures = 0;

  /** Begins to greet at once. */
  constructor(options: AgentOptions) {
    const { config, clock, log, configStore } = options;
    this.#options = options;
    this.#startedMs = clock.now();
    // Only an agent that runs once cares.
    this.#refused.promise.catch(() => undefined);
    const runs = this.#runOptions();
    this.#runtime = new SourceRuntime({
      ...runs,
      isOnce: options.isOnce,
      onRunEnded: () => this.#session.runEnded(),
    });
    this.#rehearser = new Rehearser(runs);
    this.#memory = new ConfigMemory(configStore, { clock, log });
    this.#config = new ConfigHolder({
      log,
      memory: this.#memory,
      apply: (sources) => this.#runtime.configure(config.isSyncEnabled ? sources : []),
      onKept: () => void this.#resumeConfig(),
    });
    this.#session = this.#createSession();
  }

  /** How every source of the configuration is doing. */
  statuses(): readonly SourceStatus[] {
    return this.#runtime.statuses();
  }

  /** The agent as it stands. */
  facts(): AgentFacts {
    const { config, host, clock, credentials } = this.#options;
    const { phase, address, heartbeatMs } = this.#session;
    const { version, isFromDisk, confirmedMs, keptBecause, rejected } = this.#config;
    return {
      nowMs: clock.now(),
      startedMs: this.#startedMs,
      agentId: config.agentId,
      partition: config.partition,
      version: host.version,
      session: {
        phase,
        gateway: address,
        gatewayId: phase === "running" ? this.#link.current?.gatewayId : undefined,
        problem: phase === "running" ? undefined : this.#lastFailure?.message,
        heartbeatMs,
      },
      config: { version, isFromDisk, confirmedMs, keptBecause, rejected },
      certificateEndMs: credentials?.endMs,
      memory: { rssBytes: process.memoryUsage.rss(), maxBytes: config.memoryBytesMax },
      sources: this.statuses(),
    };
  }

  /** What helps to find a fault; no secret is in it. */
  diagnostics(): Diagnostics {
    const { config, host, clock, logTail } = this.#options;
    return diagnosticsOf({
      nowMs: clock.now(),
      report: reportOf(this.facts()),
      host,
      runtime: runtimeText(),
      settings: config,
      log: logTail?.lines ?? [],
      secrets: this.#config.secrets,
    });
  }

  /** Works until the signal aborts, then ends in order: windows in flight are answered, runs say that they were cut short. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#workUntil(signal, aborted(signal));
  }

  /**
   * Runs every source once and tells how each did. Throws what keeps the agent from its configuration: at once if the gateway
   * will not have it, else after a minute.
   */
  async runOnce(signal: AbortSignal): Promise<OnceResult> {
    const result: { sources: readonly SourceStatus[] } = { sources: [] };
    await this.#workUntil(signal, async () => {
      await this.#configured(signal);
      await Promise.race([this.#runtime.over, aborted(signal)()]);
      result.sources = this.statuses();
      await this.#renewalOf(signal);
    });
    return { ...result, unusable: this.#config.rejected };
  }

  async #workUntil(signal: AbortSignal, end: () => Promise<void>): Promise<void> {
    const { clock, log, draw, credentials } = this.#options;
    const over = new AbortController();
    const statuses = (): readonly SourceStatus[] => this.statuses();
    const { signal: ended } = over;
    const telling = tellProgress({ statuses, draw, clock, log, signal: ended });
    const onChange = (): void => this.#renewed();
    const watching = credentials?.watch({ clock, log, signal: ended, onChange });
    try {
      await end();
    } finally {
      if (signal.aborted) log.info("stopping: runs in flight are being ended");
      await Promise.all([this.#runtime.stop(), this.#rehearser.stop()]);
      await this.#session.stop();
      this.#link.close();
      over.abort();
      await Promise.all([telling, watching, this.#memory.settle()]);
    }
  }

  /** The core has no configuration for us at the moment: the one of an earlier time goes on. */
  async #resumeConfig(): Promise<void> {
    if (this.#config.version !== "") return;
    const stored = await this.#memory.recall();
    // A gateway may have answered while the disk did.
    if (stored === undefined || this.#config.version !== "") return;
    this.#config.resume(stored, this.#options.clock.now());
  }

  /** A Hello or GetConfig failed; `told` is what the log has for it. */
  #failed(thrown: unknown, told: string): void {
    const { isOnce, config } = this.#options;
    if (!(thrown instanceof SyncError)) return;
    // In the words that the log has, for a command that ends with it.
    const { code, retry } = thrown;
    this.#lastFailure = new SyncError(code, told, { retry });
    // A gateway that refuses us is no gateway that is away.
    if (LASTING_CODES.has(code)) {
      if (isOnce) this.#refused.reject(this.#lastFailure);
      return;
    }
    this.#failures += 1;
    // Without a gateway a single run could deliver nothing.
    if (isOnce && this.#link.current === undefined) return;
    if (this.#failures >= config.gatewayAddresses.length) void this.#resumeConfig();
  }

  #renewed(): void {
    this.#memory.rekey();
    this.#options.log.info("another certificate: the gateway is greeted anew");
    this.#session.renew();
  }

  /** Resolves when there is a configuration, or the signal aborts. */
  async #configured(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    try {
      const isConfigured = await Promise.race([
        this.#config.first.then(() => true),
        this.#refused.promise,
        pause(this.#options.clock, ONCE_START_PATIENCE_MS, either).then(() => false),
      ]);
      if (!isConfigured) this.#failUnconfigured();
    } finally {
      over.abort();
    }
  }

  /** An agent that only ever runs once would see its certificate end: one that is due is waited for a moment. */
  async #renewalOf(signal: AbortSignal): Promise<void> {
    const { credentials, clock, log } = this.#options;
    if (credentials?.isDueAt(clock.now()) !== true) return;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    await Promise.race([credentials.renewed, pause(clock, ONCE_RENEWAL_PATIENCE_MS, either)]);
    over.abort();
    if (!credentials.isDueAt(clock.now())) return;
    log.warn(
      { until: isoTime(credentials.endMs) },
      "the certificate nears its end, and was not renewed",
    );
  }

  /** Stopped or out of patience, it has run nothing: that is a failure, with the last reason. */
  #failUnconfigured(): never {
    if (this.#lastFailure !== undefined) throw this.#lastFailure;
    const reason = this.#config.keptBecause ?? "the gateway did not answer in time";
    throw new SyncError("unavailable", noConfig(reason), { retry: "transient" });
  }

  #runOptions(): Omit<SourceRuntimeOptions, "isOnce" | "onRunEnded"> {
    const { config, host, limits, clock, log, sourceOfType, isOnce } = this.#options;
    const { agentId, partition, chunkBytesMax } = config;
    const { windowChunks, sourcesInFlight, pageRowsMax } = planMemory(config);
    return {
      context: {
        identity: { agentId, partition, host },
        link: this.#link,
        clock,
        log,
        windowChunks,
        chunkBytesMax,
        // The gateway's own limit is not told; both ends are meant to be set alike.
        receiveBytesMax: limits.sendBytesMax,
        graceMs: RUN_END_GRACE_MS,
        checkpoints: isOnce ? undefined : this.#options.checkpoints,
        patienceMs: isOnce ? ONCE_RUN_PATIENCE_MS : undefined,
      },
      sourceOfType,
      sourcesInFlight,
      pageRowsMax,
    };
  }

  #commandTarget(): CommandTarget {
    const { sourceOfType, log, clock } = this.#options;
    const tester = new SourceTester(sourceOfType, { log, clock });
    return {
      runNow: (reference, kind) => this.#runtime.runNow(reference, kind),
      rehearse: (payload, tell) => this.#rehearser.rehearse(payload, tell),
      cancelRun: (reference) =>
        this.#rehearser.cancel(reference) ? "cancelled" : this.#runtime.cancelRun(reference),
      testConnection: (payload, tell) => tester.testConnection(payload, tell),
      preview: (payload) => tester.preview(payload),
      diagnostics: () => this.diagnostics(),
      renewCertificate: () => this.#renewCertificate(),
      installCertificate: (chainPem) => this.#installCertificate(chainPem),
    };
  }

  async #renewCertificate(): Promise<CommandOutcome> {
    const { credentials } = this.#options;
    if (credentials === undefined) return NO_FILES;
    const signing_request = await credentials.requestRenewal();
    return { success: true, message: "a new key was made", payload: { signing_request } };
  }

  async #installCertificate(chainPem: string): Promise<CommandOutcome> {
    const { credentials } = this.#options;
    if (credentials === undefined) return NO_FILES;
    await credentials.install(chainPem);
    const onEnded = (): void => this.#renewed();
    return { success: true, message: "the new certificate is in place", onEnded };
  }

  #createSession(): Session {
    const { config, host, connect, clock, log } = this.#options;
    const { agentId, partition, gatewayAddresses, pushIntervalMs } = config;
    const identity = { agentId, partition, host };
    return new Session({
      addresses: gatewayAddresses,
      connect,
      link: this.#link,
      identity,
      config: this.#config,
      target: this.#commandTarget(),
      heartbeat: (gatewayId, isStopping) =>
        heartbeatRequest(identity, {
          isStopping,
          nowMs: clock.now(),
          startedMs: this.#startedMs,
          gatewayId,
          configVersion: this.#config.version,
          configConfirmedMs: this.#config.isFromDisk ? this.#config.confirmedMs : undefined,
          rejected: this.#config.rejected,
          sources: this.statuses(),
          rssBytes: process.memoryUsage.rss(),
        }),
      heartbeatMs: pushIntervalMs,
      statuses: () => this.statuses(),
      onFailure: (thrown, told) => this.#failed(thrown, told),
      clock,
      log,
    });
  }
}

const NO_FILES: CommandOutcome = { success: false, message: "this agent has no certificate files" };

/** Failures that waiting would not mend: certificates, tenants, revoked agents. */
const LASTING_CODES: ReadonlySet<string> = new Set([
  "unauthenticated",
  "permission_denied",
  "server_untrusted",
  "handshake_refused",
]);

function aborted(signal: AbortSignal): () => Promise<void> {
  return async () => {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
  };
}
