/** What joins two records and what keeps them apart, one principle a test. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { canonicalId, derivedId } from "../../src/model/canonical-id.ts";
import { resolveInMemory } from "../support/dire-in-memory.ts";

const START_MS = Date.UTC(2026, 2, 2, 8);
const DAY_MS = 86_400_000;

/** What a source says of a device; on which days it says so. */
interface Said {
  readonly source: "agent" | "armis" | "servicenow" | "netbox" | "mapper";
  readonly id?: string;
  readonly instance?: string;
  readonly partition?: string;
  readonly days?: readonly number[];
  readonly hour?: number;
  readonly host?: string;
  readonly mac?: string;
  readonly macs?: string;
  readonly ip?: string;
  readonly serial?: string;
  readonly asset?: string;
  readonly model?: string;
  readonly vendor?: string;
}

const ID_KEYS = {
  agent: ["agent_id"],
  armis: ["armis_device_id"],
  servicenow: ["integration_id"],
  netbox: ["integration_id", "netbox_device_id"],
  mapper: [],
} as const;

/** Devices as sets of what was said of them: "0 1 | 2" where the first two are one. */
function devices(...said: readonly Said[]): string {
  const told = said.flatMap((one, no) =>
    (one.days ?? [0]).map((day) => ({ no, ...wire(one, day) })),
  );
  const { ids } = resolveInMemory(told);
  const byId = Map.groupBy(told.keys(), (i) => ids[i]);
  return [...byId.values()]
    .map((lines) => [...new Set(lines.map((i) => told[i]?.no))].join(" "))
    .join(" | ");
}

function wire(one: Said, day: number): { readonly text: string; readonly instance: string } {
  const { source, id, host, mac, macs, ip, serial, asset, model, vendor } = one;
  const metadata = {
    ...Object.fromEntries(ID_KEYS[source].map((key) => [key, id])),
    ...(source === "mapper" ? { identity_mac_kind: "primary" } : {}),
    all_macs: macs,
    serial,
    asset_tag: asset,
    model,
    manufacturer: vendor,
  };
  const timestamp = new Date(START_MS + day * DAY_MS + (one.hour ?? 0) * 3_600_000).toISOString();
  const update = { source, partition: one.partition, timestamp, hostname: host, mac, ip, metadata };
  return { text: JSON.stringify(update), instance: one.instance ?? source };
}

const DOCK = "00:E0:4C:68:00:01";
const MAC_A = "3C:97:0E:11:22:01";
const MAC_B = "3C:97:0E:11:22:02";

test("a serial number joins what two sources say, however it is typed", () => {
  const netbox = { source: "netbox", id: "1", serial: "JPE1O07I2" } as const;
  assert.equal(devices(netbox, { source: "armis", id: "7", serial: " jpe100712" }), "0 1");
  assert.equal(devices(netbox, { source: "armis", id: "7", serial: "JPE1007X2" }), "0 | 1");
});

test("fillers join nothing, listed or not", () => {
  for (const serial of [
    "To Be Filled By O.E.M.",
    "0",
    "None",
    "0000000",
    "System Serial Number",
    "N/A",
  ]) {
    assert.equal(
      devices({ source: "netbox", id: "1", serial }, { source: "armis", id: "7", serial }),
      "0 | 1",
      serial,
    );
  }
});

test("a MAC alone joins nothing, with a second agreement it does", () => {
  const netbox = { source: "netbox", id: "1", mac: MAC_A } as const;
  assert.equal(devices(netbox, { source: "armis", id: "7", mac: MAC_A }), "0 | 1");
  const model = { model: "R740", vendor: "Dell" };
  assert.equal(
    devices({ ...netbox, ...model }, { source: "armis", id: "7", mac: MAC_A, ...model }),
    "0 1",
  );
  assert.equal(
    devices({ ...netbox, host: "db-1" }, { source: "armis", id: "7", mac: MAC_A, host: "db-2" }),
    "0 | 1",
  );
});

test("MACs of protocols, groups and container networks are nobody's", () => {
  const model = { model: "ISR4451", vendor: "Cisco" };
  for (const mac of [
    "00:00:5E:00:01:0A",
    "00:00:0C:07:AC:01",
    "00:00:0C:9F:F0:01",
    "02:42:AC:11:00:02",
    "01:00:5E:00:00:01",
  ]) {
    assert.equal(
      devices(
        { source: "netbox", id: "1", mac, ...model },
        { source: "armis", id: "7", mac, ...model },
      ),
      "0 | 1",
      mac,
    );
  }
});

test("a random MAC alone joins nothing", () => {
  const [mac, days] = ["A6:11:22:33:44:55", [0, 1]];
  assert.equal(
    devices({ source: "armis", id: "7", mac, days }, { source: "servicenow", id: "8", mac, days }),
    "0 | 1",
  );
});

