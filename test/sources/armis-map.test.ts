import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { armisIps, toSourceDevice, type ArmisRecord } from "../../src/sources/armis-map.ts";
import type { SourceDevice } from "../../src/sources/source.ts";
import { toArmisRecord } from "../fakes/armis-record.ts";
import { createFleet } from "../fakes/fleet.ts";

function map(record: ArmisRecord, labels: readonly string[] = []): SourceDevice {
  return toSourceDevice(record, { id: 7, labels, ips: armisIps(record) });
}

const FIELDS = ["ipAddress", "ipv6", "macAddress", "name", "names", "site", "boundaries", "tags"];
const anyRecord = fc.dictionary(
  fc.constantFrom(...FIELDS, "riskLevel", "firstSeen", "operatingSystem", "serialNumber"),
  fc.oneof(fc.anything(), fc.array(fc.string()), fc.string()),
);

test("any record becomes a device whose texts are all filled and trimmed", () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const { metadata, volatile, ...top } = map(record);
      for (const [key, value] of Object.entries({ ...metadata, ...volatile, ...top })) {
        assert.equal(typeof value, "string", key);
        assert.equal(String(value).trim(), value, key);
        assert.notEqual(value, "", key);
      }
    }),
  );
});

test("a device of the fleet keeps all its addresses, MACs, name and serial", () => {
  const fleet = createFleet({ seed: 5, devices: 300 });
  for (let index = 0; index < fleet.size; index += 1) {
    const truth = fleet.device(index);
    const sighting = {
      id: index + 1,
      firstSeenMs: 1_700_000_000_000,
      lastSeenMs: 1_800_000_000_000,
    };
    const { ip, mac, hostname, metadata } = map(toArmisRecord(truth, sighting));
    assert.deepEqual([ip, mac, hostname], [truth.ips[0], truth.macs[0], truth.name]);
    assert.equal(metadata["serial"], truth.serial);
    assert.equal(metadata["all_ips"], truth.ips.join(","));
    assert.equal(metadata["all_macs"] ?? mac, truth.macs.join(","));
    assert.equal(metadata["os"] ?? "", truth.os);
  }
});

test("neither integration_id nor is_available is claimed", () => {
  const device = map({ name: "x", ipAddress: "10.0.0.1" });
  assert.equal(device.metadata["integration_id"], undefined);
  assert.equal(device.isAvailable, undefined);
});

test("the labels of all queries that found a device are joined", () => {
  assert.equal(map({}, ["ot", "corp"]).metadata["query_label"], "ot,corp");
  assert.equal(map({}, []).metadata["query_label"], undefined);
});

const OS: readonly [unknown, unknown, string | undefined][] = [
  ["Windows", "10", "Windows 10"],
  ["Windows 10", "10", "Windows 10"],
  ["Linux", null, "Linux"],
  [null, "10", undefined],
  ["Unknown", "1", undefined],
];

for (const [name, version, os] of OS) {
  test(`operating system ${String(name)} of version ${String(version)} is ${String(os)}`, () => {
    const record = { operatingSystem: name, operatingSystemVersion: version };
    assert.equal(map(record).metadata["os"], os);
  });
}
