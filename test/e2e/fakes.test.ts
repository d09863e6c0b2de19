/** The fakes as programs: a pull survives all of their traps at once. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

import { spawnTied } from "../../build/process/spawn-tied.ts";
import { armisSource } from "../../src/sources/armis.ts";
import { netboxSource } from "../../src/sources/netbox.ts";
import { pull } from "../support/pull.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";

type Said = { readonly url: string; readonly token?: string; readonly devices: number };

/** Starts a fake with these flags, stopped after the test, and gives what it says first. */
async function program(t: TestContext, name: string, flags: string): Promise<Said> {
  const file = fileURLToPath(new URL(`../fakes/${name}.ts`, import.meta.url));
  const args = [file, ...flags.trim().split(/\s+/)];
  const child = spawnTied(args);
  child.stderr.pipe(process.stderr);
  t.after(() => child.kill());
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return JSON.parse(line) as Said;
}

test("a pull of a NetBox that cuts, throttles, fails, caps pages and links elsewhere loses nothing", async (t) => {
  const fake = await program(
    t,
    "netbox-server",
    `--devices 160 --vms 15 --version 4.6 --max-page-size 30 --link-origin http://192.0.2.1
     --ignored start --cut-every 4 --rate-limit-every 7 --fail-every 9`,
  );
  const credentials = secrets({ api_token: fake.token ?? "" });
  const config = sourceConfig({ type: "netbox", endpoint: fake.url, credentials });
  const { devices, rejected } = await pull(netboxSource, config);
  const ids = devices.map(({ metadata }) => metadata["integration_id"]);
  assert.equal(new Set(ids).size, 175);
  assert.deepEqual([ids.length, rejected.length], [175, 0]);
});

test("a pull of a NetBox whose devices come and go meanwhile gives each of the others once", async (t) => {
  const fake = await program(
    t,
    "netbox-server",
    "--devices 300 --max-page-size 50 --drift-every 3",
  );
  const credentials = secrets({ api_token: fake.token ?? "" });
  const config = sourceConfig({ type: "netbox", endpoint: fake.url, credentials, pageSize: 50 });
  const ids = (await pull(netboxSource, config)).devices.map(({ metadata }) =>
    Number(metadata["integration_id"]),
  );
  assert.equal(new Set(ids).size, ids.length);
  const gone = Array.from({ length: 200 }, (_, nth) => 1 + ((nth * 3 * 7_919) % 300));
  const lasting = Array.from({ length: 300 }, (_, index) => index + 1).filter(
    (id) => !gone.includes(id),
  );
  assert.ok(lasting.length > 0);
  assert.deepEqual(
    lasting.filter((id) => !ids.includes(id)),
    [],
  );
});

test("a pull of an Armis that cuts, throttles, fails, caps pages, forgets tokens and loses devices skips no other", async (t) => {
  const fake = await program(
    t,
    "armis-server",
    `--devices 300 --secret-key hush-hush --length-max 40 --searches-per-token 5
     --cut-every 4 --rate-limit-every 7 --fail-every 9 --drift-every 5`,
  );
  const credentials = secrets({ secret_key: "hush-hush" });
  const config = sourceConfig({ type: "armis", endpoint: fake.url, credentials });
  const ids = (await pull(armisSource, config)).devices.map(({ metadata }) =>
    Number(metadata["armis_device_id"]),
  );
  assert.equal(new Set(ids).size, ids.length);
  const gone = Array.from({ length: 100 }, (_, nth) => 1 + ((nth * 5 * 7_919) % 300));
  const lasting = Array.from({ length: 300 }, (_, index) => index + 1).filter(
    (id) => !gone.includes(id),
  );
  assert.ok(lasting.length > 100);
  assert.deepEqual(
    lasting.filter((id) => !ids.includes(id)),
    [],
  );
});
