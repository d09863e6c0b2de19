import { X509Certificate } from "node:crypto";

import { loadAgentConfig } from "../agent/load-agent-config.ts";
import { isoTime, systemClock } from "../lib/clock.ts";
import { EXIT } from "../lib/exit-code.ts";
import { messageLimits } from "../wire/limits.ts";
import type { AgentTerminal } from "./agent-terminal.ts";
import { spanText, timeText } from "./wording.ts";

/** A certificate that ends sooner is warned of, ms: it should have been renewed long before. */
const SOON_MS = 14 * 86_400_000;

/**
 * Reads everything that `run` reads and says what it found; what is wrong is thrown as ConfigError. A certificate that has expired
 * is no wrong setting, for the clock may be wrong: it ends with the exit code of a refused one.
 */
export async function validate(
  { config: path, json }: { readonly config: string; readonly json: boolean },
  { env, print, printError }: AgentTerminal,
): Promise<number> {
  messageLimits(env);
  const { config, credentials, warnings: unknown } = await loadAgentConfig(path);
  const endsMs = new X509Certificate(credentials.current.chainPem).validToDate.getTime();
  const validUntil = isoTime(endsMs);
  const leftMs = endsMs - systemClock.now();
  const { agentId: agent_id, partition, gatewayAddresses: gateways } = config;
  const warnings = [...unknown, ...expiryWarnings(leftMs)];
  const code = leftMs > 0 ? EXIT.ok : EXIT.auth;
  for (const warning of warnings) printError(`warning: ${warning}`);
  if (json) {
    print(
      JSON.stringify({ agent_id, partition, gateways, certificate_until: validUntil, warnings }),
    );
    return code;
  }
  print(leftMs > 0 ? `${path} is good` : `${path} is good, but for its certificate`);
  print(`  agent        ${agent_id} in partition ${partition}`);
  print(`  gateways     ${gateways.join(", ")}`);
  print(`  certificate  valid until ${timeText(validUntil)}`);
  return code;
}

function expiryWarnings(leftMs: number): readonly string[] {
  if (leftMs > SOON_MS) return [];
  if (leftMs > 0) return [`the certificate ends in ${spanText(leftMs)}; a running agent renews it`];
  return [
    `the certificate ended ${spanText(-leftMs)} ago; make a new one at the core with: serviceradar-core agent create --renew`,
  ];
}
