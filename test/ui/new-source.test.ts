import assert from "node:assert/strict";
import { test } from "node:test";

import { readPayload } from "../../src/control/source-settings.ts";
import type { Source } from "../../src/ui/calls/sources.ts";
import {
  EMPTY_DRAFT,
  patchOf,
  payloadOf,
  wrongConnection,
  wrongScope,
  wrongSystem,
} from "../../src/ui/pages/new-source/draft.ts";
import { draftOfSource, readPaste } from "../../src/ui/pages/new-source/paste.ts";
import { stepStates } from "../../src/ui/pages/new-source/step-states.ts";
import { testOutcome } from "../../src/ui/pages/sources/test-steps.ts";

const DRAFT = {
  ...EMPTY_DRAFT,
  name: "netbox_dc1",
  agentId: "a",
  endpoint: "https://netbox.example.com",
  secret: "0123",
};

test("the payload that the wizard makes is one that the core takes", () => {
  const full = {
    ...DRAFT,
    type: "armis" as const,
    queries: "in:devices type:Laptops\n\n in:devices ",
    blacklist: "10.0.0.0/8",
    proxyUrl: "http://proxy.example.com:3128",
    pageSize: "500",
    rate: "0.5",
    concurrent: "16",
    answerTimeout: "90s",
  };
  for (const draft of [DRAFT, full]) {
    const read = readPayload(payloadOf(draft));
    assert.ok(read.ok, read.ok ? "" : read.error);
  }
  assert.deepEqual(payloadOf(DRAFT).sources, {
    netbox_dc1: {
      type: "netbox",
      endpoint: "https://netbox.example.com",
      credentials: { api_token: "0123" },
      poll_interval: "10m",
      discovery_interval: "1h",
    },
  });
});

test("what is missing is told by field", () => {
  assert.deepEqual(Object.keys(wrongSystem(EMPTY_DRAFT, [])), ["name", "agentId"]);
  assert.match(wrongSystem(DRAFT, ["netbox_dc1"]).name ?? "", /already/);
  assert.match(wrongSystem({ ...DRAFT, name: "new" }, []).name ?? "", /address/);
  assert.deepEqual(Object.keys(wrongConnection(EMPTY_DRAFT, false)), ["endpoint", "secret"]);
  assert.deepEqual(wrongConnection({ ...DRAFT, secret: "" }, true), {});
  assert.deepEqual(Object.keys(wrongScope({ ...DRAFT, pollInterval: "ten" })), ["pollInterval"]);
});

test("a name that the core would refuse is told at the first step", () => {
  for (const name of ["a\tb", "a\u0000", "..", ".", "n".repeat(129)]) {
    assert.deepEqual(Object.keys(wrongSystem({ ...DRAFT, name }, [])), ["name"], name);
    assert.equal(readPayload(payloadOf({ ...DRAFT, name })).ok, false, name);
  }
  for (const name of ["netbox dc1", "a/b", "Rëchenzentrum", "..."]) {
    assert.deepEqual(wrongSystem({ ...DRAFT, name }, []), {}, name);
    assert.ok(readPayload(payloadOf({ ...DRAFT, name })).ok, name);
  }
});

test("a pace outside its bounds is told by its field, as the core would refuse it", () => {
  const fields = {
    rate: { good: ["", "0.01", "1000"], bad: ["0", "1001", "fast"], member: "requests_per_second" },
    concurrent: { good: ["", "1", "16"], bad: ["0", "17", "1.5"], member: "concurrent_requests" },
    answerTimeout: {
      good: ["", "1s", "10m"],
      bad: ["500ms", "11m", "soon"],
      member: "answer_timeout",
    },
  } as const;
  for (const [field, { good, bad, member }] of Object.entries(fields)) {
    for (const text of [...good, ...bad]) {
      const isGood = (good as readonly string[]).includes(text);
      const draft = { ...DRAFT, [field]: text };
      assert.deepEqual(Object.keys(wrongScope(draft)), isGood ? [] : [field], `${field} ${text}`);
      const read = readPayload(payloadOf(draft));
      const refusal = read.ok ? "" : read.error;
      assert.ok(isGood ? read.ok : refusal.includes(member), `${member} ${text}: ${refusal}`);
    }
  }
});

