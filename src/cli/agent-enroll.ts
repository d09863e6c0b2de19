import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { text as readAll } from "node:stream/consumers";

import { enrolAgent } from "../agent/enrol.ts";
import { systemClock } from "../lib/clock.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { backUpFolder, prepareFolder, writeFolder } from "./agent-folder.ts";
import type { AgentTerminal } from "./agent-terminal.ts";

const SETTING = "--dir";

/** What `enroll` was told. */
export interface EnrollValues {
  readonly tokenFile: string;
  readonly coreUrl: string | undefined;
  readonly gatewayAddr: string | undefined;
  readonly dir: string;
  readonly force: boolean;
  readonly json: boolean;
}

/** Enrols this host and writes what `run` needs. */
export async function enroll(values: EnrollValues, terminal: AgentTerminal): Promise<number> {
  const { coreUrl, gatewayAddr, force, json } = values;
  const token = await readToken(values.tokenFile);
  const dir = resolve(values.dir);
  // Before the token is used: it is good only once.
  const undo = await prepareFolder(dir, { force, setting: SETTING });
  const nowMs = systemClock.now();
  const enrolled = await enrolAgent({ token, coreUrl, nowMs }).catch(async (thrown: unknown) => {
    await undo();
    throw thrown;
  });
  const copies = await backUpFolder(dir, nowMs);
  const gatewayAddress = gatewayAddr ?? enrolled.gatewayAddress ?? "localhost:50052";
  const files = await writeFolder(dir, { ...enrolled, gatewayAddress, setting: SETTING });
  const { agentId, partition, tenant } = enrolled;
  const start = `serviceradar-agent run --config ${join(dir, "agent.json")}`;
  if (json) {
    const shown = { agent_id: agentId, partition, tenant, files, copies, start };
    terminal.print(JSON.stringify(shown));
    return EXIT.ok;
  }
  terminal.print(`This host is agent ${agentId} of tenant ${tenant}, partition ${partition}.`);
  terminal.print(`Its key was made here and is in ${join(dir, "agent-key.pem")} alone.`);
  for (const copy of copies) terminal.print(`Replaced; a copy is in ${copy}`);
  if (gatewayAddr === undefined && enrolled.gatewayAddress === undefined) {
    terminal.print(
      `It looks for the gateway on ${gatewayAddress}; change gateway_addr in agent.json.`,
    );
  }
  terminal.print(`Start it: ${start}`);
  return EXIT.ok;
}

/** From a file, so that it is in no list of processes. */
async function readToken(file: string): Promise<string> {
  try {
    return (file === "-" ? await readAll(process.stdin) : await readFile(file, "utf8")).trim();
  } catch (thrown) {
    throw new ConfigError("--token-file", `${file} cannot be read: ${messageOf(thrown)}`);
  }
}
