import { ConfigStore } from "../agent/config-store.ts";
import type { SourcesWanted } from "../agent/current-sources.ts";
import type { Gateway } from "../agent/gateway-link.ts";
import { hostFacts, type HostFacts } from "../agent/host.ts";
import { loadAgentConfig, type LoadedAgentConfig } from "../agent/load-agent-config.ts";
import { systemClock } from "../lib/clock.ts";
import type { Environment } from "../lib/env.ts";
import { GatewayClient } from "../wire/client.ts";
import { messageLimits, type MessageLimits } from "../wire/limits.ts";

/** What commands of an agent stand on: its settings, its certificates, and what follows from them. */
export interface AgentHost extends LoadedAgentConfig {
  readonly host: HostFacts;
  readonly limits: MessageLimits;
  readonly configStore: ConfigStore;
  /** A connection to one gateway, with the certificate of the moment. */
  readonly connect: (address: string) => Gateway;
}

/** Reads agent.json and what it names. Throws ConfigError naming the setting. */
export async function openHost(path: string, env: Environment): Promise<AgentHost> {
  const limits = messageLimits(env);
  const loaded = await loadAgentConfig(path);
  const { config, credentials } = loaded;
  return {
    ...loaded,
    host: hostFacts(env, config.hostIp),
    limits,
    configStore: new ConfigStore({
      dataDir: config.dataDir,
      agentId: config.agentId,
      privateKeyPem: () => credentials.current.privateKeyPem,
    }),
    connect: (address) =>
      new GatewayClient({ address, tls: credentials.current, limits, clock: systemClock }),
  };
}

/** How a command that does not run the agent finds its sources. */
export function sourcesWanted(
  { config, host, configStore, connect }: AgentHost,
  signal: AbortSignal,
): SourcesWanted {
  const { agentId, partition, gatewayAddresses: addresses } = config;
  const identity = { agentId, partition, host };
  return { addresses, connect, identity, store: configStore, signal };
}
