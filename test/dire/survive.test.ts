/** Whose value stands: the rule of src/dire/survive.ts, one sentence a step. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { addEntry, newBatch, readEntry } from "../../src/dire/batch.ts";
import { entryContent } from "../../src/dire/chunk-batches.ts";
import { DERIVATION_DEFAULT } from "../../src/dire/derivation.ts";
import type { Kind } from "../../src/dire/kind.ts";
import { historyOf, nodeOf as partOf, type Node } from "../../src/dire/node.ts";
import type { Field } from "../../src/dire/saying.ts";
import {
  NO_LOCKS,
  standingValues,
  survive,
  witnessOf,
  type Locks,
  type Survivor,
  type Witness,
} from "../../src/dire/survive.ts";
import { ok } from "../../src/lib/result.ts";
import { parseDeviceUpdate, type DeviceUpdate } from "../../src/model/device-update.ts";
import type { Ip } from "../../src/model/ip.ts";

type Said = Partial<DeviceUpdate> & {
  readonly no?: number;
  readonly kind?: Kind;
  readonly since?: number;
  /** Day since which it claims its address. */
  readonly addressDay?: number;
  readonly missed?: number;
};

const NONE: ReadonlySet<string> = new Set();
const DAY_MS = 86_400_000;

function nodeOf(no: number, kind: Kind): Node {
  return {
    recordNo: no,
    key: { partition: "default", instance: "i", kind, native: `n${no}` },
    part: 0,
    firstMs: 0,
    lastMs: 1_000,
    idInput: "",
    fingerprints: [1],
    serials: NONE,
    isVirtual: false,
    assets: NONE,
    hosts: NONE,
    macs: new Set(),
    models: NONE,
    vendors: NONE,
    addresses: new Map(),
    values: [],
  };
}

function witness(said: Said): Witness {
  const { no = 1, kind = "integration", since = 0, addressDay = 0, missed = 0, ...rest } = said;
  return {
    node: nodeOf(no, kind),
    update: { source: "netbox", timestampMs: 0, metadata: {}, ...rest },
    sinceMs: since,
    addresses: new Map(
      rest.ip === undefined ? [] : [[rest.ip as Ip, [[addressDay, 99_999]]] as const],
    ),
    missedRuns: missed,
  };
}

function stands(
  field: Field,
  said: readonly Said[],
  locks: Locks = NO_LOCKS,
): Survivor | undefined {
  const terms = { derivation: DERIVATION_DEFAULT, locks };
  return survive(said.map(witness), terms).get(field);
}

test("the source that knows an attribute best wins, however late another speaks", () => {
  const netbox = {
    no: 1,
    source: "netbox",
    hostname: "core-1",
    metadata: { serial: "FDO1111AAAA", site: "ams" },
  };
  const armis = {
    no: 2,
    source: "armis",
    hostname: "Cisco",
    since: 9,
    metadata: { serial: "FDO9999ZZZZ", site: "floor 2" },
  };
  assert.equal(stands("serial", [armis, netbox])?.value, "FDO1111AAAA");
  assert.equal(stands("site", [armis, netbox])?.value, "ams");
  assert.equal(stands("hostname", [armis, netbox])?.value, "core-1");
});

test("a device is where it was seen to be last, not where a register has it", () => {
  const netbox = { no: 1, source: "netbox", ip: "10.0.0.1", since: 99 };
  const old = { no: 2, source: "agent", ip: "10.0.0.2", addressDay: 5 };
  const late = { no: 3, source: "armis", ip: "10.0.0.3", addressDay: 7 };
  assert.equal(stands("ip", [netbox, old, late])?.value, "10.0.0.3");
  assert.equal(stands("ip", [netbox, old])?.value, "10.0.0.2");
});

