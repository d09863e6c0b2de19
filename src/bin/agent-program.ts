/** All of the agent but what it says of itself. Loaded when it is wanted: gRPC alone takes longer to load than the runtime to start. */
import { runAgentCommand } from "../cli/agent-commands.ts";
import { stopSignals } from "../cli/stop-signals.ts";
import type { Screen } from "../lib/live-lines.ts";

/** Runs a command line (without the runtime and the script) and gives the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  return await runAgentCommand(argv, {
    env: process.env,
    screen: screenOf(process.stderr),
    stopSignal: stopSignals,
    print: (line) => void process.stdout.write(`${line}\n`),
    printError: (line) => void process.stderr.write(`${line}\n`),
  });
}

/** None where nobody watches, nor on one that knows no cursor. */
function screenOf(stream: typeof process.stderr): Screen | undefined {
  if (!stream.isTTY || process.env["TERM"] === "dumb") return undefined;
  return { write: (text) => void stream.write(text), rows: () => stream.rows };
}
