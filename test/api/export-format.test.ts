import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { csvCell, EXPORT_WRITERS, type ExportedDevice } from "../../src/api/export-format.ts";

const device = (hostname: string): ExportedDevice => ({
  id: `sr:${hostname}`,
  partition: "default",
  hostname,
  type_id: 0,
  is_provisional: false,
  source_types: ["netbox", "armis"],
  sources: ["dc, one"],
  records: 2,
  first_seen: "2026-01-01T00:00:00.000Z",
  last_seen: "2026-01-02T00:00:00.000Z",
  tags: { role: "web", lab: "" },
  own_tags: [],
});

test("no cell of CSV begins as a formula, and a cell is read again as what it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const cell = csvCell(text);
      const bare = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
      assert.doesNotMatch(bare, /^[=+\-@\t\r]/);
      assert.equal(/^'[=+\-@\t\r]/.test(bare) && bare !== text ? bare.slice(1) : bare, text);
    }),
  );
});

test("a number is no formula, however it begins", () => {
  assert.equal(csvCell(-1), "-1");
  assert.equal(csvCell("-1"), "'-1");
});

test("CSV names its columns and quotes what it must", () => {
  const { head, page, tail } = EXPORT_WRITERS.csv;
  const [columns, row, rest] = (head + page([device("=cmd()")], true) + tail).split("\r\n");
  assert.match(columns ?? "", /^id,hostname,ip,/);
  assert.match(row ?? "", /^sr:=cmd\(\),'=cmd\(\),,/);
  assert.match(row ?? "", /"dc, one",netbox armis,role=web lab,2,/);
  assert.equal(rest, "");
});

for (const pages of [[[]], [["a"]], [["a", "b"], ["c"]], [["a"], []]]) {
  test(`OCSF in ${pages.length} pages of ${pages.flat().length} devices is one JSON document`, () => {
    const { head, page, tail } = EXPORT_WRITERS.ocsf;
    const parts = pages.map((names, i) => page(names.map(device), i === 0));
    const read = JSON.parse(head + parts.join("") + tail) as {
      class_uid: number;
      devices: { uid: string; zone: string }[];
    };
    assert.equal(read.class_uid, 5001);
    assert.deepEqual(
      read.devices.map(({ uid }) => uid),
      pages.flat().map((name) => `sr:${name}`),
    );
  });
}
