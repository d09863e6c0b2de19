import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { netboxSource } from "../../src/sources/netbox.ts";
import type { SourceDevice } from "../../src/sources/source.ts";
import { plainFleet, type NetboxDevice } from "../fakes/netbox-fleet.ts";
import {
  startNetboxFake,
  type NetboxFake,
  type NetboxFakeOptions,
} from "../fakes/netbox-server.ts";
import { failureOf, pull, pullChanges, type Changes } from "../support/pull.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";

type Config = ReturnType<typeof sourceConfig>;

function configOf({ url, token }: NetboxFake): Config {
  const credentials = secrets({ api_token: token });
  return sourceConfig({ type: "netbox", endpoint: url, credentials, pageSize: 7 });
}

function nativeIds(devices: readonly SourceDevice[]): readonly string[] {
  return devices.map(({ metadata }) => metadata["integration_id"] ?? "").toSorted();
}

/** A fake with 30 devices and 9 virtual machines, read once; gives a way to read what changed since. */
async function readOnce(
  options: Partial<NetboxFakeOptions> = {},
): Promise<AsyncDisposable & { readonly fake: NetboxFake; changes(): Promise<Changes> }> {
  const fake = await startNetboxFake({
    fleet: plainFleet(30),
    vms: plainFleet(9, 201),
    ...options,
  });
  const first = await pull(netboxSource, configOf(fake));
  const mark = first.pages[0]?.mark ?? "";
  return {
    fake,
    changes: () => pullChanges(netboxSource, configOf(fake), { mark }),
    [Symbol.asyncDispose]: fake.close,
  };
}

test("netbox changes: where nothing happened nothing is read again, and a new mark is given", async () => {
  await using read = await readOnce();
  const { devices, gone, mark } = await read.changes();
  assert.deepEqual([devices, gone], [[], []]);
  assert.ok(mark !== undefined && !Number.isNaN(Date.parse(mark)));
});

for (const version of ["3.5", "4.1", "4.2", "4.6"] as const) {
  test(`netbox changes ${version}: a device comes again for its own row, its interfaces, MACs and addresses`, async () => {
    await using read = await readOnce({ version });
    const { fake } = read;
    fake.editDevice(3, { name: "renamed" });
    fake.editDevice(5, { ips: ["10.9.9.9"] });
    fake.editDevice(8, { macs: ["00:1B:C8:00:00:AA", "00:1B:C8:00:00:AB", "00:1B:C8:00:00:AC"] });
    fake.editDevice(11, { ips: [] });
    fake.editDevice(12, { macs: [] });
    fake.vms.edit(2, { ips: ["10.9.9.8"] });
    const added = fake.addDevice();
    const { devices, gone } = await read.changes();
    const expected = ["3", "5", "8", "11", "12", "vm-2", String(added)];
    assert.deepEqual(nativeIds(devices), expected.toSorted());
    assert.deepEqual(gone, []);
    const full = await pull(netboxSource, configOf(fake));
    for (const device of devices) {
      const [id] = nativeIds([device]);
      assert.deepEqual(
        device,
        full.devices.find((other) => nativeIds([other])[0] === id),
      );
    }
  });
}

test("netbox changes: what was deleted is told by its ids alone", async () => {
  await using read = await readOnce();
  read.fake.deleteDevice(4);
  read.fake.vms.delete(6);
  const { devices, gone } = await read.changes();
  // Others may come again: an id in the log may be that of an interface of either kind.
  assert.ok(!nativeIds(devices).some((id) => ["4", "vm-6"].includes(id)));
  assert.deepEqual(gone, [
    { metadata: { integration_type: "netbox", netbox_device_id: "4", integration_id: "4" } },
    { metadata: { integration_type: "netbox", netbox_vm_id: "6", integration_id: "vm-6" } },
  ]);
});

test("netbox changes: without a right to the change log changes come, and nothing is called gone", async () => {
  await using read = await readOnce({ denied: ["core/object-changes"] });
  read.fake.deleteDevice(4);
  read.fake.editDevice(5, { serial: "S-1" });
  const { devices, gone } = await read.changes();
  assert.deepEqual([nativeIds(devices), gone], [["5"], []]);
});

