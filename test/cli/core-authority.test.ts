import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { makeCerts } from "../support/certs.ts";
import { temporaryFolder, testCore } from "../support/core-cli.ts";

test("an authority is imported from a file and shown beside ours; a file that is none is a wrong setting", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  const { acme, root } = await makeCerts();
  const file = join(await temporaryFolder(t), "ca.pem");
  await writeFile(file, acme.certificatePem);
  const alone = await core.run(["authority", "import", file]);
  assert.equal(alone.code, 78);
  assert.match(alone.err, /ca\.pem: the file lacks the authority above it \(CN=root/);
  await writeFile(file, root.certificatePem + acme.certificatePem);
  const imported = await core.run(["authority", "import", file]);
  assert.equal(imported.code, 0, imported.err);
  assert.match(imported.out, /^Agents certified by CN=tenant-acme.*are of tenant acme now/);
  const { out } = await core.run(["authority", "list"]);
  assert.match(
    out,
    /^AUTHORITY +KEY +ENDS +ORIGIN +STATE\nCN=.* made here +in force\nCN=.* imported +in force$/,
  );
  const key = / ([0-9a-f]{16}) .* imported/.exec(out)?.[1] ?? "";
  const revoked = await core.run(["authority", "revoke", key]);
  assert.match(revoked.out, /are refused from now on/);
  assert.match((await core.run(["authority", "list"])).out, /imported +revoked$/);
  const back = await core.run(["authority", "reinstate", key]);
  assert.match(back.out, /let in again/);
  const unknown = await core.run(["authority", "revoke", "zz"]);
  assert.match(unknown.err, /no authority has a key that begins with "zz"/);
  const json = await core.run(["authority", "list", "--json"]);
  assert.match((JSON.parse(json.out) as { root_pem: string }).root_pem, /BEGIN CERTIFICATE/);
});
