import { formatGoDuration } from "../lib/duration.ts";
import { parseJsonText } from "../lib/json-text.ts";
import type { Log } from "../lib/log.ts";
import type { Secret } from "../lib/secret.ts";
import { parseSyncPayload, type SourceConfig, type SyncPayload } from "../model/sync-payload.ts";
import type { AgentConfigResponse } from "../wire/messages.ts";
import { judgeConfig } from "./config-answer.ts";
import type { ConfigMemory } from "./config-memory.ts";
import type { StoredConfig } from "./config-store.ts";
import { configKept } from "./diagnosis.ts";

/** Sources that a log line names; all of them are counted. */
const NAMES_LOGGED_MAX = 20;

/** How a configuration came. */
export type ConfigRoute = "GetConfig" | "ControlStream";

/** What a holder is made of. */
export interface ConfigHolderOptions {
  readonly log: Log;
  readonly memory: ConfigMemory;
  /** Told of every configuration that is put in force. */
  readonly apply: (sources: readonly SourceConfig[]) => void;
  /** Told of every answer that was not applied. */
  readonly onKept: () => void;
}

/** Holds the configuration in force, and decides about every one that comes. */
export class ConfigHolder {
  readonly #log: Log;
  readonly #memory: ConfigMemory;
  readonly #onKept: () => void;
  readonly #apply: (sources: readonly SourceConfig[]) => void;
  #version = "";
  #secrets: readonly Secret[] = [];
  #isFromDisk = false;
  #names: readonly string[] = [];
  #rejected: SyncPayload["rejected"] = [];
  #kept: string | undefined;
  readonly #first = Promise.withResolvers<void>();

  constructor({ log, memory, apply, onKept }: ConfigHolderOptions) {
    this.#log = log;
    this.#memory = memory;
    this.#apply = apply;
    this.#onKept = onKept;
  }

  /** Version in force; "" before the first. */
  get version(): string {
    return this.#version;
  }

  /** Sources of the configuration in force that cannot be read. */
  get rejected(): SyncPayload["rejected"] {
    return this.#rejected;
  }

  /** Every credential of the configuration in force, so that it can be kept out of what is told. */
  get secrets(): readonly Secret[] {
    return this.#secrets;
  }

  /** Whether it was recalled from the disk, and no gateway has confirmed it since. */
  get isFromDisk(): boolean {
    return this.#isFromDisk;
  }

  /** When a gateway last gave or confirmed it. */
  get confirmedMs(): number | undefined {
    return this.#memory.confirmedMs;
  }

  /** Resolves with the first configuration that is good. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  /** Why the last answer was not applied; undefined if it was. */
  get keptBecause(): string | undefined {
    return this.#kept;
  }

  /** Takes an answer, and says whether the gateway's version is in force now. One line in the log for each. */
  take(answer: AgentConfigResponse, route: ConfigRoute): boolean {
    const verdict = judgeConfig(answer, this.#version);
    this.#kept = verdict.do === "keep" ? verdict.reason : undefined;
    if (verdict.do === "apply") {
      this.#adopt(verdict.version, verdict.payload);
      const json = Buffer.from(answer.configJson).toString("utf8");
      this.#memory.adopt({ version: verdict.version, json });
    } else if (verdict.do === "nothing") this.#memory.confirm();
    if (verdict.do !== "keep") this.#isFromDisk = false;
    const fields = {
      config_version: answer.configVersion,
      not_modified: verdict.do === "nothing",
      sources: this.#names.slice(0, NAMES_LOGGED_MAX),
      sources_total: this.#names.length,
      rejected: this.#rejected.length,
    };
    if (verdict.do === "keep") {
      this.#log.warn({ ...fields, problem: configKept(verdict.reason, this.#version) }, route);
      this.#onKept();
      return false;
    }
    this.#log.info(fields, route);
    if (verdict.do === "apply") this.#putInForce(verdict.payload.sources);
    return true;
  }

  /** Works with what an agent that ran before has kept, until a gateway gives another. False if it cannot be read. */
  resume(stored: StoredConfig, nowMs: number): boolean {
    const parsed = parseJsonText(stored.json);
    const payload = parsed.ok ? parseSyncPayload(parsed.value) : parsed;
    if (!payload.ok) return false;
    this.#memory.resume(stored);
    this.#adopt(stored.version, payload.value);
    this.#isFromDisk = true;
    const age = formatGoDuration(
      Math.floor(Math.max(0, nowMs - stored.confirmedMs) / 1_000) * 1_000,
    );
    const fields = { config_version: stored.version, sources_total: this.#names.length, age };
    this.#log.warn(fields, "working with the last good configuration, kept on disk");
    this.#putInForce(payload.value.sources);
    return true;
  }

  #putInForce(sources: readonly SourceConfig[]): void {
    for (const source of this.#rejected) this.#log.error({ ...source }, "source cannot be used");
    this.#apply(sources);
    this.#first.resolve();
  }

  #adopt(version: string, { sources, rejected }: SyncPayload): void {
    this.#version = version;
    this.#names = sources.map(({ name }) => name);
    this.#secrets = sources.flatMap(({ credentials }) => Object.values(credentials));
    this.#rejected = rejected;
  }
}
