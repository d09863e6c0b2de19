import assert from "node:assert/strict";
import { mkdtemp, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";

import {
  agentSocketPath,
  serveLocally,
  type LocalServerOptions,
} from "../../src/agent/local-server.ts";
import type { AgentFacts } from "../../src/agent/report.ts";
import { askSocket } from "../../src/lib/local-socket.ts";
import { silentLog } from "../../src/lib/log.ts";
import { AGENT_FACTS } from "../support/agent-facts.ts";
import { removeFolder } from "../support/remove-folder.ts";

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "sr-local-"));
  t.after(() => removeFolder(dir));
  return dir;
}

function optionsIn(dataDir: string): LocalServerOptions {
  return { facts: () => AGENT_FACTS, diagnostics: () => ({}), dataDir, log: silentLog() };
}

async function get(path: string, dataDir: string): Promise<{ status: number; text: string }> {
  return await askSocket(agentSocketPath(dataDir), { method: "GET", path });
}

test("the socket answers everything to its own user alone", async (t) => {
  const dataDir = await folder(t);
  await using _ = await serveLocally(optionsIn(dataDir));
  const path = agentSocketPath(dataDir);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await stat(dirname(path))).mode & 0o777, 0o700);
  const { status, text } = await get("/status", dataDir);
  assert.equal(status, 200);
  const report = JSON.parse(text) as { is_ready: boolean; sources: { name: string }[] };
  assert.equal(report.is_ready, true);
  assert.equal(report.sources[0]?.name, 'net"box');
  assert.deepEqual(await get("/healthz", dataDir), { status: 200, text: "ok\n" });
  assert.equal((await get("/readyz?verbose", dataDir)).status, 200);
  assert.equal((await get("//", dataDir)).status, 404);
  const post = await askSocket(path, { method: "POST", path: "/status", body: "{}" });
  assert.equal(post.status, 405);
});

test("metrics count every run and the one in flight, and tell how long the certificate lasts", async (t) => {
  const dataDir = await folder(t);
  await using _ = await serveLocally(optionsIn(dataDir));
  const { text } = await get("/metrics", dataDir);
  const labels = 'source="net\\"box",type="netbox"';
  for (const line of [
    'srs_agent_info{agent_id="agent-01",partition="default",version="1.2.3"} 1',
    "srs_agent_ready 1",
    "srs_agent_config_age_seconds 5",
    "srs_cert_expiry_seconds 86400",
    `srs_source_state{${labels},state="running"} 1`,
    `srs_source_state{${labels},state="failed"} 0`,
    `srs_source_run_duration_seconds{${labels}} 10`,
    `srs_source_runs_total{${labels},outcome="success"} 1`,
    `srs_source_devices_total{${labels},op="read"} 2510`,
    `srs_source_devices_total{${labels},op="sent"} 2505`,
    `srs_source_devices_total{${labels},op="rejected"} 1`,
    `srs_source_pages_total{${labels}} 4`,
    `srs_source_chunks_total{${labels}} 3`,
    `srs_source_api_requests_total{${labels},code="200"} 4`,
    `srs_source_api_requests_total{${labels},code="429"} 1`,
    `srs_source_api_requests_total{${labels},code="none"} 1`,
    `srs_source_rate_limited_seconds_total{${labels}} 12.5`,
    `srs_chunk_inflight{${labels}} 2`,
  ]) {
    assert.ok(text.split("\n").includes(line), `${line} is not in\n${text}`);
  }
});

test("a port answers those who watch, and no status", async (t) => {
  const dataDir = await folder(t);
  const options = { ...optionsIn(dataDir), listen: "127.0.0.1:0" };
  await using local = await serveLocally(options);
  const url = (path: string): string => `http://${local.address}${path}`;
  const metrics = await fetch(url("/metrics"));
  assert.match(metrics.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  assert.match(await metrics.text(), /^srs_agent_ready 1$/m);
  const status = await fetch(url("/status"));
  assert.deepEqual(
    [status.status, await status.text()],
    [404, "there is /healthz, /readyz, /metrics\n"],
  );
});

const away = { phase: "waiting", gateway: "gw:50052" } as const;
const NOT_READY: readonly (readonly [AgentFacts | undefined, RegExp])[] = [
  [undefined, /the agent starts/],
  [{ ...AGENT_FACTS, session: away }, /no session with a gateway \(waiting\)/],
  [{ ...AGENT_FACTS, session: { ...away, problem: "Agent revoked" } }, /: Agent revoked/],
  [{ ...AGENT_FACTS, config: { ...AGENT_FACTS.config, version: "" } }, /no configuration yet/],
];
for (const [facts, why] of NOT_READY) {
  test(`an agent that is not ready says why: ${why.source}`, async (t) => {
    const dataDir = await folder(t);
    await using _ = await serveLocally({ ...optionsIn(dataDir), facts: () => facts });
    const { status, text } = await get("/readyz", dataDir);
    assert.equal(status, 503);
    assert.match(text, why);
  });
}

test("a second agent on the same folder does not start, and one whose predecessor was killed does", async (t) => {
  const dataDir = await folder(t);
  const options = optionsIn(dataDir);
  {
    await using _ = await serveLocally(options);
    await assert.rejects(serveLocally(options), { code: "busy", message: /another agent works/ });
    assert.equal((await get("/healthz", dataDir)).status, 200, "the first one goes on");
  }
  await writeFile(agentSocketPath(dataDir), "left behind");
  await using _ = await serveLocally(options);
  assert.equal((await get("/healthz", dataDir)).status, 200);
});

test("a folder that cannot hold a socket costs the commands alone, a port that is taken the start", async (t) => {
  const dataDir = await folder(t);
  await writeFile(join(dataDir, "run"), "a file where a folder should be");
  const options = { ...optionsIn(dataDir), listen: "127.0.0.1:0" };
  await using first = await serveLocally(options);
  assert.ok(first.address !== undefined);
  await assert.rejects(
    serveLocally({ ...options, listen: first.address }),
    /^ConfigError: metrics_listen: 127\.0\.0\.1:\d+ cannot be listened on: /,
  );
});
