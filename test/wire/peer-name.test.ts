import assert from "node:assert/strict";
import { test } from "node:test";

import { parseCommonName, parsePeerName, parseSpiffeId } from "../../src/wire/peer-name.ts";

const PEER = { componentId: "agent-01", partitionId: "dc1" };

const NAMES: readonly [string, object][] = [
  ["agent-01.dc1.serviceradar", PEER],
  ["agent-01.dc1.serviceradar.local", PEER],
  ["agent-01.dc1.acme.serviceradar", { ...PEER, tenantSlug: "acme" }],
  ["agent-01.dc1.acme.serviceradar.local.example", { ...PEER, tenantSlug: "acme" }],
  ["agent-01.dc1.serviceradar.serviceradar", PEER],
];

for (const [name, value] of NAMES) {
  test(`common name ${name} is read`, () => {
    assert.deepEqual(parseCommonName(name), { ok: true, value });
  });
}

const BAD_NAMES = [
  "",
  "agent.serviceradar",
  "a.b.c.d.serviceradar",
  "agent-01.dc1.acme",
  ".dc1.serviceradar",
  "agent-01..serviceradar",
  "agent 01.dc1.serviceradar",
  "agent-01.dc1.Acme.serviceradar",
  "agent-01.dc1.platform.serviceradar",
];

for (const name of BAD_NAMES) {
  test(`common name "${name}" is refused`, () => {
    assert.equal(parseCommonName(name).ok, false);
  });
}

test("a SPIFFE id of either generation is read, whatever its trust domain", () => {
  assert.deepEqual(parseSpiffeId("spiffe://serviceradar.local/agent/dc1/agent-01"), {
    ok: true,
    value: { ...PEER, componentType: "agent" },
  });
  assert.deepEqual(parseSpiffeId("spiffe://elsewhere/sync/acme/dc1/agent-01"), {
    ok: true,
    value: { ...PEER, tenantSlug: "acme", componentType: "sync" },
  });
});

test("a component type of its own is told apart from none", () => {
  const parsed = parseSpiffeId("spiffe://serviceradar.local/toaster/dc1/agent-01");
  assert.equal(parsed.ok && parsed.value.componentType, "unknown");
});

for (const id of [
  "spiffe://serviceradar.local/agent/agent-01",
  "spiffe://serviceradar.local/agent/a/b/c/d",
  "spiffe:///agent/dc1/agent-01",
  "spiffe://serviceradar.local/agent//agent-01",
  "https://serviceradar.local/agent/dc1/agent-01",
]) {
  test(`SPIFFE id ${id} is refused`, () => {
    assert.equal(parseSpiffeId(id).ok, false);
  });
}

test("a certificate without SPIFFE id has no component type", () => {
  assert.deepEqual(parsePeerName("agent-01.dc1.serviceradar", ["https://example.org/"]), {
    ok: true,
    value: PEER,
  });
});

test("common name and SPIFFE id complete each other", () => {
  const uris = ["spiffe://serviceradar.local/agent/acme/dc1/agent-01"];
  assert.deepEqual(parsePeerName("agent-01.dc1.serviceradar", uris), {
    ok: true,
    value: { ...PEER, tenantSlug: "acme", componentType: "agent" },
  });
});

for (const uri of [
  "spiffe://serviceradar.local/agent/acme/dc1/agent-02",
  "spiffe://serviceradar.local/agent/acme/dc2/agent-01",
  "spiffe://serviceradar.local/agent/globex/dc1/agent-01",
]) {
  test(`${uri} beside another common name is refused`, () => {
    assert.equal(parsePeerName("agent-01.dc1.acme.serviceradar", [uri]).ok, false);
  });
}

test("two SPIFFE ids in one certificate are refused", () => {
  const uri = "spiffe://serviceradar.local/agent/dc1/agent-01";
  assert.equal(parsePeerName("agent-01.dc1.serviceradar", [uri, uri]).ok, false);
});
