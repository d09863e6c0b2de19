/** Commands of the agent as a user runs them, in process: what they print, and their exit codes. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { runAgentCommand } from "../../src/cli/agent-commands.ts";
import type { Screen } from "../../src/lib/live-lines.ts";
import { makeCerts, writeCerts } from "./certs.ts";
import type { StrictGateway } from "./strict-gateway.ts";

/** Made once a file: keys cost time. */
export const certs = await makeCerts();

/** What a command left behind. */
export type AgentRan = { readonly code: number; readonly out: string; readonly err: string };

/** Runs a command line where nobody watches. */
export async function agent(...argv: readonly string[]): Promise<AgentRan> {
  return await agentBefore(undefined, argv);
}

/** Runs a command line before people, if there is a screen. */
export async function agentBefore(
  screen: Screen | undefined,
  argv: readonly string[],
): Promise<AgentRan> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runAgentCommand(argv, {
    env: {},
    screen,
    stopSignal: () => new AbortController().signal,
    print: (line) => void out.push(line),
    printError: (line) => void err.push(line),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** A folder that an agent starts from. */
export type AgentFolder = AsyncDisposable & { readonly path: string };

/** A folder with certificates and an agent.json that leads to this address. */
export async function agentFolder(
  address: string,
  partial: object = {},
  made = certs,
): Promise<AgentFolder> {
  const files = await writeCerts(made);
  const path = join(files.dir, "agent.json");
  const config = {
    agent_id: "agent-01",
    gateway_addr: address,
    gateway_security: {
      mode: "mtls",
      cert_dir: ".",
      tls: {
        cert_file: "component.pem",
        key_file: "component-key.pem",
        ca_file: "ca-chain.pem",
      },
    },
    logging: { level: "disabled" },
    ...partial,
  };
  await writeFile(path, JSON.stringify(config));
  return { path, [Symbol.asyncDispose]: () => files[Symbol.asyncDispose]() };
}

/** Has a gateway tell its agents these sources. */
export function told(gateway: StrictGateway, sources: object): void {
  const entries = Object.entries(sources).map(([name, settings]) => [
    name,
    { type: "netbox", sync_service_id: `id-${name}`, ...(settings as object) },
  ]);
  const json = JSON.stringify({ sources: Object.fromEntries(entries) as object });
  gateway.config = { configVersion: "v1", configJson: Buffer.from(json) };
}
