/** The core's executable: commands go to the running server or to the database; `serve` is the server. */
import { runCoreCommand } from "../cli/core-commands.ts";

process.exitCode = await runCoreCommand(process.argv.slice(2), {
  // Loaded when it is wanted: gRPC alone takes longer to load than most commands to run.
  serve: async (settings, io) => (await import("./serve.ts")).serve(settings, io),
});