test("every MAC of a list counts, wherever the other source has it", () => {
  assert.equal(
    devices(
      { source: "netbox", id: "1", host: "esx-1", macs: `${MAC_A},${MAC_B}` },
      { source: "armis", id: "7", host: "ESX-1.example.net", mac: MAC_B },
    ),
    "0 1",
  );
});

test("a dock that is handed on joins no two laptops", () => {
  const days = [0, 1, 2, 3];
  assert.equal(
    devices(
      { source: "armis", id: "1", host: "lt-1", mac: DOCK, days },
      { source: "armis", id: "2", host: "lt-2", mac: DOCK, days },
      { source: "servicenow", id: "a", host: "lt-1", serial: "D00A1", mac: DOCK, days },
      { source: "servicenow", id: "b", host: "lt-2", serial: "D00B2", mac: DOCK, days },
    ),
    "0 2 | 1 3",
  );
});

test("what joined yesterday is parted by what is learnt today", () => {
  const first = [
    { source: "armis", id: "1", mac: DOCK, model: "T14", vendor: "Lenovo", days: [0] },
    { source: "servicenow", id: "b", mac: DOCK, model: "T14", vendor: "Lenovo", days: [0] },
  ] as const;
  assert.equal(devices(...first), "0 1");
  const later = [
    {
      source: "armis",
      id: "1",
      host: "lt-1",
      mac: DOCK,
      model: "T14",
      vendor: "Lenovo",
      days: [1],
    },
    {
      source: "servicenow",
      id: "b",
      host: "lt-2",
      mac: DOCK,
      model: "T14",
      vendor: "Lenovo",
      days: [1],
    },
  ] as const;
  assert.equal(devices(...first, ...later), "0 2 | 1 3");
});

test("clones of one machine under a template's name and serial stay as many", () => {
  const clone = {
    host: "win2019-golden",
    serial: "VMware-42 1a",
    model: "VMware7,1",
    vendor: "VMware, Inc.",
  };
  const days = [0, 1];
  assert.equal(
    devices(
      { source: "armis", id: "1", mac: "00:0C:29:00:00:01", ...clone, days },
      { source: "armis", id: "2", mac: "00:0C:29:00:00:02", ...clone, days },
      { source: "netbox", id: "vm-1", mac: "00:0C:29:00:00:01", ...clone, days },
      { source: "netbox", id: "vm-2", mac: "00:0C:29:00:00:02", ...clone, days },
    ),
    "0 2 | 1 3",
  );
  const unnumbered = { host: "golden", model: "KVM", vendor: "QEMU", days };
  assert.equal(
    devices(
      { source: "armis", id: "1", mac: "52:54:00:00:00:01", ...unnumbered },
      { source: "armis", id: "2", mac: "52:54:00:00:00:02", ...unnumbered },
    ),
    "0 | 1",
  );
});

test("wired and wireless rows of one sensor are one laptop under its name, two laptops under two", () => {
  const row = { source: "armis", days: [0, 1], model: "T14", vendor: "Lenovo" } as const;
  assert.equal(
    devices(
      { ...row, id: "1", host: "lt-1", mac: MAC_A },
      { ...row, id: "2", host: "lt-1", mac: MAC_B },
    ),
    "0 1",
  );
  assert.equal(
    devices(
      { ...row, id: "1", host: "lt-1", mac: MAC_A },
      { ...row, id: "2", host: "lt-2", mac: MAC_B },
    ),
    "0 | 1",
  );
});

test("a name that very many bear joins nobody", () => {
  const kiosks = Array.from(
    { length: 20 },
    (_, i) =>
      ({
        source: i % 2 === 0 ? "armis" : "servicenow",
        id: `${i}`,
        host: "kiosk",
        mac: `3C:97:0E:00:00:${String(10 + Math.floor(i / 2))}`,
      }) as const,
  );
  assert.equal(devices(...kiosks).split(" | ").length, 20);
});

test("a leased address joins nothing; one that both held for three days does, with whatever else agrees", () => {
  const a = { source: "netbox", id: "1", ip: "10.0.0.5", model: "M404", vendor: "HP" } as const;
  const b = { source: "armis", id: "7", ip: "10.0.0.5", model: "M404", vendor: "HP" } as const;
  assert.equal(devices({ ...a, days: [0, 1] }, { ...b, days: [0, 1] }), "0 | 1");
  assert.equal(devices({ ...a, days: [0, 1, 2] }, { ...b, days: [0, 1, 2] }), "0 1");
  assert.equal(devices({ ...a, days: [0, 1, 2] }, { ...b, days: [3, 4, 5] }), "0 | 1");
});

