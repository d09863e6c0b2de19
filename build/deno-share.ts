/** Runs a share of the test files under Deno, for build/deno-test.ts, with one database server for all of them. What begins with a dash is `deno test`'s. */
import { endServer, sharedDatabase } from "../test/support/database-server.ts";
import { runInBatches } from "./deno-batches.ts";
import { runDeno } from "./run-deno.ts";

// Ends as by a signal when its parent has gone, so that Deno and the server end too.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref();
// Deno is told of them, and its end is waited for; before and after, there is nothing but the server to end.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
const env = { ...process.env, ...(await sharedDatabase()) };
const [flags, files] = [true, false].map((isFlag) =>
  process.argv.slice(2).filter((argument) => argument.startsWith("-") === isFlag),
);
process.exitCode = await runInBatches(files ?? [], {
  run: (batch) => runDeno(["task", "--quiet", "test", ...(flags ?? []), ...batch], { env }),
  tell: (line) => void process.stdout.write(`${line}\n`),
});
await endServer();
