import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";
import ipaddr from "ipaddr.js";

import { isUsableIp, parseIp, parseIpList } from "../../src/model/ip.ts";
import {
  firstWritten,
  formatMac,
  isLocallyAdministered,
  normalizeMacText,
  parseMac,
  parseMacList,
} from "../../src/model/mac.ts";

test("a MAC is read in every common writing", () => {
  for (const text of [
    "00:1b:44:11:22:33",
    "00-1B-44-11-22-33",
    "001b.4411.2233",
    " 001B44112233 ",
  ]) {
    assert.equal(parseMac(text), "001B44112233");
  }
  for (const text of ["", "00:1b:44:11:22", "00:1b:44:11:22:3g", "n/a"]) {
    assert.equal(parseMac(text), undefined);
  }
});

test("a list of MACs is split, each once, and words that are none are dropped", () => {
  assert.deepEqual(parseMacList("00:1b:44:11:22:33, 3C970E010203;00-1B-44-11-22-33 none"), [
    "001B44112233",
    "3C970E010203",
  ]);
});

test("bit 0x02 of the first octet tells a locally administered MAC", () => {
  const local = (text: string): boolean => {
    const mac = parseMac(text);
    assert.ok(mac !== undefined);
    return isLocallyAdministered(mac);
  };
  assert.deepEqual(["0E0000000001", "F60000000001", "0C0000000001", "F49200000001"].map(local), [
    true,
    true,
    false,
    false,
  ]);
});

const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 });

test("a MAC in the writing that nearly all sources use is read as in any other", () => {
  fc.assert(
    fc.property(octets, fc.constantFrom("", " "), (bytes, space) => {
      const digits = bytes.map((byte) => byte.toString(16).padStart(2, "0"));
      const written = digits.join(":").toUpperCase();
      const other = `${space}${digits.join("-")}`;
      assert.equal(normalizeMacText(written), digits.join("").toUpperCase());
      assert.equal(parseMac(written), parseMac(other));
      assert.deepEqual(parseMacList(written), parseMacList(other));
      assert.equal(firstWritten(written), written);
      assert.equal(firstWritten(other), written);
      assert.equal(firstWritten(`none, ${other}; ${written}`), written);
    }),
  );
  assert.equal(firstWritten("none"), undefined);
});

test("a MAC written for people is read back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
      const mac = parseMac(Buffer.from(bytes).toString("hex"));
      assert.ok(mac !== undefined);
      assert.equal(parseMac(formatMac(mac)), mac);
    }),
  );
});

test("addresses have one form: prefix length and zone are cut, IPv6 is compressed, mapped IPv4 is IPv4", () => {
  const cases = [
    ["10.0.0.3/24", "10.0.0.3"],
    ["2001:DB8:0:0:0:0:0:1/64", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::ffff:c000:201", "192.0.2.1"],
    ["0:0:1:0:0:0:0:0", "0:0:1::"],
    ["::", "::"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ] as const;
  for (const [text, form] of cases) assert.equal(parseIp(text), form);
  for (const text of [
    "",
    "10.0.0",
    "10.0.0.256",
    "1:2:3",
    "1::2::3",
    "12345::",
    ":1:2:3:4:5:6:7",
    "1.2.3.4.5",
    "::1.2.3",
  ]) {
    assert.equal(parseIp(text), undefined, text);
  }
});

test("any address that a well-kept library reads is read the same", () => {
  fc.assert(
    // "::192.0.2.1" is the IPv4-compatible form that RFC 4291 took out of use: the library takes it for IPv4, we do not.
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6().filter((ip) => !/^::\d+\./.test(ip)),
      ),
      (text) => {
        const expected = ipaddr.process(text);
        const own = parseIp(text);
        assert.ok(own !== undefined, text);
        assert.deepEqual(ipaddr.process(own).toByteArray(), expected.toByteArray());
        assert.equal(parseIp(own), own);
      },
    ),
    { numRuns: 1_000 },
  );
});

test("any text is either an address or none, and never breaks the parser", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcdef:.%/")) }),
      ),
      (text) => {
        const own = parseIp(text);
        if (own !== undefined) assert.ok(ipaddr.isValid(own), `${text} became ${own}`);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("addresses that say nothing of a device are not usable", () => {
  const unusable = [
    "127.0.0.1",
    "169.254.3.4",
    "0.0.0.0",
    "224.0.0.5",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "ff02::1",
  ];
  for (const ip of parseIpList(unusable.join())) assert.equal(isUsableIp(ip), false, ip);
  for (const ip of parseIpList("10.0.0.1, 192.0.2.1 2001:db8::1 fd00::1")) {
    assert.equal(isUsableIp(ip), true, ip);
  }
});
