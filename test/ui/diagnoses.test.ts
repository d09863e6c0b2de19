import assert from "node:assert/strict";
import { test } from "node:test";

import type { EnrolmentAddresses } from "../../src/ui/calls/agent-acts.ts";
import type { Agent } from "../../src/ui/calls/agents.ts";
import { agentDiagnoses } from "../../src/ui/pages/agents/diagnoses.ts";
import { enrolLine, offlineLines } from "../../src/ui/pages/agents/enrol-lines.ts";
import { againOf, enrolmentBody, wantedAt } from "../../src/ui/pages/agents/enrol-wanted.ts";
import { ingestionDiagnoses } from "../../src/ui/pages/ingestion/ingestion-diagnoses.ts";

const NOW = "2026-03-02T00:00:00Z";
const refusal = (message: string, at = NOW) => ({
  agent_id: "dc1",
  code: "permission_denied",
  message,
  refused: 7,
  first_at: at,
  last_at: at,
});
const agent = (of: Partial<Agent>): Agent => ({
  agent_id: "dc1",
  partition: "default",
  state: "online",
  created_at: NOW,
  ...of,
});

test("a refusal is told in the troubleshooting row's words with its count, and not after a day", () => {
  const refusals = [
    refusal("tenant_slug mismatch"),
    refusal("Received message larger than max"),
    refusal("authority revoked"),
    refusal("CERT_HAS_EXPIRED"),
    refusal("agent revoked", "2026-02-20T00:00:00Z"),
  ];
  const told = agentDiagnoses({ agents: [], refusals }, Date.parse(NOW));
  assert.deepEqual(
    told.map(({ title }) => title),
    [
      "Tenant mismatch: dc1",
      "gRPC size error: dc1",
      "Authority revoked: dc1",
      "Certificate expired: dc1",
    ],
  );
  assert.equal(told[0]?.figure, "7 times permission_denied: tenant_slug mismatch");
  const certificate_serial = "4FA1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3";
  const [numbered] = agentDiagnoses(
    { agents: [], refusals: [{ ...refusal("agent revoked"), certificate_serial }] },
    Date.parse(NOW),
  );
  assert.match(numbered?.figure ?? "", /agent revoked \(certificate 4FA1B2C3D4E5F607\)$/);
});

test("an agent that never came and one with an old configuration are told of, a current one is not", () => {
  const agents = [
    agent({ state: "never_seen" }),
    agent({ config_offered: "v2", config_running: "v1" }),
    agent({ config_offered: "v2", config_running: "v2" }),
  ];
  const told = agentDiagnoses({ agents, refusals: [] }, Date.parse(NOW));
  assert.deepEqual(
    told.map(({ title }) => title),
    ["No config returned: dc1", "Old configuration: dc1"],
  );
});

test("ingestion tells of requests that gave up, of bursts and of what is set aside", () => {
  const pool = { part: "main", size: 4, busy: 4, idle: 0, waiting: 3, wait_ms: 900, timeouts: 2 };
  const inbox = {
    waiting: 30,
    waiting_bytes: 1,
    parked: 1,
    unpublished: 0,
    held: 0,
    parked_chunks: [],
    tuning: { settings: [], why: [], pools: [pool] },
  };
  assert.deepEqual(
    ingestionDiagnoses(inbox).map(({ id }) => id),
    ["timeouts main", "bursts", "parked"],
  );
  const calm = { ...inbox, waiting: 0, parked: 0, tuning: undefined };
  assert.deepEqual(ingestionDiagnoses(calm), []);
});

const setting = (name: string, value: number, advised = value) => ({
  name,
  value,
  origin: "automatic" as const,
  advised,
});
const CALM = {
  waiting: 0,
  waiting_bytes: 0,
  parked: 0,
  unpublished: 0,
  held: 0,
  parked_chunks: [],
};
const tuned = (concurrency: number, database: object) => ({
  ...CALM,
  tuning: {
    settings: [setting("POOL_SIZE", 40), setting("SYNC_INGESTOR_BATCH_CONCURRENCY", concurrency)],
    why: [],
    pools: [],
    database: { seconds: 60, running: 0, lock_waiting: 0, lock_wait_ms: 0, ...database },
  },
});