test("the document's payload fills the wizard by paste", () => {
  const read = readPaste(`{
    "poll_interval": "5m",
    "sources": {
      "armis_prod": { "type": "armis", "endpoint": "https://a.example.com", "credentials": { "secret_key": "s" } },
      "netbox_dc1": { "type": "netbox", "endpoint": "https://n.example.com", "credentials": { "api_token": "t" }, "site": "dc1" }
    }
  }`);
  assert.ok(read.ok);
  const [armis, netbox] = read.value.drafts;
  assert.equal(armis?.secret, "s");
  assert.equal(armis?.pollInterval, "5m");
  assert.equal(netbox?.secret, "t");
  assert.deepEqual(netbox?.others, { site: "dc1" });
});

test("an old sync.json fills it too, and what has no meaning any more is told", () => {
  const read = readPaste(
    '{"kv_address": "x:1", "sources": {"armis": {"type": "armis", "endpoint": "https://a.example.com", "prefix": "armis/", "credentials": {"secret_key": "s"}}}}',
  );
  assert.ok(read.ok);
  assert.equal(read.value.drafts[0]?.name, "armis");
  assert.ok(read.value.left.some((line) => line.includes("prefix")));
});

test("a stored source is a draft again, and what is written into it becomes the least patch", () => {
  const before = draftOfSource({
    name: "armis_prod",
    type: "armis",
    endpoint: "https://a.example.com",
    agent_id: "a1",
    poll_interval: "10m",
    discovery_interval: "1h",
    settings: {
      queries: [{ label: "all", query: "in:devices" }],
      page_size: 500,
      concurrent_requests: 8,
    },
  } as unknown as Source);
  assert.ok(before !== undefined);
  assert.deepEqual(patchOf(before, before), {});
  const after = {
    ...before,
    pageSize: "",
    concurrent: "2",
    blacklist: "10.0.0.0/8",
    agentId: "a2",
  };
  assert.deepEqual(patchOf(before, after), {
    page_size: null,
    network_blacklist: ["10.0.0.0/8"],
    concurrent_requests: 2,
    agent_id: "a2",
  });
});

test("queries of a stored source keep their labels when others are written beside them", () => {
  const before = draftOfSource({
    name: "armis_prod",
    type: "armis",
    endpoint: "https://a.example.com",
    agent_id: "a1",
    poll_interval: "10m",
    discovery_interval: "1h",
    settings: {
      queries: [
        { label: "all", query: "in:devices" },
        { label: "risky", query: "in:devices riskLevel:High" },
      ],
    },
  } as unknown as Source);
  assert.ok(before !== undefined);
  assert.deepEqual(patchOf(before, before), {});
  const queries = "in:devices type:Printers\nin:devices riskLevel:High";
  assert.deepEqual(patchOf(before, { ...before, queries }), {
    queries: [
      { label: "query 1", query: "in:devices type:Printers" },
      { label: "risky", query: "in:devices riskLevel:High" },
    ],
  });
});

test("a paste that cannot be used says what to paste", () => {
  for (const text of ["", "{", "[]", "{}", '{"sources": {"x": {"type": "snmp"}}}']) {
    const read = readPaste(text);
    assert.equal(read.ok, false, text);
  }
});

test("a step that was passed without success is not ticked", () => {
  const states = (tested: "passed" | "failed" | undefined, isRehearsed: boolean): string =>
    stepStates(5, { tested, isRehearsed })
      .map(({ state }) => state)
      .join(" ");
  assert.equal(states("passed", true), "done done done done done now");
  assert.equal(states("failed", false), "done done failed done skipped now");
  assert.equal(states(undefined, true), "done done skipped done done now");
  const atTest = stepStates(2, { tested: "failed", isRehearsed: false });
  assert.deepEqual(
    atTest.map(({ state }) => state),
    ["done", "done", "now", "next", "next", "next"],
  );
});

test("a test that no agent took has failed, and one under way came to nothing yet", () => {
  const outcomes = (["sent", "succeeded", "failed", "expired"] as const).map((state) =>
    testOutcome({ state }),
  );
  assert.deepEqual(outcomes, [undefined, "passed", "failed", "failed"]);
  assert.equal(testOutcome(undefined), undefined);
});
