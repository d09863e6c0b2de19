import assert from "node:assert/strict";
import { test } from "node:test";

import { sourceOfType } from "../../src/sources/catalog.ts";

test("the catalog gives each source by its type", () => {
  for (const type of ["armis", "netbox", "NetBox"]) {
    const source = sourceOfType(type);
    assert.equal(source.ok ? source.value.type : source.error, type.toLowerCase());
  }
});

test("an unknown type is answered with the known ones", () => {
  assert.deepEqual(sourceOfType("cmdb"), {
    ok: false,
    error: 'type "cmdb" is not one of armis, netbox',
  });
});
