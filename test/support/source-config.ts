import { Secret } from "../../src/lib/secret.ts";
import type { SourceConfig } from "../../src/model/sync-payload.ts";

/** A source's settings as a payload gives them, with what a test says different. */
export function sourceConfig(
  partial: Partial<SourceConfig> & Pick<SourceConfig, "type" | "endpoint">,
): SourceConfig {
  return {
    name: "test",
    credentials: {},
    queries: [],
    pollIntervalMs: 600_000,
    discoveryIntervalMs: 3_600_000,
    networkBlacklist: [],
    insecureSkipVerify: false,
    ...partial,
  };
}

/** Credentials in clear as a payload parser would wrap them. */
export function secrets(texts: Readonly<Record<string, string>>): Readonly<Record<string, Secret>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, new Secret(text)]));
}
