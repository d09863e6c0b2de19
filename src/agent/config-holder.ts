import type { Log } from "../lib/log.ts";
import type { SourceConfig, SyncPayload } from "../model/sync-payload.ts";
import type { AgentConfigResponse } from "../wire/messages.ts";
import { judgeConfig } from "./config-answer.ts";
import { configKept } from "./diagnosis.ts";

/** How a configuration came. */
export type ConfigRoute = "GetConfig" | "ControlStream";

/** Holds the configuration in force, and decides about every one that comes. */
export class ConfigHolder {
  readonly #log: Log;
  readonly #apply: (sources: readonly SourceConfig[]) => void;
  #version = "";
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
    const fields = { config_version: answer.configVersion, not_modified: verdict.do === "nothing" };
    this.#kept = verdict.do === "keep" ? verdict.reason : undefined;
    if (verdict.do === "keep") {
      this.#log.warn({ ...fields, problem: configKept(verdict.reason, this.#version) }, route);
      return false;
    }
    if (verdict.do === "nothing") {
      this.#log.info(fields, route);
      return true;
    }
    const { sources, rejected } = verdict.payload;
    this.#version = verdict.version;
    this.#rejected = rejected;
    const names = sources.map(({ name }) => name);
    this.#log.info({ ...fields, sources: names, rejected: rejected.length }, route);
    for (const source of rejected) this.#log.error({ ...source }, "source cannot be used");
    this.#apply(sources);
    this.#first.resolve();
    return true;
  }
}
