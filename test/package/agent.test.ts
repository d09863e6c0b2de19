/** The agent as a single executable: what it says of itself, what it does not let itself be told, and that it works. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";

import { structureProblems } from "../../build/package/structure.ts";
import { TARGETS } from "../../build/package/targets.ts";
import { createFleet } from "../fakes/fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { makeCerts, writeCerts } from "../support/certs.ts";
import { executable, lures, printed, skipWithout } from "../support/executables.ts";
import { makeSelfSigned } from "../support/self-signed.ts";
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
  const lure = lures(dirname(config));
  await printed(process.execPath, ["-e", 'require("pg-native")'], lure.env);
  assert.ok(lure.taken());
  const line = ["run", "--once", "--config", config];
  const out = await printed(await executable("agent"), line, lure.env);
  assert.ok(!lure.taken(), "it loads nothing that lies on the disk");
  assert.match(out, /^dc1: success, 1000 devices of \d+ pages/);
  assert.equal(gateway.entries.length, 1_000);
  assert.deepEqual(gateway.violations, []);
});

/** What a program printed that did not end with 0. */
function failure(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  execFile(program, args, { env }, (error, stdout) =>
    error === null ? reject(new Error("it ended with 0")) : resolve(stdout),
  );
  return promise;
}

/** An agent whose only source answers under a certificate that nobody vouches for; what its run came to, and whether it was asked. */
async function runOverUnknownTls(
  t: TestContext,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly error: string; readonly asked: number }> {
  const certs = await makeCerts();
  const own = await makeSelfSigned();
  let asked = 0;
  const server = createServer(own, (_, response) => {
    asked += 1;
    response.end("{}");
  });
  t.after(() => server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await using gateway = await startStrictGateway(certs);
  const endpoint = `https://127.0.0.1:${port}`;
  const dc1 = { type: "netbox", endpoint, credentials: { api_token: "x" } };
  const configJson = Buffer.from(JSON.stringify({ sources: { dc1 } }));
  gateway.config = { configVersion: "v1", configJson };
  const config = await agentJson(t, gateway, certs);
  const authorities = join(dirname(config), "unknown.pem");
  await writeFile(authorities, own.cert);
  const line = ["run", "--once", "--json", "--config", config];
  const given = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.replace("@FILE@", authorities)]),
  );
  const failed = await failure(await executable("agent"), line, given);
  const { sources } = JSON.parse(failed) as {
    sources: { lastRun: { error?: { message: string } } }[];
  };
  return { error: sources[0]?.lastRun.error?.message ?? "", asked };
}

for (const env of [
  { NODE_EXTRA_CA_CERTS: "@FILE@" },
  { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
  { NODE_EXTRA_CA_CERTS: "@FILE@", NODE_TLS_REJECT_UNAUTHORIZED: "0" },
]) {
  const names = Object.keys(env).join(" and ");
  test(`${names} cannot make it trust a source`, PATIENT, async (t) => {
    const { error, asked } = await runOverUnknownTls(t, env);
    assert.match(error, /certificate/i);
    assert.equal(asked, 0);
  });
}

test("no variable makes it trust a gateway of another authority", PATIENT, async (t) => {
  const [certs, others] = [await makeCerts(), await makeCerts()];
  // It would have this agent, which is not to have it.
  await using gateway = await startStrictGateway({ ...certs, server: others.server });
  const config = await agentJson(t, gateway, certs);
  const authorities = join(dirname(config), "unknown.pem");
  await writeFile(authorities, others.root.certificatePem);
  const env = { NODE_EXTRA_CA_CERTS: authorities, NODE_TLS_REJECT_UNAUTHORIZED: "0" };
  const agent = spawn(await executable("agent"), ["run", "--config", config], { env });
  t.after(() => agent.kill("SIGKILL"));
  agent.stdout.resume();
  const said: string[] = [];
  for await (const line of createInterface({ input: agent.stderr })) {
    said.push(line);
    if (line.includes("Hello failed")) agent.kill("SIGTERM");
  }
  assert.match(said.join("\n"), /Hello: no connection: UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
  assert.equal(gateway.calls.length, 0);
  assert.equal(gateway.heartbeats.length, 0);
});
