/** The core's executable: commands go to the running server or to the database; `serve` is the server. */
import { runCoreCommand } from "../cli/core-commands.ts";
import { serve } from "./serve.ts";

process.exitCode = await runCoreCommand(process.argv.slice(2), { serve });