test("a value is never beaten by its absence, and a filler is no serial", () => {
  const netbox = { no: 1, metadata: { serial: "To Be Filled By O.E.M." } };
  const armis = { no: 2, source: "armis", metadata: { serial: "PF0ABCD1" } };
  assert.deepEqual(stands("serial", [netbox, armis])?.losers, []);
  assert.equal(stands("serial", [netbox, armis])?.value, "PF0ABCD1");
  assert.equal(stands("owner", [netbox, armis]), undefined);
});

test("what a source has missed twice yields to every other, and stands where nobody else speaks", () => {
  const netbox = {
    no: 1,
    source: "netbox",
    hostname: "old-name",
    missed: 2,
    metadata: { site: "ams" },
  };
  const armis = { no: 2, source: "armis", hostname: "new-name" };
  const name = stands("hostname", [netbox, armis]);
  assert.equal(name?.value, "new-name");
  assert.deepEqual(
    name?.losers.map(({ value, isExpired }) => [value, isExpired]),
    [["old-name", true]],
  );
  assert.equal(stands("site", [netbox, armis])?.value, "ams");
  assert.equal(stands("hostname", [{ ...netbox, missed: 1 }, armis])?.value, "old-name");
});

test("a lock stands before every source, which all lose, and gives a value that none knows", () => {
  const locks: Locks = new Map([
    ["hostname", { value: "the-name", actor: "token 1 reporting", sinceMs: 5 }],
    ["owner", { value: "finance", actor: "root", sinceMs: 6 }],
  ]);
  const said = [
    { no: 1, source: "netbox", hostname: "a" },
    { no: 2, source: "manual", hostname: "b" },
  ];
  const name = stands("hostname", said, locks);
  assert.equal(name?.value, "the-name");
  assert.equal(name?.winner, undefined);
  assert.equal(name?.lock?.actor, "token 1 reporting");
  assert.deepEqual(name?.losers.map(({ value }) => value).toSorted(), ["a", "b"]);
  assert.equal(stands("owner", said, locks)?.value, "finance");
});

test("what is said outright stands before what a rule concludes, of another source too", () => {
  const snmp = {
    no: 1,
    source: "snmp",
    metadata: { sys_object_id: ".1.3.6.1.4.1.41112.1", sys_descr: "Linux" },
  };
  const netbox = { no: 2, source: "netbox", metadata: { manufacturer: "Ubiquiti Inc." } };
  assert.equal(stands("vendor_name", [snmp, netbox])?.value, "Ubiquiti Inc.");
  const alone = stands("vendor_name", [snmp]);
  assert.equal(alone?.value, "Ubiquiti");
  assert.equal(alone?.winner?.saying.rule?.id, "ubiquiti-vendor-by-enterprise");
});

const said: fc.Arbitrary<Said> = fc.record({
  source: fc.constantFrom("netbox", "armis", "sweep", "agent", "cmdb", "who", "constructor"),
  hostname: fc.constantFrom("a", "b", "c"),
  since: fc.nat(2),
  missed: fc.nat(3),
  metadata: fc.constantFrom(
    {},
    { role: "switch" },
    { armis_type: "Widgets" },
    { sys_descr: "MikroTik" },
  ),
});

test("no order of records changes what stands or who lost", () => {
  fc.assert(
    fc.property(
      fc.array(said, { minLength: 1, maxLength: 6 }).chain((all) => {
        const numbered = all.map((one, i) => ({ ...one, no: i + 1 }));
        return fc.tuple(
          fc.constant(numbered),
          fc.shuffledSubarray(numbered, { minLength: all.length }),
        );
      }),
      ([one, other]) => {
        const terms = { derivation: DERIVATION_DEFAULT, locks: NO_LOCKS };
        assert.deepEqual(survive(other.map(witness), terms), survive(one.map(witness), terms));
      },
    ),
  );
});

test("a source that is called as a member of every object ranks as any that nobody knows", () => {
  for (const source of ["constructor", "__proto__", "valueof"]) {
    const strange = { no: 1, source, hostname: "a", since: 99 };
    const netbox = { no: 2, source: "netbox", hostname: "b" };
    assert.equal(stands("hostname", [strange, netbox])?.value, "b");
    assert.equal(
      stands("os", [
        { ...strange, metadata: { os: "x" } },
        { ...netbox, metadata: { os: "y" } },
      ])?.value,
      "y",
    );
  }
});

