import type { Log } from "../lib/log.ts";
import type { SourceConfig, SyncPayload } from "../model/sync-payload.ts";
import type { AgentConfigResponse } from "../wire/messages.ts";
import { judgeConfig } from "./config-answer.ts";
import { configKept } from "./diagnosis.ts";

/** Sources that a log line names; all of them are counted. */
const NAMES_LOGGED_MAX = 20;

/** How a configuration came. */
export type ConfigRoute = "GetConfig" | "ControlStream";

/** Holds the configuration in force, and decides about every one that comes. */
export class ConfigHolder {
  readonly #log: Log;
  readonly #apply: (sources: readonly SourceConfig[]) => void;
  #version = "";
  #names: readonly string[] = [];
  #rejected: SyncPayload["rejected"] = [];
  #kept: string | undefined;
  readonly #first = Promise.withResolvers<void>();

  constructor(log: Log, apply: (sources: readonly SourceConfig[]) => void) {
    this.#log = log;
    this.#apply = apply;
  }

  /** Version in force; "" before the first. */
  get version(): string {
    return this.#version;
  }

  /** Sources of the configuration in force that cannot be read. */
  get rejected(): SyncPayload["rejected"] {
    return this.#rejected;
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
    if (verdict.do === "apply") this.#adopt(verdict.version, verdict.payload);
    const fields = {
      config_version: answer.configVersion,
      not_modified: verdict.do === "nothing",
      sources: this.#names.slice(0, NAMES_LOGGED_MAX),
      sources_total: this.#names.length,
      rejected: this.#rejected.length,
    };
    if (verdict.do === "keep") {
      this.#log.warn({ ...fields, problem: configKept(verdict.reason, this.#version) }, route);
      return false;
    }
    this.#log.info(fields, route);
    if (verdict.do === "apply") {
      for (const source of this.#rejected) this.#log.error({ ...source }, "source cannot be used");
      this.#apply(verdict.payload.sources);
      this.#first.resolve();
    }
    return true;
  }

  #adopt(version: string, { sources, rejected }: SyncPayload): void {
    this.#version = version;
    this.#names = sources.map(({ name }) => name);
    this.#rejected = rejected;
  }
}
