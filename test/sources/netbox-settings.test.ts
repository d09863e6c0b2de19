import assert from "node:assert/strict";
import { test } from "node:test";

import type { Result } from "../../src/lib/result.ts";
import type { SourceConfig } from "../../src/model/sync-payload.ts";
import { netboxSettings, type NetboxSettings } from "../../src/sources/netbox-settings.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";

test("netbox settings: the API's own paths are cut from an endpoint, a proxy's prefix stays", () => {
  const cases: readonly [string, string][] = [
    ["https://nb.example.com/api", ""],
    ["https://nb.example.com/api/dcim/devices/", ""],
    ["https://nb.example.com/netbox/api/", "/netbox"],
    ["https://nb.example.com/api/netbox", "/api/netbox"],
    ["https://nb.example.com/netbox/", "/netbox"],
  ];
  for (const [endpoint, basePath] of cases) {
    const read = good({ endpoint });
    assert.deepEqual(read.http.endpoint, { origin: "https://nb.example.com", basePath });
  }
});

test("netbox settings: the names of the original's web page work too", () => {
  const read = good({ credentials: secrets({ token: "abc", verify_ssl: "false" }) });
  assert.equal(read.http.insecureSkipVerify, true);
  assert.equal(read.authorization.reveal(), "Token abc");
  assert.equal(
    good({ credentials: secrets({ token: "abc", verify_ssl: "true" }) }).http.insecureSkipVerify,
    false,
  );
});

test("netbox settings: a page has a size between one and what NetBox gives at most", () => {
  assert.equal(good({}).pageSize, 250);
  assert.equal(good({ pageSize: 40 }).pageSize, 40);
  assert.equal(good({ pageSize: 50_000 }).pageSize, 1_000);
});

test("netbox settings: an error names the setting and shows no secret", () => {
  const cases: readonly [Partial<SourceConfig>, RegExp][] = [
    [{ credentials: {} }, /^credentials\.api_token is missing/],
    [{ credentials: secrets({ api_token: "abc def" }) }, /^credentials\.api_token holds/],
    [{ credentials: secrets({ api_token: "abc…" }) }, /^credentials\.api_token holds/],
    [{ endpoint: "nb.example.com" }, /^endpoint must/],
    [{ endpoint: "https://ann:hunter2@nb.example.com" }, /^endpoint must not hold/],
    [{ proxyUrl: "proxy:3128" }, /^proxy_url must/],
    [{ networkBlacklist: ["10.0.0"] }, /^network_blacklist: "10\.0\.0" is not/],
    [{ caPem: "not a certificate" }, /^ca_pem is not/],
  ];
  for (const [partial, pattern] of cases) {
    const read = settings(partial);
    assert.ok(!read.ok);
    assert.match(read.error, pattern);
    assert.doesNotMatch(read.error, /hunter2|abc/);
  }
});

function settings(partial: Partial<SourceConfig>): Result<NetboxSettings> {
  const credentials = secrets({ api_token: "0123456789abcdef" });
  const endpoint = "https://nb.example.com";
  return netboxSettings(sourceConfig({ type: "netbox", endpoint, credentials, ...partial }));
}

function good(partial: Partial<SourceConfig>): NetboxSettings {
  const read = settings(partial);
  assert.ok(read.ok, read.ok ? "" : read.error);
  return read.value;
}
