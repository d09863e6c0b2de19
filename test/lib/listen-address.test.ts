import assert from "node:assert/strict";
import { test } from "node:test";

import { parseListenAddress } from "../../src/lib/listen-address.ts";

const GOOD: readonly (readonly [string, string, number])[] = [
  ["127.0.0.1:8080", "127.0.0.1", 8080],
  ["localhost:0", "localhost", 0],
  ["[::1]:50052", "::1", 50_052],
  [":65535", "", 65_535],
];
for (const [text, host, port] of GOOD) {
  test(`a server may listen on ${text}`, () => {
    assert.deepEqual(parseListenAddress(text), { ok: true, value: { host, port } });
  });
}

for (const text of [
  "8080",
  "localhost",
  "::1:80",
  "a b:80",
  "h:65536",
  "h:-1",
  "http://h:80",
  "",
]) {
  test(`a server cannot listen on "${text}", and is told a form that it can`, () => {
    const parsed = parseListenAddress(text);
    assert.equal(parsed.ok, false);
    assert.match(parsed.ok ? "" : parsed.error, /is not an address such as 127\.0\.0\.1:8080$/);
  });
}
