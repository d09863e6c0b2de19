import assert from "node:assert/strict";
import { test } from "node:test";

import { parseIpList } from "../../src/model/ip.ts";
import { parseNetworkBlacklist } from "../../src/sources/network-blacklist.ts";

function isLeftOut(cidrs: readonly string[], ips: string): boolean {
  const blacklist = parseNetworkBlacklist(cidrs);
  assert.ok(blacklist.ok);
  return blacklist.value(parseIpList(ips));
}

const CASES: readonly [string, readonly string[], string, boolean][] = [
  ["all its addresses are inside", ["10.0.0.0/8"], "10.1.2.3,10.9.9.9", true],
  [
    "its addresses are inside different networks",
    ["10.0.0.0/8", "172.16.0.0/12"],
    "10.1.2.3,172.16.0.1",
    true,
  ],
  ["one address is outside", ["10.0.0.0/8"], "10.1.2.3,192.168.0.1", false],
  ["it has no address", ["10.0.0.0/8"], "", false],
  ["nothing is blacklisted", [], "10.1.2.3", false],
  ["the entry is its one address", ["10.1.2.3"], "10.1.2.3", true],
  ["the base has host bits", ["10.1.2.3/8"], "10.200.0.1", true],
  ["it has an IPv6 address inside", ["2001:db8::/32"], "2001:db8:7::1", true],
  ["it has an IPv6 address and the network is IPv4", ["0.0.0.0/0"], "2001:db8::1", false],
];

for (const [what, cidrs, ips, expected] of CASES) {
  test(`a device is ${expected ? "left out" : "kept"} when ${what}`, () => {
    assert.equal(isLeftOut(cidrs, ips), expected);
  });
}

test("what is no network is refused by name", () => {
  for (const cidr of ["10/8", "300.0.0.0/8", "10.0.0.0/33", "lab", "10.0.0.0/x"]) {
    const blacklist = parseNetworkBlacklist(["10.0.0.0/8", cidr]);
    assert.match(blacklist.ok ? "" : blacklist.error, /^network_blacklist: "/);
  }
});
