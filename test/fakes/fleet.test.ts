import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { KINDS } from "./fleet-kinds.ts";
import { createFleet, joinFleets, sliceFleet, type Fleet, type FleetDevice } from "./fleet.ts";
import { readRecordedFleet } from "./recorded-fleet.ts";

const RECORDED = fileURLToPath(new URL("../recorded/netbox-4.6.8", import.meta.url));
const DEVICES = 5_000;
const fleet = createFleet({ seed: 42, devices: DEVICES });

function all(from: Fleet): readonly FleetDevice[] {
  return Array.from({ length: from.size }, (_, index) => from.device(index));
}

function assertUnique(values: readonly string[], what: string): void {
  assert.equal(new Set(values).size, values.length, what);
}

test("no two devices of a fleet share a name, serial, asset tag, MAC or IP", () => {
  const devices = all(fleet);
  assertUnique(
    devices.map(({ name }) => name),
    "name",
  );
  assertUnique(
    devices.map(({ serial }) => serial),
    "serial",
  );
  assertUnique(
    devices.map(({ assetTag }) => assetTag),
    "asset tag",
  );
  assertUnique(
    devices.flatMap(({ macs }) => macs),
    "MAC",
  );
  assertUnique(
    devices.flatMap(({ ips }) => ips),
    "IP",
  );
});

test("every kind of device occurs, with one to four MACs and one to three private IPs", () => {
  const devices = all(fleet);
  assert.deepEqual(
    new Set(devices.map(({ role }) => role)),
    new Set(KINDS.map(({ role }) => role)),
  );
  for (const { macs, ips } of devices) {
    assert.ok(macs.length >= 1 && macs.length <= 4);
    assert.ok(ips.length >= 1 && ips.length <= 3);
    assert.ok(ips.every((ip) => ip.startsWith("10.")));
  }
});

test("MACs are global ones: neither multicast nor locally administered", () => {
  for (const mac of all(fleet).flatMap(({ macs }) => macs)) {
    assert.equal(Number.parseInt(mac.slice(0, 2), 16) & 0x03, 0, mac);
  }
});

test("a seed makes the same devices again, whatever the size of the fleet", () => {
  const larger = createFleet({ seed: 42, devices: 2_000_000 });
  assert.deepEqual(larger.device(4_321), fleet.device(4_321));
  assert.notDeepEqual(createFleet({ seed: 43, devices: 10 }).device(7), fleet.device(7));
  assert.match(larger.device(1_999_999).ips[0] ?? "", /^10\.\d+\.\d+\.\d+$/);
});

test("another day moves the addresses of what roams, and nothing else", () => {
  const tomorrow = all(createFleet({ seed: 42, devices: DEVICES, day: 1 }));
  const roams = new Set(KINDS.filter((kind) => kind.roams).map(({ role }) => role));
  for (const [index, { ips, ...rest }] of tomorrow.entries()) {
    const { ips: before, ...restBefore } = fleet.device(index);
    assert.deepEqual(rest, restBefore);
    assert.equal(ips[0] !== before[0], roams.has(rest.role));
  }
  assertUnique(
    tomorrow.flatMap(({ ips }) => ips),
    "IP of tomorrow",
  );
});

test("slices of one fleet share the devices in which they overlap", () => {
  const netbox = sliceFleet(fleet, 0, 800);
  const armis = sliceFleet(fleet, 600, 1_000);
  const serials = new Set(all(netbox).map(({ serial }) => serial));
  assert.equal(all(armis).filter(({ serial }) => serials.has(serial)).length, 200);
  assert.deepEqual(armis.device(0), netbox.device(600));
});

test("joined fleets are numbered through", () => {
  const joined = joinFleets(sliceFleet(fleet, 5, 10), sliceFleet(fleet, 50, 60));
  assert.deepEqual(
    all(joined).map(({ id }) => id),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  );
  assert.equal(joined.device(5).serial, fleet.device(50).serial);
});

test("the recorded NetBox devices are a fleet that shares no value with a generated one", () => {
  const recorded = readRecordedFleet(RECORDED);
  assert.equal(recorded.size, 2_999);
  const devices = all(recorded);
  assert.deepEqual(devices[1]?.macs, ["02:00:00:00:00:02", "02:00:00:00:00:03"]);
  assert.deepEqual(devices[1]?.ips, ["10.0.0.3", "10.0.0.4"]);
  assert.equal(devices.filter(({ serial }) => serial === "").length, 429);
  assert.equal(devices.filter(({ name }) => name === "").length, 4);
  assertUnique(
    [...devices, ...all(fleet)].flatMap(({ macs }) => macs),
    "MAC",
  );
  assertUnique(
    [...devices, ...all(fleet)].flatMap(({ ips }) => ips),
    "IP",
  );
});
