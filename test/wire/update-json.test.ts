import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { parseDeviceUpdate, type DeviceUpdate } from "../../src/model/device-update.ts";
import { formatDeviceUpdate } from "../../src/wire/update-json.ts";

/** Text as parseDeviceUpdate leaves it: trimmed, not empty, without NUL. */
const anyText = fc
  .string({ unit: "binary", minLength: 1, maxLength: 40 })
  .map((text) => text.replaceAll("\0", "").trim())
  .filter((text) => text !== "");
const anyKey = fc.string({ minLength: 1, maxLength: 20 }).filter((key) => key !== "__proto__");

const anyUpdate: fc.Arbitrary<DeviceUpdate> = fc.record(
  {
    deviceId: anyText,
    ip: fc.ipV4(),
    mac: anyText,
    hostname: anyText,
    source: anyText,
    partition: anyText,
    agentId: anyText,
    gatewayId: anyText,
    timestampMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    isAvailable: fc.boolean(),
    metadata: fc.dictionary(anyKey, anyText, { noNullPrototype: true }),
    volatile: fc.dictionary(anyKey, anyText, { noNullPrototype: true, minKeys: 1 }),
    syncMeta: fc.record({ syncRunId: fc.uuid(), chunkIndex: fc.nat() }, { noNullPrototype: true }),
  },
  { requiredKeys: ["source", "timestampMs", "metadata"], noNullPrototype: true },
);

test("an update written and parsed again is the same update", () => {
  fc.assert(
    fc.property(anyUpdate, (update) => {
      const parsed = parseDeviceUpdate(JSON.parse(formatDeviceUpdate(update)), 0);
      assert.deepEqual(parsed, { ok: true, value: update });
    }),
  );
});

test("members stand in one order, and what is absent is left out", () => {
  const update = {
    volatile: { armis_last_seen: "2026-01-02T03:00:00.000Z" },
    metadata: { netbox_device_id: "7" },
    timestampMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    source: "netbox",
    ip: "192.0.2.7",
  };
  assert.equal(
    formatDeviceUpdate(update),
    '{"ip":"192.0.2.7","source":"netbox","timestamp":"2026-01-02T03:04:05.006Z","metadata":{"netbox_device_id":"7"},"volatile":{"armis_last_seen":"2026-01-02T03:00:00.000Z"}}',
  );
});
