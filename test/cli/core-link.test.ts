/** Which core a command asks: the running one on the data folder, else the database itself, in this process. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";

import { socketPathOf } from "../../src/cli/core-link.ts";
import { lockFolder } from "../../src/db/folder-lock.ts";
import { runCore, temporaryFolder, testCore, type Around, type Ran } from "../support/core-cli.ts";
import { freshDatabase } from "../support/database.ts";

/** Runs commands over an empty database of one's own, with a data folder of its own. */
async function ownDatabase(t: TestContext): Promise<{
  readonly url: string;
  readonly dir: string;
  readonly run: (line: string, around?: Around) => Promise<Ran>;
}> {
  const { url } = await freshDatabase(t, { migrated: false });
  const dir = await temporaryFolder(t);
  const run = (line: string, around?: Around): Promise<Ran> =>
    runCore([...line.split(" "), "--data-dir", dir, "--database-url", url], around);
  return { url, dir, run };
}

test("looking into a folder without a database makes none, and says what to do", async (t) => {
  const dir = await temporaryFolder(t);
  const ran = await runCore(["tenant", "list", "--data-dir", dir]);
  assert.equal(ran.code, 78);
  assert.match(
    ran.err,
    /--data-dir: no core keeps its data in .*; name the folder of yours, or start one there with: serviceradar-core serve$/,
  );
  assert.deepEqual(await readdir(dir), []);
});

test("without a running core a command starts the embedded database itself, and stops it", async (t) => {
  const dir = await temporaryFolder(t);
  const made = await runCore(["tenant", "create", "acme", "--data-dir", dir]);
  assert.deepEqual([made.code, made.err], [0, ""]);
  const listed = await runCore(["tenant", "list", "--json", "--data-dir", dir]);
  const { tenants } = JSON.parse(listed.out) as { tenants: { slug: string }[] };
  assert.deepEqual(
    tenants.map(({ slug }) => slug),
    ["acme"],
  );
  assert.ok(!existsSync(join(dir, "core.lock")));
});

test("a data folder that another process holds, but does not answer for, is busy", async (t) => {
  const dir = await temporaryFolder(t);
  await mkdir(join(dir, "postgres"));
  await writeFile(join(dir, "serviceradar-data.txt"), "");
  const lock = await lockFolder(dir);
  t.after(() => lock.release());
  const ran = await runCore(["tenant", "list", "--data-dir", dir]);
  assert.equal(ran.code, 75, ran.err);
  assert.match(
    ran.err,
    /another serviceradar-core \(process \d+\) uses the data folder .*; it starts or stops: try again in a moment$/,
  );
});

test("a database of one's own is asked in this process, named by flag, variable or file", async (t) => {
  const { url, dir, run } = await ownDatabase(t);
  assert.equal((await run("tenant create acme")).code, 0);
  const file = join(dir, "url.txt");
  await writeFile(file, `${url}\n`);
  for (const env of [{ DATABASE_URL: url }, { DATABASE_URL_FILE: file }]) {
    const ran = await runCore(["tenant", "list", "--data-dir", dir], { env });
    assert.match(ran.out, /^acme /m, ran.err);
  }
  const missing = { DATABASE_URL_FILE: join(dir, "nothing") };
  const ran = await runCore(["tenant", "list", "--data-dir", dir], { env: missing });
  assert.equal(ran.code, 78);
  assert.match(ran.err, /DATABASE_URL_FILE: .*nothing cannot be read: ENOENT/);
  const flagged = await run("tenant list", { env: missing });
  assert.match(flagged.out, /^acme /m);
});

test("a database that cannot be reached ends with exit code 5, and no word of its password", async (t) => {
  const dir = await temporaryFolder(t);
  const url = "postgresql://user:hush@127.0.0.1:1/db";
  const ran = await runCore(["tenant", "list", "--data-dir", dir, "--database-url", url]);
  assert.equal(ran.code, 5, ran.err);
  assert.match(ran.err, /database: .*ECONNREFUSED 127\.0\.0\.1:1/);
  assert.ok(!ran.err.includes("hush"));
});

test("another key than the database's secrets were sealed with is said plainly", async (t) => {
  const { run, dir } = await ownDatabase(t);
  await run("tenant create acme");
  const ran = await run(`tenant list --key-file ${join(dir, "other.key")}`);
  assert.equal(ran.code, 1);
  assert.match(
    ran.err,
    /sealed with another key; start the core with the key file it was made with/,
  );
});

test("a running core is asked rather than the database that was named, and that is said", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  const url = "postgresql://nobody@127.0.0.1:1/nowhere";
  const ran = await core.run(["tenant", "list", "--database-url", url]);
  assert.equal(ran.code, 0);
  assert.match(ran.out, /^acme /m);
  assert.match(ran.err, /the running core is asked \(.*core\.sock\), not the given database/);
});

test("a socket that a killed core left behind is passed over", async (t) => {
  const { run, dir } = await ownDatabase(t);
  const socketPath = socketPathOf(dir);
  await mkdir(dirname(socketPath));
  const killed = createServer().listen(`${socketPath}.x`);
  await once(killed, "listening");
  await rename(`${socketPath}.x`, socketPath);
  await new Promise((resolve) => killed.close(resolve));
  assert.ok(existsSync(socketPath));
  assert.equal((await run("tenant create acme")).code, 0);
});

test("migrate brings an empty database up to date and shows the steps, and again changes nothing", async (t) => {
  const { run } = await ownDatabase(t);
  const first = await run("migrate --json");
  const { migrations } = JSON.parse(first.out) as {
    migrations: { name: string; applied_at: string }[];
  };
  assert.ok(migrations.length >= 4);
  assert.equal((await run("migrate --json")).out, first.out);
  assert.match((await run("migrate")).out, /^The schema is that of serviceradar-core \d/);
});

test("a reader that goes away ends the command in order", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  const ran = await core.run(["tenant", "list"], { isReaderGone: true });
  assert.deepEqual(ran, { code: 0, out: "", err: "" });
});
