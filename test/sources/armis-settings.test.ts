import assert from "node:assert/strict";
import { test } from "node:test";

import { Secret } from "../../src/lib/secret.ts";
import type { SourceConfig } from "../../src/model/sync-payload.ts";
import { armisSettings } from "../../src/sources/armis-settings.ts";
import { armisConfig } from "./armis-harness.ts";

const URL_OK = "https://acme.armis.com";

function queriesOf(queries: SourceConfig["queries"]): unknown {
  const settings = armisSettings(armisConfig(URL_OK, { queries }));
  return settings.ok ? settings.value.queries : settings.error;
}

function errorOf(given: Partial<SourceConfig>): string {
  const settings = armisSettings(armisConfig(URL_OK, given));
  return settings.ok ? "" : settings.error;
}

test("without queries, all devices of the last seven days are asked for", () => {
  assert.deepEqual(queriesOf([]), [{ label: "", query: 'in:devices timeFrame:"7 Days"' }]);
});

test("a query without a time window gets one, since Armis' own is not known", () => {
  assert.deepEqual(queriesOf([{ label: "ot", query: 'in:devices boundary:"OT"' }]), [
    { label: "ot", query: 'in:devices boundary:"OT" timeFrame:"7 Days"' },
  ]);
  const windowed = [
    { label: "a", query: 'in:devices timeFrame:"1 Days"' },
    { label: "b", query: "in:devices after:2026-01-01" },
  ];
  assert.deepEqual(queriesOf(windowed), windowed);
});

test("a query pasted out of a JSON file loses its backslashes", () => {
  assert.deepEqual(queriesOf([{ label: "", query: 'in:devices timeFrame:\\"3 Days\\"' }]), [
    { label: "", query: 'in:devices timeFrame:"3 Days"' },
  ]);
});

test("a query for something else than devices is refused by its label", () => {
  assert.match(
    errorOf({ queries: [{ label: "x", query: "in:alerts" }] }),
    /^queries: "x".*in:devices/,
  );
});

const secret = new Secret("s");
const MISSING: readonly [Readonly<Record<string, Secret>>, RegExp][] = [
  [{}, /^credentials\.secret_key is missing/],
  [{ api_key: secret }, /^credentials\.api_secret is missing/],
  [{ api_secret: secret }, /^credentials\.api_key is missing/],
];

for (const [credentials, error] of MISSING) {
  test(`credentials {${Object.keys(credentials).join()}} are refused with what is missing`, () => {
    assert.match(errorOf({ credentials }), error);
  });
}

test("what people paste behind the address is dropped", () => {
  for (const tail of ["", "/", "/api", "/api/v1", "/api/v1/search/?x=1"]) {
    const settings = armisSettings(armisConfig(`https://acme.armis.com/proxy${tail}`));
    assert.ok(settings.ok);
    assert.deepEqual(settings.value.http.endpoint, {
      origin: "https://acme.armis.com",
      basePath: "/proxy",
    });
  }
});

test("other wrong settings are named", () => {
  assert.match(errorOf({ endpoint: "acme.armis.com" }), /^endpoint /);
  assert.match(
    errorOf({ networkBlacklist: ["10.0.0.0/40"] }),
    /^network_blacklist: "10.0.0.0\/40"/,
  );
});
