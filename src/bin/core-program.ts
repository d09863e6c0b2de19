/** All of the core but what it says of itself. Loaded when it is wanted. */
import { runCoreCommand } from "../cli/core-commands.ts";

/** Runs a command line (without the runtime and the script) and gives the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  return await runCoreCommand(argv, {
    // gRPC alone takes longer to load than most commands to run.
    serve: async (settings, io) => (await import("./serve.ts")).serve(settings, io),
  });
}
