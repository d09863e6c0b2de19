/** The core as a single executable, with PostgreSQL inside. Its whole life is tried in test/e2e, which .ci/run runs with it too. */
import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { structureProblems } from "../../build/package/structure.ts";
import { TARGETS } from "../../build/package/targets.ts";
import { executable, printed, skipWithout } from "../support/executables.ts";
import { removeFolder } from "../support/remove-folder.ts";

const skip = skipWithout("core");

test("the core says which PostgreSQL it carries, and the licences of that", { skip }, async () => {
  const core = await executable("core");
  assert.deepEqual(structureProblems(await readFile(core), TARGETS[0]!), []);
  const facts = JSON.parse(await printed(core, ["version", "--json"])) as Record<string, string>;
  assert.match(facts["postgresql"] ?? "", /^18\.\d+$/);
  const notice = await printed(core, ["licenses"]);
  for (const name of [
    "PostgreSQL 18.",
    "ICU 60.",
    "OpenSSL 1.1.1",
    "libxml2 2.9.4",
    "zlib 1.2.11",
    // Of the web page.
    "react 19.",
    "react-dom 19.",
    "@tanstack/react-router ",
  ]) {
    assert.ok(notice.includes(`\n${name}`), name);
  }
});

test("NODE_OPTIONS cannot put code into the core", { skip }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "core-executable-"));
  t.after(() => removeFolder(dir));
  const code = join(dir, "code.cjs");
  await writeFile(code, 'require("node:fs").writeSync(1, "ran\\n");');
  const env = { NODE_OPTIONS: `--require ${code}` };
  assert.equal(await printed(process.execPath, ["-e", "0"], env), "ran\n");
  assert.doesNotMatch(await printed(await executable("core"), ["--help"], env), /ran\n/);
});

test("it makes its database from what it carries, with nothing beside it", { skip }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "core-executable-"));
  t.after(() => removeFolder(dir));
  await chmod(dir, 0o711);
  const core = await executable("core");
  const where = ["--data-dir", join(dir, "core")];
  const env = { HOME: dir, XDG_CACHE_HOME: join(dir, "cache") };
  const first = await printed(core, ["migrate", ...where], env);
  assert.match(first, /^The schema is that of serviceradar-core/);
  assert.equal(await printed(core, ["migrate", ...where], env), first);
  assert.match(await printed(core, ["tenant", "create", "acme", ...where], env), /acme/);
});

test("a release with another build of PostgreSQL 18 keeps the data", { skip }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "core-executable-"));
  t.after(() => removeFolder(dir));
  await chmod(dir, 0o711);
  const where = ["--data-dir", join(dir, "core")];
  const env = { HOME: dir, XDG_CACHE_HOME: join(dir, "cache") };
  // A checkout's programs are the npm package's, the executable's are not the same bytes.
  const before = fileURLToPath(new URL("../../src/bin/core.ts", import.meta.url));
  await printed(process.execPath, [before, "tenant", "create", "acme", ...where], env);
  assert.match(
    await printed(await executable("core"), ["tenant", "list", ...where], env),
    /^acme /m,
  );
});
