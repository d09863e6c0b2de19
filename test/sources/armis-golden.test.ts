import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { armisIps, toSourceDevice } from "../../src/sources/armis-map.ts";
import { parseArmisPage } from "../../src/sources/armis-page.ts";

const FOLDER = new URL("../golden/armis/", import.meta.url);

function json(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, FOLDER), "utf8"));
}

function mapped(body: unknown): unknown {
  const page = parseArmisPage(body, 0);
  if (!page.ok) return page.error;
  const { rows, hasNext, total } = page.value;
  const devices = rows.flatMap((row) =>
    row.id === undefined
      ? []
      : toSourceDevice(row.record, { id: row.id, labels: [], ips: armisIps(row.record) }),
  );
  const rejected = rows.flatMap((row) => (row.id === undefined ? row.rejected : []));
  return { hasNext, ...(total === undefined ? {} : { total }), devices, rejected };
}

for (const name of readdirSync(FOLDER)) {
  test(`an Armis answer is read as recorded: ${name}`, () => {
    assert.deepEqual(mapped(json(`${name}/response.json`)), json(`${name}/expected.json`));
  });
}
