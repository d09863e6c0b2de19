import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { parseEndpoint, parseProxy } from "../../src/sources/endpoint.ts";
import { parseJson, saidBy } from "../../src/sources/http-body.ts";
import { HttpError } from "../../src/sources/http-error.ts";
import { inParallel } from "../../src/sources/in-parallel.ts";
import { PageLimit } from "../../src/sources/page-limit.ts";
import { parseRetryAfter } from "../../src/sources/retry-after.ts";

test("an endpoint is read as people paste it", () => {
  const cases: readonly [string, string, string][] = [
    ["https://netbox.example.com", "https://netbox.example.com", ""],
    [" https://netbox.example.com/ ", "https://netbox.example.com", ""],
    ["https://netbox.example.com/api", "https://netbox.example.com", ""],
    ["https://netbox.example.com/api/", "https://netbox.example.com", ""],
    ["HTTP://Netbox.example.com:8080/dcim//", "http://netbox.example.com:8080", "/dcim"],
    ["https://tools.example.com/netbox/api/?limit=5#x", "https://tools.example.com", "/netbox"],
    ["https://tools.example.com:443/netbox", "https://tools.example.com", "/netbox"],
  ];
  for (const [text, origin, basePath] of cases) {
    assert.deepEqual(parseEndpoint("endpoint", text, /\/api$/), {
      ok: true,
      value: { origin, basePath },
    });
  }
});

test("an endpoint that is no web address is refused by the setting's name", () => {
  for (const text of [
    "",
    "netbox.example.com",
    "ftp://x",
    "file:///etc/passwd",
    "https://",
    "https://a b",
  ]) {
    const parsed = parseEndpoint("endpoint", text);
    assert.ok(!parsed.ok && parsed.error.startsWith("endpoint "), text);
  }
  const withPassword = parseEndpoint("endpoint", "https://ann:hunter2@netbox.example.com");
  assert.ok(!withPassword.ok && !withPassword.error.includes("hunter2"));
  assert.ok(!parseProxy("proxy_url", "socks5://x").ok);
  assert.ok(parseProxy("proxy_url", "http://ann:hunter2@proxy:3128").ok);
});

test("a JSON text that lacks its end is told from one that is wrong", () => {
  const value = fc.record({ list: fc.array(fc.jsonValue()), text: fc.string() });
  fc.assert(
    fc.property(value, fc.nat(), (json, at) => {
      const text = JSON.stringify(json);
      assert.equal(parseJson(text).kind, "json");
      assert.equal(parseJson(text.slice(0, at % text.length)).kind, "cut");
    }),
  );
  assert.equal(parseJson("<html></html>").kind, "not_json");
  assert.equal(parseJson('{"a":1}}').kind, "not_json");
});

test("a server's words become one short line", () => {
  assert.equal(saidBy('{"detail":"Invalid v1 token"}', []), "Invalid v1 token");
  assert.equal(saidBy("<html><title>502 Bad\nGateway</title></html>", []), "502 Bad Gateway");
  assert.equal(saidBy('{"site":["no such"]}', []), '{"site":["no such"]}');
  assert.equal(saidBy("key is abcdefgh", ["abcdefgh"]), "key is [redacted]");
  assert.equal(saidBy("x".repeat(1_000), []).length, 201);
});

test("a Retry-After says seconds, a date, or nothing", () => {
  const now = Date.UTC(2026, 10, 23, 8, 0, 0);
  assert.equal(parseRetryAfter("120", now), 120_000);
  assert.equal(parseRetryAfter("Mon, 23 Nov 2026 08:01:00 GMT", now), 60_000);
  assert.equal(parseRetryAfter("Mon, 23 Nov 2026 07:00:00 GMT", now), 0);
  for (const text of [undefined, "", "soon", "-5", "1,5"]) {
    assert.equal(parseRetryAfter(text, now), undefined);
  }
});

test("a page limit shrinks by failures, not by throttling, and grows back slowly", () => {
  const limit = new PageLimit(250, 25);
  const failed = new HttpError("x", { code: "unreachable", retry: "transient" });
  const throttled = new HttpError("x", { code: "rate_limited", retry: "transient" });
  assert.equal(limit.rowsAfter(undefined), 250);
  assert.equal(limit.rowsAfter(throttled), 250);
  const shrunk = [1, 2, 3, 4, 5].map(() => limit.rowsAfter(failed));
  assert.deepEqual(shrunk, [125, 62, 31, 25, 25]);
  limit.grow();
  assert.equal(limit.rowsAfter(undefined), 38);
  for (let page = 0; page < 100; page += 1) limit.grow();
  assert.equal(limit.rowsAfter(undefined), 250);
  assert.equal(new PageLimit(10, 25).rowsAfter(failed), 10);
});

test("work in parallel keeps to its width, does everything, and ends before its failure is thrown", async () => {
  let running = 0;
  let widest = 0;
  const done: number[] = [];
  const work = async (item: number): Promise<void> => {
    running += 1;
    widest = Math.max(widest, running);
    await Promise.resolve();
    running -= 1;
    if (item === 13) throw new Error("thirteen");
    done.push(item);
  };
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, work);
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(widest, 3);
  await assert.rejects(inParallel([1, 13, 2, 3, 4, 5], 2, work), /thirteen/);
  assert.equal(running, 0);
});
