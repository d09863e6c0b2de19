/**
 * Every message that README.md quotes under "Troubleshooting" is what is printed: its situation is brought about with real
 * certificates, connections and databases, and what then appears is held against the quotation. "…" stands for anything.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { createApi } from "../../src/api/app.ts";
import { serveHttp } from "../../src/api/serve-http.ts";
import { serve } from "../../src/bin/serve.ts";
import { socketPathOf } from "../../src/cli/core-link.ts";
import { revokeAgent } from "../../src/control/agent-registration.ts";
import { Authorities } from "../../src/control/authorities.ts";
import { revokeAuthority } from "../../src/control/authority-revocation.ts";
import { Sealer } from "../../src/control/secrets.ts";
import { startEmbedded } from "../../src/db/embedded.ts";
import { openPool } from "../../src/db/pool.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { messageLimits } from "../../src/wire/limits.ts";
import { createFleet } from "../fakes/fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { whatAgentSays } from "../support/agent-process.ts";
import { makeAgent, makeCerts, slug } from "../support/certs.ts";
import { runCore, temporaryFolder } from "../support/core-cli.ts";
import { startTestCore, type TestCore } from "../support/core.ts";
import { freshDatabase } from "../support/database.ts";
import { readDocument, sectionOf, tableOf } from "../support/markdown.ts";

const MESSAGES = tableOf(sectionOf(readDocument("README.md"), "## Troubleshooting")).map(
  ([message = ""]) => message,
);
const brought = new Set<string>();

/** The quoted message that begins so, as what must be printed. */
function quoted(beginning: string): RegExp {
  const [message, ...others] = MESSAGES.filter((candidate) => candidate.startsWith(beginning));
  assert.ok(message !== undefined && others.length === 0, `README.md quotes one "${beginning}…"`);
  brought.add(message);
  return new RegExp(
    message
      .split("…")
      .map((part) => RegExp.escape(part))
      .join(".+"),
  );
}

type Agent = Parameters<typeof whatAgentSays>[1];

/** agent-01 of tenant acme, as its core made it. */
async function goodAgent(core: TestCore): Promise<Agent> {
  const identity = await core.agent(core.acme, "agent-01");
  return { gateway: `127.0.0.1:${core.gateway.port}`, identity, caPem: core.rootPem };
}