test("a device is published with the values that stand when it is looked at", () => {
  const lock = fc.record({ value: fc.string(), actor: fc.constant("me"), sinceMs: fc.nat() });
  const locked = fc.dictionary(fc.constantFrom<Field>("hostname", "ip", "os"), lock);
  fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 6 }), locked, (all, locks) => {
      const witnesses = all.map((one, i) => witness({ ...one, no: i + 1 }));
      const terms = {
        derivation: DERIVATION_DEFAULT,
        locks: new Map(Object.entries(locks)) as Locks,
      };
      const before = [...survive(witnesses, terms)].map(
        ([field, { value, winner }]) => [field, winner?.saying ?? { value, rank: 0 }] as const,
      );
      const standing = Object.entries(standingValues(witnesses, terms));
      assert.deepEqual(
        new Map(standing.filter(([, saying]) => saying !== undefined)),
        new Map(before),
      );
    }),
  );
});

test("the winner is one of those that speak, and all others lose", () => {
  fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 6 }), (all) => {
      const numbered = all.map((one, i) => ({ ...one, no: i + 1 }));
      for (const survivor of survive(numbered.map(witness), {
        derivation: DERIVATION_DEFAULT,
        locks: NO_LOCKS,
      }).values()) {
        const numbers = [survivor.winner, ...survivor.losers].map((one) => one?.recordNo);
        assert.equal(new Set(numbers).size, numbers.length);
        assert.ok(
          survivor.losers.every(
            ({ isExpired }) => isExpired || survivor.winner?.isExpired === false,
          ),
        );
      }
    }),
  );
});

const sighting = fc.record({
  hostname: fc.constantFrom("alpha", "beta"),
  ip: fc.constantFrom("10.0.0.1", "10.0.0.2"),
  day: fc.nat(6),
});

test("since when a record says what it says does not depend on the order in which it was seen", () => {
  const wire = (hostname: string, ip: string, day: number): string =>
    JSON.stringify({
      source: "armis",
      hostname,
      ip,
      timestamp: new Date(day * DAY_MS).toISOString(),
      metadata: { armis_device_id: "1" },
    });
  const told = (seen: readonly { hostname: string; ip: string; day: number }[]): unknown => {
    const batch = newBatch();
    for (const { hostname, ip, day } of seen) {
      const attribute = () => ok({ instance: "i", sourceType: "armis", partition: "default" });
      const read = readEntry(wire(hostname, ip, day), { attribute, receivedMs: 0 });
      assert.ok(read.ok);
      addEntry(batch, read.value, entryContent(JSON.stringify([hostname, ip])));
    }
    const [delta] = batch.records.values();
    assert.ok(delta?.state !== undefined);
    const update = parseDeviceUpdate(JSON.parse(wire("alpha", "10.0.0.1", 0)), 0);
    assert.ok(update.ok);
    const [shown] = JSON.parse(`[${delta.state.content.payload}]`) as [[string, string]];
    const history = historyOf(
      1,
      { partition: "default", instance: "i", kind: "armis", native: "1" },
      delta.state,
    );
    const about = witnessOf(partOf(history, 0, history.versions), {
      update: { ...update.value, hostname: shown[0], ip: shown[1] },
      history,
      fingerprint: delta.state.content.fingerprint,
      missedRuns: 0,
    });
    const fields = survive([about], { derivation: DERIVATION_DEFAULT, locks: NO_LOCKS });
    return [...fields].map(([field, { value, winner }]) => [field, value, winner?.sinceMs]);
  };
  const orders = fc
    .array(sighting, { minLength: 1, maxLength: 6 })
    .chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
  fc.assert(fc.property(orders, ([one, other]) => assert.deepEqual(told(other), told(one))));
});
