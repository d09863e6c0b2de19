/**
 * `node build/start.mjs build/deno.ts ARGUMENT …`: the Deno that the lockfile pins, with its arguments as given; `npm run deno:check`
 * is a task of deno.json. npm's package called deno is not used: its launcher shadows `deno` inside tasks.
 */
import { runDeno } from "./run-deno.ts";

process.exitCode = await runDeno(process.argv.slice(2));
