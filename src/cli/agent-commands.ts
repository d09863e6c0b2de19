/** The commands of serviceradar-agent. Each loads what it needs when it is called: gRPC alone takes longer than the runtime to start. */
import { dirname } from "node:path";

import { VERSION } from "../lib/version.ts";
import { aboutCommands } from "./about.ts";
import { AGENT_ABOUT } from "./agent-about.ts";
import type { AgentTerminal } from "./agent-terminal.ts";
import { integer, oneOf, optional, required, short, toggle, withDefault } from "./args.ts";
import { invocation } from "./invocation.ts";
import { command, runProgram, type Command, type Program } from "./program.ts";

/** Where packages put it. */
const CONFIG_DEFAULT = "/etc/serviceradar/agent.json";
const configFlag = short("c", withDefault("FILE", "the agent's configuration", CONFIG_DEFAULT));
/** Devices that anybody looks at. */
const PREVIEW_MAX = 200;
const jsonFlag = toggle("print JSON");

const COMMANDS: readonly Command<AgentTerminal>[] = [
  command({
    name: "run",
    summary: "Pull the sources of this agent and stream their devices to its gateway",
    flags: {
      config: configFlag,
      once: toggle("run every source once and end; the exit code says how that went"),
      json: toggle("with --once: print the result as JSON"),
      out: optional(
        "FILE",
        "with --once: write the runs into a file for the core's import; ends in .srb",
      ),
      sources: optional("FILE", "with --out: the sources, as the core's agent config wrote them"),
      logLevel: oneOf(["trace", "debug", "info", "warn", "error"], "instead of agent.json's"),
      logFormat: oneOf(["json", "pretty"], "how log lines look (default: pretty on a terminal)"),
    },
    run: async (values, terminal: AgentTerminal) => {
      const { run } = await import("./agent-run.ts");
      return await run(values, terminal);
    },
  }),
  command({
    name: "enroll",
    summary: "Make this host an agent: its key is made here, a token gets it certified",
    flags: {
      tokenFile: required(
        "FILE",
        'holds the token that "agent token" of the core gave; "-" reads standard input',
      ),
      coreUrl: optional("URL", "where the core enrols agents, if the token does not say it"),
      gatewayAddr: optional("HOST:PORT", "where the gateway is, if the token does not say it"),
      dir: withDefault("DIR", "where agent.json and the certificates go", dirname(CONFIG_DEFAULT)),
      force: toggle("replace what is there, after a copy of it was made"),
      json: jsonFlag,
    },
    run: async (values, terminal: AgentTerminal) =>
      await (await import("./agent-enroll.ts")).enroll(values, terminal),
  }),
  command({
    name: "status",
    summary: "Show how the agent that runs on this host is doing",
    flags: {
      config: configFlag,
      delivering: toggle(
        "end with 1 unless it is of this release and a gateway has taken something since its start",
      ),
      json: jsonFlag,
    },
    run: async (values, terminal: AgentTerminal) =>
      await (await import("./agent-status.ts")).showStatus(values, terminal),
  }),
  command({
    name: "validate",
    summary: "Check agent.json and the certificates it names, without connecting",
    flags: { config: configFlag, json: jsonFlag },
    run: async (values, terminal: AgentTerminal) =>
      await (await import("./agent-validate.ts")).validate(values, terminal),
  }),
  command({
    name: "check",
    summary: "Look at all that this agent needs: certificate, files, clock, gateways, sources",
    flags: { config: configFlag, json: jsonFlag },
    run: async (values, terminal: AgentTerminal) =>
      await (await import("./agent-check.ts")).check(values, terminal),
  }),
  command({
    name: "preview",
    summary: "Show a source's first devices as a run would send them; nothing is sent",
    operands: { source: required("SOURCE", "name or id of the source") },
    flags: {
      config: configFlag,
      limit: integer("N", "how many (default: 20)", { min: 1, max: PREVIEW_MAX }),
      json: jsonFlag,
    },
    run: async (values, terminal: AgentTerminal) =>
      await (await import("./agent-preview.ts")).preview(values, terminal),
  }),
  command({
    name: "diagnostics",
    summary: "Write what helps to find a fault into a file; no secret is in it",
    flags: {
      config: configFlag,
      out: optional(
        "FILE",
        'where to; "-" prints it (default: named after the agent and the time)',
      ),
    },
    run: async (values, terminal: AgentTerminal) =>
      await (await import("./agent-diagnostics.ts")).writeDiagnostics(values, terminal),
  }),
  ...aboutCommands<AgentTerminal>(AGENT_ABOUT),
];

/** The agent's executable, but for how it is called here. */
export const AGENT_PROGRAM: Omit<Program<AgentTerminal>, "call"> = {
  ...AGENT_ABOUT,
  version: VERSION,
  commands: COMMANDS,
};

/** Runs one command line of the agent and gives its exit code. */
export async function runAgentCommand(
  argv: readonly string[],
  terminal: AgentTerminal,
): Promise<number> {
  const call = invocation(AGENT_ABOUT.name, terminal.env);
  return await runProgram({ ...AGENT_PROGRAM, call }, argv, terminal);
}
