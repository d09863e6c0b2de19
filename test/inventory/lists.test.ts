/** Lists and texts as they were sent, hostile ones too, read by the database for the views. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { isUsableIp, parseIpList } from "../../src/model/ip.ts";
import { parseMacList } from "../../src/model/mac.ts";
import { client, netbox } from "../support/sql-client.ts";

const VIEWS = ["ocsf_devices", "device_identifiers", "merge_audit", "device_alias_states"];

test("JSON that no text can hold leaves the views readable", async (t) => {
  const { say, ask } = await client(t);
  await say(
    netbox({ id: 1, hostname: "good", ip: "10.0.0.1" }),
    netbox({
      id: 2,
      hostname: "odd",
      ip: "10.0.0.2/24",
      metadata: {
        site: "a\u0000b\ud800",
        all_ips: "x,10.0.0.2,999.1.1.1,fe80::1%eth0,2001:DB8::1",
      },
    }),
    netbox({
      id: 3,
      hostname: "list",
      mac: "zz,00:1B:44:11:22:33;001b.4411.2234",
      metadata: { all_ips: "2001:DB8::1" },
    }),
  );
  for (const view of VIEWS) await ask(`select * from platform.${view}`);
  const rows = await ask(
    "select hostname, network_interfaces as i from platform.ocsf_devices order by hostname",
  );
  assert.deepEqual(
    rows.map((row) => [row["hostname"], row["i"]]),
    [
      ["good", [{ ip: "10.0.0.1" }]],
      ["list", [{ ip: "2001:db8::1" }, { mac: "00:1B:44:11:22:33" }, { mac: "00:1B:44:11:22:34" }]],
      ["odd", []],
    ],
  );
});

const octet = fc.integer({ min: 0, max: 300 }).map(String);
const group = fc.constantFrom("0", "00", "1", "db8", "FE80", "ffff", "2001", "g");
const address = fc.oneof(
  fc.array(octet, { minLength: 3, maxLength: 5 }).map((parts) => parts.join(".")),
  fc.array(group, { minLength: 7, maxLength: 9 }).map((parts) => parts.join(":")),
  fc
    .tuple(fc.array(group, { maxLength: 4 }), fc.array(group, { maxLength: 4 }))
    .map(([head, tail]) => `${head.join(":")}::${tail.join(":")}`),
  fc.constantFrom("10.0.0.1/24", "::ffff:10.0.0.9", "fe80::1%eth0", "2001:db8::1/64", "x", "-"),
);
const hex = fc.constantFrom("00", "1b", "44", "FF", "a", "zz");
const macText = fc
  .tuple(fc.array(hex, { minLength: 5, maxLength: 7 }), fc.constantFrom(":", "-", "", "."))
  .map(([parts, separator]) => parts.join(separator));
const separator = fc.constantFrom(",", ", ", ";", " ");

test("the database reads lists of addresses and MACs as the core does", async (t) => {
  const { db } = await client(t);
  const list = (word: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.tuple(fc.array(word, { maxLength: 8 }), separator).map(([words, by]) => words.join(by));
  await fc.assert(
    fc.asyncProperty(list(address), list(macText), async (ips, macs) => {
      const { rows } = await db.query<{ ips: string[]; macs: string[] }>(
        "select sync.ips_in($1) as ips, sync.macs_in($2) as macs",
        [ips, macs],
      );
      assert.deepEqual(rows[0]?.ips.toSorted(), parseIpList(ips).filter(isUsableIp).toSorted());
      assert.deepEqual(rows[0]?.macs.toSorted(), [...parseMacList(macs)].toSorted());
    }),
    { numRuns: 300 },
  );
});

test("a list of tens of thousands of addresses does not hold up who looks at it", async (t) => {
  const { say, ask } = await client(t);
  const many = Array.from({ length: 20_000 }, (_, i) => `10.${1 + (i >> 8)}.${i & 255}.1`).join(
    ",",
  );
  await say(netbox({ hostname: "hostile", metadata: { all_ips: many } }));
  const [row] = await ask(
    "select cardinality(network_interfaces) as shown from platform.ocsf_devices",
  );
  assert.deepEqual(row, { shown: 1_000 });
  const [aliases] = await ask("select count(*)::int as shown from platform.device_alias_states");
  assert.deepEqual(aliases, { shown: 1_000 });
});
