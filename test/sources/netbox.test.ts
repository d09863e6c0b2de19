import assert from "node:assert/strict";
import { test } from "node:test";

import { netboxSource } from "../../src/sources/netbox.ts";
import type { SourceDevice } from "../../src/sources/source.ts";
import { plainFleet } from "../fakes/netbox-fleet.ts";
import {
  startNetboxFake,
  type NetboxFake,
  type NetboxFakeOptions,
} from "../fakes/netbox-server.ts";
import { NETBOX_VERSIONS } from "../fakes/netbox-shapes.ts";
import { failureOf, pull, type Pulled } from "../support/pull.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";

for (const version of NETBOX_VERSIONS) {
  test(`netbox ${version}: every device and virtual machine comes with its own MACs and addresses`, async () => {
    const fleet = plainFleet(60);
    const vms = plainFleet(12, 201);
    await using fake = await startNetboxFake({ version, fleet, vms, chassis: 10 });
    const { devices } = await pullFrom(fake, { pageSize: 25 });
    assert.equal(devices.length, fleet.size + vms.size);
    for (const device of devices) {
      const { metadata } = device;
      const vmId = metadata["netbox_vm_id"];
      const truth =
        vmId === undefined
          ? fleet.device(Number(metadata["netbox_device_id"]) - 1)
          : vms.device(Number(vmId) - 1);
      assert.equal(device.hostname ?? "", truth.name);
      assert.equal(device.ip, truth.ips[0]);
      assert.deepEqual(words(metadata["all_macs"]).toSorted(), truth.macs.toSorted());
      assert.deepEqual(words(metadata["all_ips"]), truth.ips);
      assert.equal(
        metadata["integration_id"],
        vmId === undefined ? metadata["netbox_device_id"] : `vm-${vmId}`,
      );
      assert.equal(device.isAvailable, undefined);
    }
    assert.ok(!JSON.stringify(devices).includes("hunter2"));
  });
}

test("netbox: a virtual machine never looks like the device with its number", async () => {
  await using fake = await startFake(3, { vms: plainFleet(3, 201) });
  const { devices } = await pullFrom(fake);
  const ids = (key: string): readonly string[] =>
    devices.flatMap(({ metadata }) => metadata[key] ?? []);
  assert.deepEqual(ids("netbox_device_id"), ["1", "2", "3"]);
  assert.deepEqual(ids("netbox_vm_id"), ["1", "2", "3"]);
  assert.equal(new Set(ids("integration_id")).size, 6);
});

test("netbox: every run says the same, byte for byte", async () => {
  await using fake = await startFake(40, { vms: plainFleet(5, 201) });
  const [first, second] = [await pullFrom(fake), await pullFrom(fake, { pageSize: 7 })];
  assert.equal(JSON.stringify(first.devices), JSON.stringify(second.devices));
});

test("netbox: a page of devices costs a few requests, whatever their number", async () => {
  await using fake = await startFake(1_000, { latencyMs: 10 });
  await pullFrom(fake, { pageSize: 500 });
  assert.ok(fake.stats.requests <= 20, `${fake.stats.requests} requests for 1,000 devices`);
  // Three of a page's joins, and the page behind it.
  assert.ok(fake.stats.inFlightMax <= 4, `${fake.stats.inFlightMax} at a time`);
});

test("netbox: long ids make more requests, not longer ones than a server takes", async () => {
  await using fake = await startFake(10_000_000);
  const { devices } = await pullFrom(fake, {}, "device:9999600");
  assert.equal(devices.length, 400);
  assert.ok(devices.every(({ mac }) => mac !== undefined));
  assert.ok(fake.stats.urlCharsMax < 3_500, `${fake.stats.urlCharsMax} characters`);
});

for (const name of ["ordering", "id__gt", "id__lte", "device_id", "interface_id"]) {
  test(`netbox: a server that ignores ${name} is found out instead of believed`, async () => {
    await using fake = await startFake(60, { ignored: [name] });
    const error = await failureOf(pullFrom(fake, { pageSize: 20 }));
    assert.equal(error.code, "filter_ignored");
    assert.equal(error.retry, "permanent");
    assert.match(error.message, new RegExp(name));
    assert.ok(fake.stats.requests < 20, `${fake.stats.requests} requests`);
  });
}

test("netbox: a list that calls its first page the last is read to the end by its count", async () => {
  await using fake = await startFake(60, { losesNext: true });
  assert.equal((await pullFrom(fake, { pageSize: 20 })).devices.length, 60);
});

test("netbox: devices that come and go between pages disturb no other", async () => {
  const onRequest: NetboxFakeOptions["onRequest"] = ({ path, query }, running) => {
    if (path !== "dcim/devices" || query.get("id__gt") !== "40") return;
    for (const id of [3, 30, 50, 51]) running.deleteDevice(id);
    running.addDevice();
  };
  await using fake = await startFake(100, { onRequest });
  const { devices } = await pullFrom(fake, { pageSize: 20 });
  const ids = devices.map(({ metadata }) => Number(metadata["netbox_device_id"]));
  const wanted = Array.from({ length: 101 }, (_, index) => index + 1);
  assert.deepEqual(
    ids,
    wanted.filter((id) => id !== 50 && id !== 51),
  );
});

for (const version of ["3.5", "3.7"] as const) {
  test(`netbox ${version}: a device deleted before its interfaces are asked for takes no other's along`, async () => {
    let isDeleted = false;
    const onRequest: NetboxFakeOptions["onRequest"] = ({ path }, running) => {
      if (path !== "dcim/interfaces" || isDeleted) return;
      isDeleted = true;
      for (const id of [7, 18]) running.deleteDevice(id);
    };
    await using fake = await startFake(20, { version, onRequest });
    const { devices } = await pullFrom(fake);
    const bare = devices.filter(({ mac }) => mac === undefined);
    assert.equal(devices.length, 20);
    assert.deepEqual(bare.map(nativeId), ["7", "18"]);
  });
}

