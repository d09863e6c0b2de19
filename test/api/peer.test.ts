import assert from "node:assert/strict";
import { test } from "node:test";

import { clientFrom, TrustedProxies } from "../../src/api/peer.ts";

const read = TrustedProxies.parse(["10.0.0.0/8", "::1", "127.0.0.1"]);
assert.ok(read.ok);
const proxies = read.value;

const from = (
  address: string,
  headers: Readonly<Record<string, string>> = {},
  isTls = false,
): ReturnType<typeof clientFrom> =>
  clientFrom({ address, isTls, header: (name) => headers[name] }, proxies);

test("what anybody writes into x-forwarded-* is not believed", () => {
  const headers = { host: "h", "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https" };
  const seen = { address: "192.0.2.1", isTls: false, isPrivate: false, host: "h" };
  assert.deepEqual(from("::ffff:192.0.2.1", headers), seen);
});

test("of a trusted proxy's list the last address counts that is no proxy's", () => {
  const headers = {
    host: "inner:8080",
    "x-forwarded-for": "1.1.1.1, 192.0.2.7, 10.1.2.3",
    "x-forwarded-proto": "http, https",
    "x-forwarded-host": "core.example",
  };
  const seen = { address: "192.0.2.7", isTls: true, isPrivate: true, host: "core.example" };
  assert.deepEqual(from("10.9.9.9", headers), seen);
});

test("a proxy that says nothing is the client, and its plain HTTP is not private", () => {
  assert.deepEqual(from("10.9.9.9"), {
    address: "10.9.9.9",
    isTls: false,
    isPrivate: false,
    host: undefined,
  });
});

test("an address with its port is the address, and what is no address is nobody's", () => {
  const of = (forwarded: string): readonly [string, boolean] => {
    const { address, isPrivate } = from("10.9.9.9", { "x-forwarded-for": forwarded });
    return [address, isPrivate];
  };
  assert.deepEqual(of("127.0.0.1, 203.0.113.9:51234"), ["203.0.113.9", false]);
  assert.deepEqual(of("127.0.0.1, [2001:db8::7]:443"), ["2001:db8::7", false]);
  assert.deepEqual(of("127.0.0.1, unknown"), ["10.9.9.9", false]);
  assert.equal(from("::1", { "x-forwarded-for": "127.0.0.1, unknown" }).isPrivate, false);
});

test("this machine is private without TLS, and anybody with it", () => {
  assert.equal(
    clientFrom({ address: "127.0.0.9", isTls: false, header: () => undefined }, proxies).isPrivate,
    true,
  );
  assert.equal(from("192.0.2.1", {}, true).isPrivate, true);
});

for (const wrong of ["10.0.0.0/33", "host", "::1/129", "1.2.3.4/", "1.2.3.4/8/8"]) {
  test(`"${wrong}" is no proxy`, () => assert.equal(TrustedProxies.parse([wrong]).ok, false));
}
