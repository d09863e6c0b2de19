import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  canonicalId,
  derivedId,
  idRuleInput,
  parseCanonicalId,
} from "../../src/model/canonical-id.ts";

/** Published vectors of the original's rule: inputs, and the id it gives. */
const VECTORS = [
  [{ partition: "default", armisDeviceId: "12345" }, "sr:77cfe58d-b93a-4cf3-9248-958aba3be753"],
  [{ partition: "default", mac: "00:1b:44:11:22:33" }, "sr:14699b18-9f69-48d1-b181-317957602f65"],
  [{ partition: "default", agentId: "agent-01" }, "sr:dd11c4c6-74c9-41d8-9a1c-36ff7794d7ce"],
  [
    { partition: "default", armisDeviceId: "12345", mac: "001B.4411.2233" },
    "sr:7f7d3066-fdc7-4b26-bf35-9d65190b148b",
  ],
  [
    { partition: "site-a", integrationId: "77", netboxDeviceId: "77" },
    "sr:733bedbe-fc6b-4e78-b6d4-ae27787e2ead",
  ],
  [
    { partition: "default", integrationId: "42", netboxDeviceId: "42", mac: "3c-97-0e-0a-0b-0c" },
    "sr:3b26c093-b5f2-47ed-82f6-a38265649c58",
  ],
  [
    { partition: "dc1", netboxDeviceId: "42", mac: "3C970E0A0B0C" },
    "sr:13b96a4a-3736-45f0-80cf-c366363a3e58",
  ],
  [
    { partition: "default", agentId: "agent-01", armisDeviceId: "12345" },
    "sr:85bbdc5c-9418-4555-930f-b458c6cb3e36",
  ],
  [{ partition: "default", ip: "192.168.1.10" }, "sr:fcf67944-4080-4911-875b-eb06782badcf"],
  [
    { partition: "default", armisDeviceId: "1", mac: "00:1B:44:00:00:00,3C:97:0E:01:02:03" },
    "sr:c14d76dc-e994-434b-9a3a-c68408c527d9",
  ],
  [
    { partition: "default", armisDeviceId: "123", mac: "AABBCCDDEEFF" },
    "sr:a4856f70-c38b-4f59-bfee-ce39e057e312",
  ],
  [{ partition: "default", ip: "10.0.0.1" }, "sr:e0631a87-8b9f-4201-9a11-2ff7067fbb64"],
] as const;

for (const [inputs, id] of VECTORS) {
  test(`the id rule gives ${id} for ${JSON.stringify(inputs)}`, () => {
    const input = idRuleInput(inputs);
    assert.ok(input !== undefined);
    assert.equal(canonicalId(input), id);
  });
}

test("an address counts only where nothing stronger is known", () => {
  assert.equal(idRuleInput({ partition: "p", armisDeviceId: "1", ip: "10.0.0.1" }), "p:armis:1");
  assert.equal(idRuleInput({ partition: "p" }), undefined);
});

test("every id has the form of an id, also a derived one, and derived ids tell record keys apart", () => {
  const key = fc.record({
    partition: fc.string(),
    instance: fc.string(),
    kind: fc.string(),
    native: fc.string(),
  });
  fc.assert(
    fc.property(fc.string(), key, key, (input, a, b) => {
      assert.ok(parseCanonicalId(canonicalId(input)) !== undefined);
      assert.ok(parseCanonicalId(derivedId(input, a)) !== undefined);
      const hasNul = [...Object.values(a), ...Object.values(b)].some((text) => text.includes("\0"));
      const isSame = JSON.stringify(a) === JSON.stringify(b);
      if (!hasNul) assert.equal(derivedId(input, a) === derivedId(input, b), isSame);
    }),
  );
});
