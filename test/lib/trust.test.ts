import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { removeFolder } from "../support/remove-folder.ts";
import { makeSelfSigned } from "../support/self-signed.ts";

const DIAL = fileURLToPath(new URL("../support/dial.ts", import.meta.url));
const skip = "Deno" in globalThis ? "these variables are Node's" : false;

test("no variable of the environment says whom the core trusts", { skip }, async (t) => {
  const own = await makeSelfSigned();
  const dir = await mkdtemp(join(tmpdir(), "trust-"));
  t.after(() => removeFolder(dir));
  const file = join(dir, "own.pem");
  await writeFile(file, own.cert);
  const server = createServer(own, (_, response) => response.end());
  t.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dial = async (env: Record<string, string>, ...more: string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, [DIAL, url, ...more], { env })).stdout;
  for (const [name, value] of [
    ["NODE_EXTRA_CA_CERTS", file],
    ["NODE_TLS_REJECT_UNAUTHORIZED", "0"],
  ] as const) {
    assert.equal(await dial({ [name]: value }), "200");
    assert.match(await dial({ [name]: value }, "trust"), /SELF_SIGNED|UNABLE_TO/);
  }
});
