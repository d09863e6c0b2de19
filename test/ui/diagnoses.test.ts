import assert from "node:assert/strict";
import { test } from "node:test";

import type { Agent } from "../../src/ui/calls/agents.ts";
import { agentDiagnoses, ingestionDiagnoses } from "../../src/ui/pages/agents/diagnoses.ts";
import { enrolLine, offlineLines } from "../../src/ui/pages/agents/enrol-lines.ts";

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

test("what is pasted names the token once, and the agent in every offline line", () => {
  const whole = enrolLine({ token: "T1", coreUrl: "https://core:50053" });
  assert.equal(whole.split("T1").length, 2);
  assert.doesNotMatch(whole, /--core-url/);
  assert.match(enrolLine({ token: "T1", coreUrl: "" }), / --core-url https:\/\/CORE:PORT /);
  const lines = offlineLines({ agent: "dc1", tenant: "acme", partition: "default" }).split("\n");
  assert.ok(lines.filter((line) => !line.startsWith("#")).every((line) => line.includes("dc1")));
});
