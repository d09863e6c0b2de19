/** What to do with a configuration that a gateway gave. Pure. */
import { parseJsonText } from "../lib/json-text.ts";
import { parseSyncPayload, type SyncPayload } from "../model/sync-payload.ts";
import type { AgentConfigResponse } from "../wire/messages.ts";

/** The verdict on an answer. `keep`: what runs goes on; the reason is for the operator. */
export type ConfigVerdict =
  | { readonly do: "apply"; readonly version: string; readonly payload: SyncPayload }
  | { readonly do: "nothing" }
  | { readonly do: "keep"; readonly reason: string };

/** Versions with which an original gateway says that it has no configuration at the moment (protocol 1.1, weakness W8). */
const NO_CONFIG_VERSION = /^v0-/;

/**
 * Whether an answer is to be applied. One that only says that something failed, or that cannot be read, never takes the place of
 * a configuration that works; an empty `sources` object is a good configuration and stops all.
 */
export function judgeConfig(answer: AgentConfigResponse, runningVersion: string): ConfigVerdict {
  const { configVersion: version, notModified, configJson } = answer;
  if (NO_CONFIG_VERSION.test(version)) {
    return { do: "keep", reason: `the core could not make one and answered "${version}"` };
  }
  if (notModified || (version !== "" && version === runningVersion)) return { do: "nothing" };
  const payload = parseJsonText(Buffer.from(configJson).toString("utf8"));
  if (!payload.ok) return { do: "keep", reason: `the core's answer ${payload.error}` };
  const parsed = parseSyncPayload(payload.value);
  if (!parsed.ok) return { do: "keep", reason: `the core's ${parsed.error}` };
  return { do: "apply", version, payload: parsed.value };
}