test("an address that one source shows on two machines for days speaks for neither", () => {
  const days = [0, 1, 2, 3];
  const node = { ip: "10.0.0.9", model: "R740", vendor: "Dell", days } as const;
  assert.equal(
    devices(
      { source: "armis", id: "1", mac: MAC_A, ...node },
      { source: "armis", id: "2", mac: MAC_B, ...node },
      { source: "netbox", id: "9", ...node },
    ),
    "0 | 1 | 2",
  );
});

test("the collector is never the device: a polled router is no part of its poller", () => {
  const polled = { source: "mapper", host: "rtr-1", mac: MAC_A, ip: "10.0.0.1" } as const;
  const poller = { source: "agent", id: "agent-7", host: "poller-1", mac: MAC_B } as const;
  const { ids } = resolveInMemory(
    [wire(polled, 0), wire(poller, 0)].map(({ text, instance }) => ({
      text: JSON.stringify({ ...(JSON.parse(text) as object), agent_id: "agent-7" }),
      instance,
    })),
  );
  assert.notEqual(ids[0], ids[1]);
});

test("one number in two sources, instances or partitions names several devices", () => {
  assert.equal(
    devices(
      { source: "netbox", id: "42", serial: "AAA111" },
      { source: "servicenow", id: "42", serial: "BBB222" },
      { source: "netbox", id: "42", instance: "netbox-2", serial: "CCC333" },
      { source: "netbox", id: "42", partition: "site-b", serial: "AAA111" },
    ),
    "0 | 1 | 2 | 3",
  );
});

test("an id that a source gives to another machine splits its record, a new name or board does not", () => {
  const old = {
    source: "netbox",
    id: "5",
    host: "sw-1",
    serial: "FOC1",
    mac: MAC_A,
    ip: "10.0.0.5",
    days: [0],
  } as const;
  const other = {
    source: "netbox",
    id: "5",
    host: "sw-9",
    serial: "FOC9",
    mac: MAC_B,
    ip: "10.0.0.9",
    days: [1],
  } as const;
  assert.equal(devices(old, other), "0 | 1");
  assert.equal(devices(old, { ...old, host: "sw-9", days: [1] }), "0 1");
  assert.equal(devices({ ...old, asset: "IT-100" }, { ...other, asset: "IT-100" }), "0 1");
  const nameless = { source: "armis", id: "5", ip: "10.0.0.5" } as const;
  assert.equal(
    devices({ ...nameless, host: "template", days: [0] }, { ...nameless, host: "vm-5", days: [1] }),
    "0 1",
  );
});

test("a name that was handed on after its bearer was gone joins no two machines", () => {
  assert.equal(
    devices(
      { source: "armis", id: "1", host: "lt-1", mac: MAC_A, days: [0] },
      { source: "servicenow", id: "b", host: "lt-1", mac: MAC_B, days: [9] },
    ),
    "0 | 1",
  );
});

test("a sensor's display name is no other host name, a phone is known by the MAC in its name", () => {
  const days = [0, 1, 2];
  assert.equal(
    devices(
      {
        source: "netbox",
        id: "1",
        host: "fw-1",
        ip: "10.0.0.1",
        model: "200F",
        vendor: "Fortinet",
        days,
      },
      {
        source: "armis",
        id: "7",
        host: "Fortinet 200F #9",
        ip: "10.0.0.1",
        model: "200F",
        vendor: "Fortinet",
        days,
      },
    ),
    "0 1",
  );
  assert.equal(
    devices(
      { source: "netbox", id: "1", host: "SEP805EC075BCD7", model: "T54W", vendor: "Yealink" },
      { source: "armis", id: "7", mac: "80:5E:C0:75:BC:D7", model: "T54W", vendor: "Yealink" },
    ),
    "0 1",
  );
});

test("records whose rule gives one id have two ids, in whatever order they came", () => {
  const first = {
    source: "armis",
    id: "123",
    mac: "AA:BB:CC:DD:EE:FF",
    instance: "armis-1",
    hour: 0,
  } as const;
  const second = { ...first, instance: "armis-2", hour: 1 };
  for (const said of [
    [first, second],
    [second, first],
  ]) {
    const { ids } = resolveInMemory(said.map((one) => wire(one, 0)));
    const input = "default:armis:123mac:AABBCCDDEEFF";
    const key = { partition: "default", instance: "armis-2", kind: "armis", native: "123" };
    assert.equal(ids[said.indexOf(first)], "sr:a4856f70-c38b-4f59-bfee-ce39e057e312");
    assert.equal(ids[said.indexOf(first)], canonicalId(input));
    assert.equal(ids[said.indexOf(second)], derivedId(input, key));
  }
});