/** Starts an agent that differs from a good one, and waits until it says the message. */
async function assertSaid(
  t: TestContext,
  beginning: string,
  differing: (core: TestCore, agent: Agent) => Promise<Partial<Agent>>,
): Promise<void> {
  const core = await startTestCore(t);
  const agent = await goodAgent(core);
  const changed = { ...agent, ...(await differing(core, agent)) };
  assert.match(await whatAgentSays(t, changed, quoted(beginning)), quoted(beginning));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("No config returned: nobody listens where the agent is sent", async (t) => {
  await assertSaid(t, "No config returned: no answer", async () => ({
    gateway: `127.0.0.1:${await freePort()}`,
  }));
});

test("Gateway not trusted: the agent has another platform's authority", async (t) => {
  await assertSaid(t, "Gateway not trusted", async () => ({
    caPem: (await makeCerts()).root.certificatePem,
  }));
});

test("Tenant mismatch: the agent's certificate is another platform's", async (t) => {
  await assertSaid(t, "Tenant mismatch: Hello: no connection", async () => ({
    identity: (await makeCerts()).agent,
  }));
});

test("Tenant mismatch: a tenant's authority certified an agent of another tenant", async (t) => {
  await assertSaid(t, "Tenant mismatch: Hello: tenant_slug", async ({ authorities, db, acme }) => ({
    identity: await makeAgent(await authorities.issuer(db, acme.tenant), { tenant: "globex" }),
  }));
});

test("Tenant mismatch: the root itself certified the agent", async (t) => {
  await assertSaid(t, "Tenant mismatch: Hello: tenant identity", async ({ authorities, db }) => ({
    identity: await makeAgent(await authorities.root(db), { tenant: "acme" }),
  }));
});

test("an agent that was revoked is told so", async (t) => {
  await assertSaid(t, "Agent revoked", async ({ db, acme }) => {
    await revokeAgent(db, acme.tenant, { agentId: "agent-01", actor: "test" });
    return {};
  });
});

test("an agent whose authority was revoked is told so", async (t) => {
  await assertSaid(t, "Authority revoked", async ({ db, authorities, acme: { tenant } }) => {
    const one = { tenant, slug: slug("acme"), authorityNo: 1, actor: "test" };
    await revokeAuthority(db, authorities, one);
    return {};
  });
});

test("an agent_id that is not the certificate's stops the start", async (t) => {
  await assertSaid(t, "agent_id: is", () => Promise.resolve({ config: { agent_id: "agent-02" } }));
});

/** A core whose agent has a NetBox as its source. */
async function withNetbox(
  t: TestContext,
  options: Parameters<typeof startTestCore>[1],
  token?: string,
): Promise<Agent> {
  const netbox = await startNetboxFake({ fleet: createFleet({ seed: 1, devices: 300 }) });
  t.after(() => netbox[Symbol.asyncDispose]());
  const core = await startTestCore(t, options);
  const agent = await goodAgent(core);
  const source = { name: "dc1", endpoint: netbox.url, token: token ?? netbox.token };
  await core.source(core.acme, "agent-01", source);
  return agent;
}

test("gRPC size errors: a chunk is larger than GRPC_MAX_RECV_MSG_SIZE at the gateway", async (t) => {
  const limits = messageLimits({ GRPC_MAX_RECV_MSG_SIZE: "64KB" });
  const agent = await withNetbox(t, { limits });
  const message = quoted("gRPC size error");
  assert.match(await whatAgentSays(t, agent, message), message);
});

test("gRPC size errors end when chunks are kept smaller", async (t) => {
  const limits = messageLimits({ GRPC_MAX_RECV_MSG_SIZE: "128KB" });
  const agent = await withNetbox(t, { limits });
  await whatAgentSays(t, { ...agent, config: { chunk_max_bytes: "64KB" } }, /^StreamStatus$/);
});

test("an inbox that is full is told with its size, and as no error", async (t) => {
  // The gateway waits 10 s for room; its hour passes in 36 s.
  const startMs = Date.now();
  const clock = {
    now: () => startMs + (systemClock.now() - startMs) * 100,
    sleep: (ms: number, options?: { readonly signal?: AbortSignal | undefined }) =>
      systemClock.sleep(ms / 100, options),
  };
  const agent = await withNetbox(t, { chunksMax: 1, clock });
  const message = quoted("StreamStatus: inbox holds");
  assert.match(await whatAgentSays(t, agent, message), message);
});

test("a source that refuses its credentials is told by address and answer", async (t) => {
  const agent = await withNetbox(t, {}, "wrong-token");
  const message = quoted("GET …");
  assert.match(await whatAgentSays(t, agent, message), message);
});

test("queue_timeout: a pool without a free connection is told by the command and in the core's log", async (t) => {
  const { url } = await freshDatabase(t);
  await using db = openPool({
    address: { url },
    max: 1,
    applicationName: "test",
    log: silentLog(),
    queue: { targetMs: 50, intervalMs: 50 },
  });
  const sealer = new Sealer(Buffer.alloc(32, 1));
  const logged: string[] = [];
  const log = silentLog();
  log.level = "warn";
  t.mock.method(log, "warn", (fields: { err?: string }) => void logged.push(fields.err ?? ""));
  const app = createApi({
    db,
    sealer,
    authorities: new Authorities(sealer, systemClock),
    clock: systemClock,
    log,
  });
  const dataDir = await temporaryFolder(t);
  await using _ = await serveHttp({ app, socketPath: socketPathOf(dataDir) });
  await using held = await db.checkOut();
  await held.query("select 1");
  const { code, err } = await runCore(["tenant", "list", "--data-dir", dataDir]);
  assert.match(err, quoted("database: queue_timeout"));
  assert.equal(code, 5);
  assert.match(logged.join("\n"), quoted("database: queue_timeout"));
});

const io = { log: silentLog() };

test("a data folder that a core uses already is told with its process", async (t) => {
  const dataDir = await temporaryFolder(t);
  const embedded = await startEmbedded({
    dataDir,
    explicitDataDir: false,
    sharedBuffersBytes: 64 * 1024 ** 2,
    ...io,
  });
  t.after(() => embedded.stop());
  const { code, err } = await runCore(
    [
      "serve",
      "--log-level",
      "error",
      "--data-dir",
      embedded.dataDir,
      "--http-listen",
      ":0",
      "--grpc-listen",
      ":0",
    ],
    { serve },
  );
  assert.match(err, quoted("another serviceradar-core"));
  assert.equal(code, 75);
});

test("a port that is taken is told by its setting", async (t) => {
  const { url } = await freshDatabase(t);
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const dataDir = join(await temporaryFolder(t), "core");
  for (const setting of ["--http-listen", "--grpc-listen"]) {
    const listen = {
      "--http-listen": "127.0.0.1:0",
      "--grpc-listen": "127.0.0.1:0",
      [setting]: `127.0.0.1:${port}`,
    };
    const line = [
      "serve",
      "--log-level",
      "error",
      "--data-dir",
      dataDir,
      ...Object.entries(listen).flat(),
    ];
    const { code, err } = await runCore(line, { serve, env: { DATABASE_URL: url } });
    const message = new RegExp(
      quoted("--http-listen").source.replace("\\x2d\\x2dhttp\\x2dlisten", setting),
    );
    assert.match(err, message);
    assert.equal(code, 78);
  }
});

test("every message that README.md quotes was brought about", () => {
  assert.deepEqual(
    MESSAGES.filter((message) => !brought.has(message)),
    [],
  );
});