test("where the database's CPU or locks spike, concurrency goes down before the pool", () => {
  const host = { processors: 2, busy_percent: 97 };
  const [cpu, ...others] = ingestionDiagnoses(tuned(2, { running: 3.4, host }));
  assert.deepEqual(others, []);
  assert.match(cpu?.figure ?? "", /^3\.4 of its sessions .* 2 processors, which were 97% busy/);
  assert.match(
    cpu?.act ?? "",
    /^Lower SYNC_INGESTOR_BATCH_CONCURRENCY, which is 2, before POOL_SIZE/,
  );
  const [locks] = ingestionDiagnoses(tuned(1, { lock_waiting: 3, lock_wait_ms: 4_200 }));
  assert.match(locks?.figure ?? "", /^3 sessions waited .* the longest for 4\.2 s/);
  assert.match(locks?.act ?? "", /is 1 already: lower POOL_SIZE, which is 40/);
  for (const calm of [
    { running: 3.4, host: { ...host, busy_percent: 80 } },
    { running: 1.9, host },
    // Nobody knows how many processors another host has.
    { running: 40 },
    { lock_waiting: 9, lock_wait_ms: 40 },
  ]) {
    assert.deepEqual(ingestionDiagnoses(tuned(2, calm)), []);
  }
});

test("a core that has more by now than it is tuned for says which settings would change", () => {
  const inbox = tuned(2, {});
  const settings = [
    setting("POOL_SIZE", 40, 60),
    { ...setting("X", 1, 2), origin: "set" as const },
  ];
  const [told, ...others] = ingestionDiagnoses({
    ...inbox,
    tuning: { ...inbox.tuning, settings },
  });
  assert.deepEqual(others, []);
  assert.equal(told?.figure, "POOL_SIZE 40 → 60.");
});

test("what is pasted names the token once, and the agent in every offline line", () => {
  const whole = enrolLine({ token: "T1", coreUrl: "https://core:50053" });
  assert.equal(whole.split("T1").length, 2);
  assert.doesNotMatch(whole, /--core-url/);
  assert.match(enrolLine({ token: "T1", coreUrl: "" }), / --core-url https:\/\/CORE:PORT /);
  const lines = offlineLines({ agent: "dc1", tenant: "acme", partition: "default" }).split("\n");
  assert.ok(lines.filter((line) => !line.startsWith("#")).every((line) => line.includes("dc1")));
});

test("an agent that is known is enrolled again as a renewal, with its partition; a revoked one is let in anew", () => {
  const known = agent({ partition: "plant" });
  const wanted = wantedAt({ host: "core.example.com", addresses: undefined }, known);
  const body = {
    agent_id: "dc1",
    partition: "plant",
    gateway_addr: "core.example.com:50052",
  };
  assert.deepEqual(enrolmentBody(wanted, [known]), { ...body, renew: true });
  assert.deepEqual(enrolmentBody(wanted, [{ ...known, state: "revoked" }]), body);
  assert.deepEqual(enrolmentBody({ ...wanted, gateway: " " }, []), {
    agent_id: "dc1",
    partition: "plant",
  });
  const linesOf = (of: readonly Agent[]): readonly [string, string] => {
    const again = againOf(wanted.agent, of);
    return [
      enrolLine({ token: "T1", coreUrl: "https://core:50053", again }),
      offlineLines({ agent: "dc1", tenant: "acme", partition: "plant", again }),
    ];
  };
  const [renewed, renewedFiles] = linesOf([known]);
  const [reinstated, reinstatedFiles] = linesOf([{ ...known, state: "revoked" }]);
  for (const line of [renewed, reinstated]) {
    assert.match(line, /enroll --token-file enrol\.token --force && rm/);
  }
  assert.match(renewedFiles, /--out dc1 --renew --force\n/);
  assert.match(reinstatedFiles, /--out dc1 --force\n/);
  assert.doesNotMatch(linesOf([]).join("\n"), /--force|--renew/);
});

test("what another certificate mends says whose, so that the page can offer it", () => {
  const refusals = [refusal("tenant_slug mismatch"), refusal("Received message larger than max")];
  const agents = [agent({ agent_id: "dc2", state: "never_seen" })];
  const told = agentDiagnoses({ agents, refusals }, Date.parse(NOW));
  assert.deepEqual(
    told.map(({ enrol }) => enrol),
    ["dc1", undefined, "dc2"],
  );
});

test("an enrolment begins with the core's own addresses, by the name that the browser reached it by where they are its host's own", () => {
  const host = "core.example.com";
  const begun = (addresses: EnrolmentAddresses): readonly [string, string] => {
    const { gateway, coreUrl } = wantedAt({ host, addresses });
    return [gateway, coreUrl];
  };
  assert.deepEqual(begun({ gateway_addr: "gw.example.net:6000", core_url: "https://gw:6001" }), [
    "gw.example.net:6000",
    "https://gw:6001",
  ]);
  const own = { gateway_addr: "localhost:6000", core_url: "https://127.0.0.1:6001" };
  assert.deepEqual(begun(own), [`${host}:6000`, `https://${host}:6001`]);
  assert.deepEqual(begun({ gateway_addr: "[::1]:6000" }), [`${host}:6000`, ""]);
  assert.deepEqual(begun({}), [`${host}:50052`, ""]);
});