test("netbox: a list that loses its end is not a complete one", async () => {
  const onRequest: NetboxFakeOptions["onRequest"] = ({ path, query }, running) => {
    if (path !== "dcim/devices" || query.get("id__gt") !== "20") return;
    for (let id = 41; id <= 100; id += 1) running.deleteDevice(id);
  };
  await using fake = await startFake(100, { onRequest });
  const error = await failureOf(pullFrom(fake, { pageSize: 20 }));
  assert.equal(error.code, "truncated");
  assert.match(error.message, /listed 20 ids behind id 40 up to 60 and gave 0 rows/);
});

test("netbox: pages that time out at the server are asked for in halves", async () => {
  const limits: string[] = [];
  const fault: NetboxFakeOptions["fault"] = ({ path, query }) => {
    if (path !== "dcim/devices" || query.get("fields") === "id") return undefined;
    limits.push(query.get("limit") ?? "");
    return Number(query.get("limit")) > 60 ? { kind: "status", status: 504 } : undefined;
  };
  await using fake = await startFake(150, { fault });
  assert.equal((await pullFrom(fake, { pageSize: 200 })).devices.length, 150);
  assert.deepEqual(limits.slice(0, 3), ["200", "100", "50"]);
});

test("netbox: a token's kind decides its keyword", async () => {
  const second = `nbt_abcdefghijkl.${"s".repeat(40)}`;
  for (const token of [second, `Bearer ${second}`]) {
    await using fake = await startFake(2, { token: second, version: "4.5" });
    const config = sourceConfig({
      type: "netbox",
      endpoint: fake.url,
      credentials: secrets({ token }),
    });
    assert.equal((await pull(netboxSource, config)).devices.length, 2);
  }
});

test("netbox: a bad token is auth, a list that a good one may not see is permission, both 403", async () => {
  const denied = ["virtualization/virtual-machines"];
  await using fake = await startFake(2, { denied });
  const config = sourceConfig({
    type: "netbox",
    endpoint: fake.url,
    credentials: secrets({ token: "x".repeat(40) }),
  });
  const auth = await failureOf(pull(netboxSource, config));
  assert.equal(auth.code, "auth");
  assert.match(auth.message, /\/api\/dcim\/devices\/ answered 403: Invalid v1 token/);
  const permission = await failureOf(pullFrom(fake));
  assert.equal(permission.code, "permission");
  assert.match(permission.message, /virtual-machines/);
  assert.equal(fake.stats.rows["dcim/interfaces"], undefined, "found out before anything is read");
});

test("netbox: virtual machines are left alone when told so", async () => {
  const denied = ["virtualization/virtual-machines", "virtualization/interfaces"];
  await using fake = await startFake(2, { denied });
  const credentials = secrets({ api_token: fake.token, virtual_machines: "false" });
  const config = sourceConfig({ type: "netbox", endpoint: `${fake.url}/api/`, credentials });
  assert.equal((await pull(netboxSource, config)).devices.length, 2);
});

test("netbox: a token that expires meanwhile ends the pull with auth", async () => {
  await using fake = await startFake(100, { expiresAfter: 8 });
  const error = await failureOf(pullFrom(fake, { pageSize: 20 }));
  assert.deepEqual([error.code, error.retry], ["auth", "permanent"]);
  assert.match(error.message, /403: Token expired/);
});

test("netbox: a device that lives in blacklisted networks alone is left out", async () => {
  await using fake = await startFake(14);
  const credentials = secrets({ api_token: fake.token });
  const networkBlacklist = ["10.200.0.0/29"];
  const config = sourceConfig({
    type: "netbox",
    endpoint: fake.url,
    credentials,
    networkBlacklist,
  });
  const { devices, rejected } = await pull(netboxSource, config);
  // Device 4 (10.200.0.3) has an IPv6 address too.
  assert.deepEqual(devices.map(nativeId), ["4", "9", "10", "11", "12", "13", "14"]);
  assert.deepEqual(rejected, []);
});

test("netbox: a cursor of another source is refused", async () => {
  await using fake = await startFake(2);
  for (const cursor of ["", "device", "device:x", "cluster:5", '{"offset":7}']) {
    assert.equal((await failureOf(pullFrom(fake, {}, cursor))).code, "bad_data");
  }
  assert.equal(fake.stats.requests, 0);
});

test("netbox: a slow body that moves is waited for", async () => {
  await using fake = await startFake(2, { slowBodyMs: 5 });
  assert.equal((await pullFrom(fake)).devices.length, 2);
});

function startFake(devices: number, options: Partial<NetboxFakeOptions> = {}): Promise<NetboxFake> {
  return startNetboxFake({ fleet: plainFleet(devices), ...options });
}

function pullFrom(
  fake: NetboxFake,
  settings: { readonly pageSize?: number } = {},
  cursor?: string,
): Promise<Pulled> {
  const credentials = secrets({ api_token: fake.token });
  const config = sourceConfig({ type: "netbox", endpoint: fake.url, credentials, ...settings });
  return pull(netboxSource, config, cursor === undefined ? {} : { cursor });
}

function words(list: string | undefined): readonly string[] {
  return list === undefined ? [] : list.split(",");
}

function nativeId({ metadata }: SourceDevice): string | undefined {
  return metadata["integration_id"];
}
