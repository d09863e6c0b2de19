/** All of the core but what it says of itself. Loaded when it is wanted. */
import { runCoreCommand } from "../cli/core-commands.ts";
import type { Serve } from "../cli/core-context.ts";
import { trustNoVariable } from "../lib/trust.ts";
import { nextTurn } from "../lib/turn.ts";

/** Runs a command line (without the runtime and the script) and gives the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  trustNoVariable();
  return await runCoreCommand(argv, { serve });
}

/** gRPC alone takes longer to load than most commands to run; PostgreSQL starts on another processor in that time. */
const serve: Serve = async (settings, io) => {
  const { readServeEnvironment } = await import("./serve-environment.ts");
  // Nothing is begun for what is refused.
  readServeEnvironment(io.env);
  const { beginEmbedded } = await import("../cli/begin-embedded.ts");
  const embedded = beginEmbedded(settings, io.log);
  // Whoever waits for it comes later.
  embedded.catch(() => {});
  await nextTurn();
  const { serve: run } = await import("./serve.ts");
  return await run(settings, { ...io, embedded });
};
