/** The sources of an agent for a command that does not run it: the gateway's answer, else what was kept. */
import { SyncError } from "../lib/errors.ts";
import { parseJsonText } from "../lib/json-text.ts";
import { parseSyncPayload, type SyncPayload } from "../model/sync-payload.ts";
import { askGateway } from "./ask-gateway.ts";
import { judgeConfig } from "./config-answer.ts";
import type { ConfigStore } from "./config-store.ts";
import { diagnose, noConfig } from "./diagnosis.ts";
import type { Gateway } from "./gateway-link.ts";
import type { AgentIdentity } from "./identity.ts";

/** Where a configuration may come from. */
export interface SourcesWanted {
  /** "host:port" each, in order of preference. */
  readonly addresses: readonly string[];
  readonly connect: (address: string) => Gateway;
  readonly identity: AgentIdentity;
  readonly store: ConfigStore;
  readonly signal: AbortSignal;
}

/** A configuration and its origin. */
export interface CurrentSources {
  readonly version: string;
  /** As it was given. */
  readonly json: string;
  readonly payload: SyncPayload;
  /** When a gateway last confirmed it; absent: just now. */
  readonly keptSinceMs?: number;
}

/** Asks gateway by gateway, then the disk. Throws SyncError "unavailable" with every reason where there is none. */
export async function currentSources(wanted: SourcesWanted): Promise<CurrentSources> {
  const reasons: string[] = [];
  for (const address of wanted.addresses) {
    try {
      const { config } = await askGateway(() => wanted.connect(address), wanted);
      const verdict = judgeConfig(config, "");
      if (verdict.do === "apply") {
        const json = Buffer.from(config.configJson).toString("utf8");
        return { version: verdict.version, json, payload: verdict.payload };
      }
      reasons.push(verdict.do === "keep" ? verdict.reason : `${address} said that nothing is new`);
    } catch (thrown) {
      wanted.signal.throwIfAborted();
      reasons.push(`${address}: ${diagnose(thrown)}`);
    }
  }
  const kept = await keptSources(wanted.store);
  if (kept !== undefined) return kept;
  throw new SyncError("unavailable", noConfig(reasons.join("; ")), { retry: "transient" });
}

/** What is kept on disk, if it can be used. */
export async function keptSources(store: ConfigStore): Promise<CurrentSources | undefined> {
  const stored = await store.read();
  const parsed = stored === undefined ? undefined : parseJsonText(stored.json);
  const payload = parsed?.ok === true ? parseSyncPayload(parsed.value) : undefined;
  if (stored === undefined || payload?.ok !== true) return undefined;
  const { version, json, confirmedMs } = stored;
  return { version, json, payload: payload.value, keptSinceMs: confirmedMs };
}
