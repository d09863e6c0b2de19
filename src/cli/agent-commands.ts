/** The commands of serviceradar-agent. */
import { EXIT } from "../lib/exit-code.ts";
import { VERSION } from "../lib/version.ts";
import { runOnce, runUntilStopped } from "./agent-run.ts";
import type { AgentTerminal } from "./agent-terminal.ts";
import { validate } from "./agent-validate.ts";
import { oneOf, short, toggle, withDefault } from "./args.ts";
import { invocation } from "./invocation.ts";
import { command, runProgram, type Command } from "./program.ts";

/** Where packages put it. */
const CONFIG_DEFAULT = "/etc/serviceradar/agent.json";
const configFlag = short("c", withDefault("FILE", "the agent's configuration", CONFIG_DEFAULT));
const jsonFlag = toggle("print JSON");

const COMMANDS: readonly Command<AgentTerminal>[] = [
  command({
    name: "run",
    summary: "pulls the sources of this agent and streams their devices to its gateway",
    flags: {
      config: configFlag,
      once: toggle("run every source once and end; the exit code says how that went"),
      json: toggle("with --once: print the result as JSON"),
      logLevel: oneOf(["trace", "debug", "info", "warn", "error"], "instead of agent.json's"),
      logFormat: oneOf(["json", "pretty"], "how log lines look (default: pretty on a terminal)"),
    },
    run: (values, terminal: AgentTerminal) =>
      values.once ? runOnce(values, terminal) : runUntilStopped(values, terminal),
  }),
  command({
    name: "validate",
    summary: "checks agent.json and the certificates it names, without connecting",
    flags: { config: configFlag, json: jsonFlag },
    run: (values, terminal: AgentTerminal) => validate(values, terminal),
  }),
  command({
    name: "version",
    summary: "prints the version",
    flags: { json: jsonFlag },
    run: ({ json }, { print }: AgentTerminal) => {
      print(json ? JSON.stringify({ name: "serviceradar-agent", version: VERSION }) : VERSION);
      return Promise.resolve(EXIT.ok);
    },
  }),
];

/** Runs one command line of the agent and gives its exit code. */
export async function runAgentCommand(
  argv: readonly string[],
  terminal: AgentTerminal,
): Promise<number> {
  const summary = "pulls device inventory from external systems and streams it to a gateway";
  const name = "serviceradar-agent";
  const call = invocation(name, terminal.env);
  const program = { name, call, summary, version: VERSION, commands: COMMANDS };
  return await runProgram(program, argv, terminal);
}
