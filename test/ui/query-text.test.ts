import assert from "node:assert/strict";
import { test } from "node:test";

import { parseSrql } from "../../src/model/srql.ts";
import { conditionOf, splitSearch, withSort } from "../../src/ui/pages/devices/query-text.ts";

test("what is typed into the search field is a query only where it has a field", () => {
  assert.deepEqual(splitSearch("vendor_name:cisco !site:dc1"), {
    query: "vendor_name:cisco !site:dc1",
  });
  for (const typed of [
    "nyc1-fw",
    "00:1B:54:CD:F6:A4",
    "2001:db8::1",
    "sr:0d9a3b6e-5c1f",
    "10.0.0.1",
  ]) {
    assert.deepEqual(splitSearch(typed), { q: typed });
  }
  assert.deepEqual(splitSearch("  "), {});
});

test("a condition of any value is a query that the core reads", () => {
  for (const value of ["Cisco", "Palo Alto", 'a "b" \\ c', "Access Point", "x:y"]) {
    const parsed = parseSrql(conditionOf("vendor_name", value), 0);
    assert.ok(parsed.ok, value);
  }
});

test("an order is added to a query, or stands alone", () => {
  const sort = { by: "hostname", isDescending: true };
  assert.equal(withSort("site:dc1", sort), "site:dc1 sort:hostname:desc");
  assert.equal(withSort(undefined, sort), "sort:hostname:desc");
  assert.equal(withSort("site:dc1", undefined), "site:dc1");
});
