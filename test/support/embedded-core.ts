/**
 * A process that starts the embedded database in the folder of its first argument, prints one line of JSON with how
 * to reach it, and holds it until it is killed or its standard input ends: stands for a core in tests that kill one.
 */
import { once } from "node:events";

import { startEmbedded } from "../../src/db/embedded.ts";
import { messageOf, SyncError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";

try {
  await using embedded = await startEmbedded({
    dataDir: process.argv[2] ?? "",
    explicitDataDir: true,
    log: silentLog(),
    sharedBuffersBytes: 32 * 1024 ** 2,
  });
  const { password, ...rest } = embedded.connection;
  process.stdout.write(`${JSON.stringify({ ...rest, password: password.reveal() })}\n`);
  await once(process.stdin.resume(), "end");
} catch (thrown) {
  const code = thrown instanceof SyncError ? thrown.code : undefined;
  process.stdout.write(`${JSON.stringify({ code, message: messageOf(thrown) })}\n`);
}
