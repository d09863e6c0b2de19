/** The agent's executable. */
import { runAgentCommand } from "../cli/agent-commands.ts";
import { stopSignals } from "../cli/stop-signals.ts";

process.exitCode = await runAgentCommand(process.argv.slice(2), {
  env: process.env,
  isTerminal: process.stderr.isTTY,
  stopSignal: stopSignals,
  print: (line) => void process.stdout.write(`${line}\n`),
  printError: (line) => void process.stderr.write(`${line}\n`),
});
