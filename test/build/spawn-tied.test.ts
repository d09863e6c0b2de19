import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";

const skip = process.platform === "linux" ? false : "needs a POSIX shell";

/** Listens for ever, and says where. */
const PROGRAM = `
  const server = require("node:net").createServer();
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));`;

/** Starts the program as the tests do. */
const STARTER = `
  import { spawnTied } from ${JSON.stringify(new URL("../../build/process/spawn-tied.ts", import.meta.url))};
  spawnTied(["-e", ${JSON.stringify(PROGRAM)}]).stdout.pipe(process.stdout);`;

test("a program ends when whoever started it is killed", { skip }, async (t) => {
  const starter = spawn(process.execPath, ["--input-type=module", "-e", STARTER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => starter.kill("SIGKILL"));
  const [port] = (await once(createInterface({ input: starter.stdout }), "line")) as [string];
  const line = connect(Number(port), "127.0.0.1");
  await once(line, "connect");
  starter.kill("SIGKILL");
  await once(line.resume(), "close");
  const again = connect(Number(port), "127.0.0.1");
  const [refused] = (await once(again, "error")) as [NodeJS.ErrnoException];
  // Reset: the line was taken by a listener that was just going.
  assert.match(refused.code ?? "", /^ECONN(?:REFUSED|RESET)$/);
});
