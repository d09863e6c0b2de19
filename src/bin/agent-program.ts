/** All of the agent but what it says of itself. Loaded when it is wanted: gRPC alone takes longer to load than the runtime to start. */
import { runAgentCommand } from "../cli/agent-commands.ts";
import { stopSignals } from "../cli/stop-signals.ts";

/** Runs a command line (without the runtime and the script) and gives the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  return await runAgentCommand(argv, {
    env: process.env,
    isTerminal: process.stderr.isTTY,
    stopSignal: stopSignals,
    print: (line) => void process.stdout.write(`${line}\n`),
    printError: (line) => void process.stderr.write(`${line}\n`),
  });
}