for (const name of ["last_updated__gte", "time_after", "id"]) {
  test(`netbox changes: a server that ignores ${name} cannot tell what changed`, async () => {
    await using read = await readOnce({ ignored: [name] });
    read.fake.editDevice(5, { serial: "S-1", ips: ["10.9.9.7"] });
    // An old entry of the log, which the filter would hide.
    const realNow = Date.now;
    Date.now = () => Date.UTC(2024, 0, 1);
    read.fake.editDevice(6, { serial: "S-2" });
    Date.now = realNow;
    assert.equal((await failureOf(read.changes())).code, "changes_unknown");
  });
}

test("netbox changes: a token that ends in the middle is auth, not a source without a change log", async () => {
  await using read = await readOnce();
  const { fake } = read;
  await using ended = await startNetboxFake({ fleet: plainFleet(3), expiresAfter: 0 });
  const mark = new Date(Date.now()).toISOString();
  const failed = pullChanges(netboxSource, { ...configOf(fake), endpoint: ended.url }, { mark });
  assert.equal((await failureOf(failed)).code, "auth");
});

type Step =
  | { readonly do: "read" }
  | { readonly do: "add" | "add_vm" }
  | { readonly do: "delete" | "delete_vm"; readonly id: number }
  | {
      readonly do: "edit" | "edit_vm";
      readonly id: number;
      readonly change: Partial<NetboxDevice>;
    };

const id = fc.integer({ min: 1, max: 9 });
const octet = fc.integer({ min: 1, max: 250 });
const ips = fc.array(
  octet.map((last) => `10.7.7.${last}`),
  { maxLength: 3 },
);
const macs = fc.array(
  octet.map((last) => `00:1B:77:00:00:${hex(last)}`),
  { maxLength: 3 },
);
const change: fc.Arbitrary<Partial<NetboxDevice>> = fc.oneof(
  octet.map((n) => ({ name: `host-${n}` })),
  ips.map((list) => ({ ips: [...new Set(list)] })),
  macs.map((list) => ({ macs: [...new Set(list)] })),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>({ do: "read" }, { do: "read" }, { do: "add" }, { do: "add_vm" }),
  fc.record({ do: fc.constantFrom("delete" as const, "delete_vm" as const), id }),
  fc.record({ do: fc.constantFrom("edit" as const, "edit_vm" as const), id, change }),
);

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}

test("netbox changes: after every delta the inventory is what a full reading would give", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      await using fake = await startNetboxFake({ fleet: plainFleet(9), vms: plainFleet(4, 201) });
      const first = await pull(netboxSource, configOf(fake));
      const inventory = new Map(first.devices.map((device) => [nativeIds([device])[0], device]));
      let mark = first.pages[0]?.mark ?? "";
      for (const taken of [...steps, { do: "read" } as const]) {
        if (taken.do !== "read") {
          apply(fake, taken);
          continue;
        }
        const read = await pullChanges(netboxSource, configOf(fake), { mark });
        for (const device of read.devices) inventory.set(nativeIds([device])[0], device);
        for (const device of read.gone) inventory.delete(nativeIds([device])[0]);
        mark = read.mark ?? mark;
        const full = await pull(netboxSource, configOf(fake));
        const expected = new Map(full.devices.map((device) => [nativeIds([device])[0], device]));
        assert.deepEqual(inventory, expected);
      }
    }),
    { numRuns: 15 },
  );
});

function apply(fake: NetboxFake, taken: Exclude<Step, { readonly do: "read" }>): void {
  switch (taken.do) {
    case "add":
      return void fake.addDevice();
    case "add_vm":
      return void fake.vms.add();
    case "delete":
      return fake.deleteDevice(taken.id);
    case "delete_vm":
      return fake.vms.delete(taken.id);
    case "edit":
      return fake.editDevice(taken.id, taken.change);
    case "edit_vm":
      return fake.vms.edit(taken.id, taken.change);
  }
}
