import { X509Certificate } from "node:crypto";

import { loadAgentConfig } from "../agent/load-agent-config.ts";
import { isoTime } from "../lib/clock.ts";
import { EXIT } from "../lib/exit-code.ts";
import { messageLimits } from "../wire/limits.ts";
import type { AgentTerminal } from "./agent-terminal.ts";

/** Reads everything that `run` reads and says what it found; what is wrong is thrown as ConfigError. */
export async function validate(
  { config: path, json }: { readonly config: string; readonly json: boolean },
  { env, print, printError }: AgentTerminal,
): Promise<number> {
  messageLimits(env);
  const { config, credentials, warnings } = await loadAgentConfig(path);
  const certificate = new X509Certificate(credentials.current.chainPem);
  const validUntil = isoTime(certificate.validToDate.getTime());
  const { agentId: agent_id, partition, gatewayAddresses: gateways } = config;
  for (const warning of warnings) printError(`warning: ${warning}`);
  if (json) {
    print(
      JSON.stringify({ agent_id, partition, gateways, certificate_until: validUntil, warnings }),
    );
    return EXIT.ok;
  }
  print(`${path} is good`);
  print(`  agent        ${agent_id} in partition ${partition}`);
  print(`  gateways     ${gateways.join(", ")}`);
  print(`  certificate  valid until ${validUntil}`);
  return EXIT.ok;
}
