import assert from "node:assert/strict";
import { test } from "node:test";

import { parseSyncPayload, type SourceConfig } from "../../src/model/sync-payload.ts";

/** The only source of a payload. */
function only(source: object): SourceConfig {
  const parsed = parseSyncPayload({ sources: { lab: source } });
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.value.rejected, []);
  const [config] = parsed.value.sources;
  assert.ok(config !== undefined);
  return config;
}

test("a source's address may stand among its credentials, as the original's web page has it", () => {
  const credentials = { url: " https://netbox.example.com ", token: "t" };
  assert.equal(only({ type: "netbox", credentials }).endpoint, "https://netbox.example.com");
  const both = { type: "netbox", endpoint: "https://first.example.com", credentials };
  assert.equal(only(both).endpoint, "https://first.example.com");
});

test("a source without any address is rejected by itself", () => {
  const parsed = parseSyncPayload({
    sources: {
      lost: { type: "netbox", credentials: { url: " ", token: "t" } },
      good: { type: "netbox", endpoint: "https://netbox.example.com" },
    },
  });
  assert.ok(parsed.ok);
  assert.deepEqual(parsed.value.rejected, [{ name: "lost", reason: "has no endpoint" }]);
  assert.deepEqual(
    parsed.value.sources.map(({ name }) => name),
    ["good"],
  );
});

test("a proxy's address may be a credential; the setting goes before it", () => {
  const source = { type: "netbox", endpoint: "https://netbox.example.com" };
  const credentials = { proxy_url: "http://u:p@proxy:3128" };
  assert.equal(only({ ...source, credentials }).proxyUrl, "http://u:p@proxy:3128");
  const both = { ...source, credentials, proxy_url: "http://other:3128" };
  assert.equal(only(both).proxyUrl, "http://other:3128");
  assert.equal("proxyUrl" in only(source), false);
});

test("a pace outside its bounds costs the source that has it, and names the bounds", () => {
  const source = { type: "netbox", endpoint: "https://netbox.example.com" };
  const paced = { ...source, concurrent_requests: "16", requests_per_second: 0.01 };
  assert.equal(only(paced).concurrentRequests, 16);
  assert.equal(only(paced).requestsPerSecond, 0.01);
  assert.equal(only({ ...source, answer_timeout: "5m" }).answerTimeoutMs, 300_000);
  assert.equal("concurrentRequests" in only(source), false);
  const wrong = {
    concurrent_requests: [0, 17, 1.5, -1, "many", true],
    answer_timeout: ["999ms", "11m", 5],
    requests_per_second: [0, 0.009, 1_001, "fast", true],
  };
  for (const [member, values] of Object.entries(wrong)) {
    for (const value of values) {
      const parsed = parseSyncPayload({ sources: { lab: { ...source, [member]: value } } });
      assert.ok(parsed.ok);
      const [{ reason } = { reason: "taken" }] = parsed.value.rejected;
      assert.match(
        reason,
        new RegExp(`^${member} must be .* from [0-9.]+s? to [0-9]+m?$`),
        `${value}`,
      );
    }
  }
});
