/** The agent as a single executable: what it says of itself, what it does not let itself be told, and that it works. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";

import { structureProblems } from "../../build/package/structure.ts";
import { TARGETS } from "../../build/package/targets.ts";
import { createFleet } from "../fakes/fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { makeCerts, writeCerts } from "../support/certs.ts";
import { executable, printed, skipWithout } from "../support/executables.ts";
import { startStrictGateway, type StrictGateway } from "../support/strict-gateway.ts";

const skip = skipWithout("agent");
/** A build comes before the first of these: some seconds of work, a minute where others work too. */
const PATIENT = { skip, timeout: 300_000 };

async function folder(t: TestContext): Promise<string> {
  const files = await writeCerts(await makeCerts());
  t.after(() => files[Symbol.asyncDispose]());
  return files.dir;
}

/** An agent.json that leads to this gateway. */
async function agentJson(t: TestContext, gateway: StrictGateway, certs: Certs): Promise<string> {
  const files = await writeCerts(certs);
  t.after(() => files[Symbol.asyncDispose]());
  const path = join(files.dir, "agent.json");
  const tls = {
    cert_file: "component.pem",
    key_file: "component-key.pem",
    ca_file: "ca-chain.pem",
  };
  const config = {
    agent_id: "agent-01",
    gateway_addr: gateway.address,
    gateway_security: { mode: "mtls", cert_dir: ".", tls },
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

type Certs = Awaited<ReturnType<typeof makeCerts>>;

test("the agent is one file that says which release, commit and Node it is", PATIENT, async () => {
  const agent = await executable("agent");
  const [target] = TARGETS;
  assert.deepEqual(structureProblems(await readFile(agent), target!), []);
  const { version } = JSON.parse(
    await readFile(new URL("../../package.json", import.meta.url), "utf8"),
  ) as { version: string };
  assert.equal(await printed(agent, ["version"]), `${version}\n`);
  const facts = JSON.parse(await printed(agent, ["version", "--json"])) as Record<string, string>;
  assert.match(facts["commit"] ?? "", /^(?:[0-9a-f]{40}(?:-changed)?|unknown)$/);
  assert.match(facts["node"] ?? "", /^24\./);
  assert.match(facts["openssl"] ?? "", /^3\./);
  assert.deepEqual([facts["target"], facts["postgresql"]], [target!.name, undefined]);
});

test("licenses has the words of every licence that it came under", PATIENT, async () => {
  const notice = await printed(await executable("agent"), ["licenses"]);
  const [, list = ""] = /It holds:\n\n(.*?)\n\n=/s.exec(notice) ?? [];
  const names = list.split("\n").map((line) => line.trim());
  assert.ok(names.some((name) => /^Node\.js 24\.\S+: MIT$/.test(name)));
  assert.ok(names.some((name) => /^@grpc\/grpc-js \S+: Apache-2\.0$/.test(name)));
  assert.ok(names.length > 20);
  for (const name of names) {
    const [title = "", license = ""] = name.split(/: (?=[^:]+$)/);
    assert.ok(notice.includes(`\n${title}\n${license}\n`), title);
  }
  assert.match(notice, /OpenSSL/);
});

test("NODE_OPTIONS cannot put code into it", PATIENT, async (t) => {
  const dir = await folder(t);
  const code = join(dir, "code.cjs");
  await writeFile(code, 'require("node:fs").writeSync(1, "ran\\n");');
  const env = { NODE_OPTIONS: `--require ${code}` };
  assert.equal(await printed(process.execPath, ["-e", "0"], env), "ran\n");
  assert.doesNotMatch(await printed(await executable("agent"), ["version"], env), /ran/);
});

test("what Node would take as its own flags is the agent's", PATIENT, async () => {
  const agent = await executable("agent");
  await assert.rejects(printed(agent, ["--inspect-brk=0", "version"]), /no command given/);
  await assert.rejects(printed(agent, ["--eval", "1"]), /no command given/);
});

test("SIGUSR1 opens no debugger, and SIGTERM ends it in order", PATIENT, async (t) => {
  const certs = await makeCerts();
  await using gateway = await startStrictGateway(certs);
  const config = await agentJson(t, gateway, certs);
  const agent = spawn(await executable("agent"), ["run", "--config", config], { env: {} });
  t.after(() => agent.kill("SIGKILL"));
  agent.stdout.resume();
  const ended = once(agent, "close");
  const said: string[] = [];
  for await (const line of createInterface({ input: agent.stderr })) {
    said.push(line);
    // It listens for signals before it speaks to the gateway.
    if (line.includes("GetConfig") && agent.kill("SIGUSR1")) agent.kill("SIGTERM");
  }
  assert.deepEqual(await ended, [0, null]);
  assert.doesNotMatch(said.join("\n"), /debugger/i);
});

test("it pulls a source and streams it over mTLS as the checkout's does", PATIENT, async (t) => {
  const certs = await makeCerts();
  await using netbox = await startNetboxFake({ fleet: createFleet({ seed: 1, devices: 1_000 }) });
  await using gateway = await startStrictGateway(certs);
  const dc1 = {
    type: "netbox",
    sync_service_id: "id-dc1",
    endpoint: netbox.url,
    credentials: { api_token: netbox.token },
  };
  const configJson = Buffer.from(JSON.stringify({ sources: { dc1 } }));
  gateway.config = { configVersion: "v1", configJson };
  const config = await agentJson(t, gateway, certs);
  const out = await printed(await executable("agent"), ["run", "--once", "--config", config]);
  assert.match(out, /^dc1: success, 1000 devices of \d+ pages/);
  assert.equal(gateway.entries.length, 1_000);
  assert.deepEqual(gateway.violations, []);
});
