/** The agent's executable as a process of its own, and what it says on standard error. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

import { spawnTied } from "../../build/process/spawn-tied.ts";
import type { TestIdentity } from "./certs.ts";
import { removeFolder } from "./remove-folder.ts";

/** How long a process may take to say what is waited for, ms: a start on a busy machine takes 5 s. */
const SAY_MAX_MS = 60_000;

const PROGRAM = [
  ...("Deno" in globalThis ? ["run", "-A"] : []),
  fileURLToPath(new URL("../../src/bin/agent.ts", import.meta.url)),
];

/** What an agent starts from. */
export interface AgentStart {
  readonly gateway: string;
  readonly identity: TestIdentity;
  /** The authority that it trusts. */
  readonly caPem: string;
  /** Members of agent.json that differ. */
  readonly config?: object;
}

/** Starts `serviceradar-agent run` and gives the first text that it logs, or prints to standard error, that fits; then ends it. */
export async function whatAgentSays(
  t: TestContext,
  start: AgentStart,
  wanted: RegExp,
): Promise<string> {
  const config = await writeFolder(t, start);
  const child = spawnTied([...PROGRAM, "run", "--config", config]);
  child.stdout.resume();
  const ended = new Promise((resolve) => child.once("close", resolve));
  const late = setTimeout(() => child.kill("SIGKILL"), SAY_MAX_MS);
  const said: string[] = [];
  try {
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line);
      const text = textsOf(line).find((candidate) => wanted.test(candidate));
      if (text !== undefined) return text;
    }
  } finally {
    clearTimeout(late);
    // In order it would take its time over a run that is under way.
    child.kill("SIGKILL");
    child.stderr.resume();
    await ended;
  }
  throw new Error(`the agent never said ${wanted.source}, but:\n${said.join("\n")}`);
}

/** An agent that a test kills, and that may be started again on what it left. */
export interface KillableAgent {
  /** Ends it as a crash would, and waits until it is gone. */
  readonly kill: () => Promise<void>;
  readonly startAgain: () => KillableAgent;
}

/** Starts `serviceradar-agent run`; the process ends with the test at the latest. */
export async function spawnAgent(t: TestContext, start: AgentStart): Promise<KillableAgent> {
  const config = await writeFolder(t, start);
  const startAgain = (): KillableAgent => {
    const child = spawnTied([...PROGRAM, "run", "--config", config]);
    child.stdout.resume();
    child.stderr.resume();
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const kill = async (): Promise<void> => {
      child.kill("SIGKILL");
      await ended;
    };
    t.after(kill);
    return { kill, startAgain };
  };
  return startAgain();
}

async function writeFolder(t: TestContext, start: AgentStart): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "agent-"));
  t.after(() => removeFolder(dir));
  const { gateway, identity, caPem, config = {} } = start;
  const json = {
    agent_id: "agent-01",
    gateway_addr: gateway,
    gateway_security: {
      mode: "mtls",
      cert_dir: ".",
      tls: { cert_file: "agent.pem", key_file: "agent-key.pem", ca_file: "root.pem" },
    },
    ...config,
  };
  await writeFile(join(dir, "agent.pem"), identity.chainPem);
  await writeFile(join(dir, "agent-key.pem"), identity.privateKeyPem, { mode: 0o600 });
  await writeFile(join(dir, "root.pem"), caPem);
  await writeFile(join(dir, "agent.json"), JSON.stringify(json));
  return join(dir, "agent.json");
}

/** Every text of a log line, however deep it stands; a line that is no JSON is a text itself. */
function textsOf(line: string): readonly string[] {
  try {
    return leaves(JSON.parse(line));
  } catch {
    return [line];
  }
}

function leaves(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [];
}
