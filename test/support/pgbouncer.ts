import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openPool } from "../../src/db/pool.ts";
import { silentLog } from "../../src/lib/log.ts";
import { eventually } from "./eventually.ts";
import { removeFolder } from "./remove-folder.ts";

type Hooks = { readonly after: (end: () => Promise<void>) => void };

/** Where Debian puts it. */
const PROGRAM = "/usr/sbin/pgbouncer";
/** Connections to the server, fewer than clients, so that they are shared. */
const SERVER_CONNECTIONS = 3;

/** Why there is no pgbouncer to test with; undefined where there is. */
export function lacksPgbouncer(): string | undefined {
  if (!existsSync(PROGRAM)) return "needs the Debian package pgbouncer";
  return process.getuid?.() === 0 ? "is for an ordinary user, as in npm test" : undefined;
}

/** A pgbouncer in transaction mode before the server of `url`; gives the URL that leads through it. Stopped after the test. */
export async function throughPgbouncer(hooks: Hooks, url: string): Promise<string> {
  const server = new URL(url);
  const dir = await mkdtemp(join(tmpdir(), "pgbouncer-"));
  const to = [
    `host=${decodeURIComponent(server.hostname)} port=${server.port || "5432"}`,
    `user=${server.username} password=${decodeURIComponent(server.password)}`,
  ].join(" ");
  const ini = join(dir, "pgbouncer.ini");
  await writeFile(
    ini,
    `[databases]
* = ${to}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = ${dir}
auth_type = any
pool_mode = transaction
default_pool_size = ${SERVER_CONNECTIONS}
max_client_conn = 50
`,
    { mode: 0o600 },
  );
  const child = spawn(PROGRAM, ["--quiet", ini], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  hooks.after(async () => {
    child.kill("SIGTERM");
    await ended;
    await removeFolder(dir);
  });
  const through = `postgresql://any@${encodeURIComponent(dir)}:6432${server.pathname}`;
  await eventually(async () => {
    await using db = openPool({
      address: { url: through },
      max: 1,
      applicationName: "test",
      log: silentLog(),
    });
    await db.query("select 1");
  });
  return through;
}
