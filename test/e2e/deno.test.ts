/** Both programs under Deno, by the tasks of deno.json and with no more than what those permit. */
import assert from "node:assert/strict";
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { Program } from "../../build/process/program.ts";
import { removeFolder } from "../support/remove-folder.ts";

const isHost = process.platform === "linux" && process.arch === "x64";
const skip = !isHost
  ? "the lockfile has Deno for Linux on x64"
  : (process.env["SERVICERADAR_EXECUTABLES"] ?? "") !== ""
    ? "is of the sources"
    : false;
const ANY = "127.0.0.1:0";

test("deno task core serves, and deno task agent enrols and greets it", { skip }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "deno-tasks-"));
  t.after(() => removeFolder(dir));
  await chmod(dir, 0o711);
  const task = (name: string, ...args: string[]): Program =>
    new Program(name, {
      args: ["build/deno.ts", "task", "--quiet", ...args],
      logFile: join(dir, `${name}.log`),
    });
  const listen = ["--grpc-listen", ANY, "--http-listen", ANY, "--enroll-listen", ANY];
  const where = ["--data-dir", join(dir, "core")];
  const names = ["--gateway-name", "127.0.0.1"];
  await using core = task("core", "core", "serve", ...where, ...listen, ...names);
  await core.line("serviceradar-core is up");
  const address = async (of: string): Promise<string> =>
    /127\.0\.0\.1:\d+/.exec(await core.line(`  ${of}`))?.[0] ?? "";
  const [gateway, enrolment] = [await address("gateway"), await address("enrolment")];
  const dialled = ["--gateway-addr", gateway, "--core-url", `https://${enrolment}`];
  await using asked = task(
    "token",
    "core",
    "agent",
    "token",
    "--agent-id",
    "a1",
    ...dialled,
    "--json",
    ...where,
  );
  const token = /"token": "([^"]+)"/.exec(await asked.line('"token"'))?.[1] ?? "";
  await writeFile(join(dir, "token"), token, { mode: 0o600 });
  const folder = join(dir, "agent");
  await using enrolled = task(
    "enrol",
    "agent",
    "enroll",
    "--token-file",
    join(dir, "token"),
    "--dir",
    folder,
  );
  await enrolled.line("This host is agent a1");
  await using agent = task("agent", "agent", "run", "--config", join(folder, "agent.json"));
  assert.ok((await agent.line('"msg":"Hello"')).includes("Hello"));
});
