import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { AttachedRows } from "../../src/sources/netbox-attached.ts";
import { NETBOX_KINDS } from "../../src/sources/netbox-kind.ts";
import { parseListPage, rowId } from "../../src/sources/netbox-rows.ts";

const GOLDEN = fileURLToPath(new URL("../golden/netbox", import.meta.url));

for (const entry of readdirSync(GOLDEN, { withFileTypes: true })) {
  if (!entry.isDirectory()) continue;
  test(`netbox golden ${entry.name}: rows become the expected devices`, () => {
    const folder = join(GOLDEN, entry.name);
    const mapped = mapAll(readJson(join(folder, "response.json")));
    const expected = join(folder, "expected.json");
    if (process.env["UPDATE_GOLDEN"] === "1") {
      writeFileSync(expected, `${JSON.stringify(mapped, undefined, 2)}\n`);
    }
    assert.ok(existsSync(expected));
    assert.deepEqual(mapped, readJson(expected));
    assert.ok(!JSON.stringify(mapped).includes("not-for-export"));
  });
}

type Pages = Readonly<Record<string, unknown>>;

function mapAll(pages: Pages): unknown {
  const devices: unknown[] = [];
  const rejected: unknown[] = [];
  for (const kind of NETBOX_KINDS) {
    const parsed = rowsOf(pages, kind.path).map((row) => ({ row, machine: kind.parse(row) }));
    const machines = parsed.flatMap(({ machine }) => (machine.ok ? [machine.value] : []));
    const attached = new AttachedRows(kind, machines);
    if (machines.length > 0) {
      for (const row of rowsOf(pages, kind.interfacesPath)) attached.takeInterface(row);
      for (const row of rowsOf(pages, "/api/ipam/ip-addresses/")) attached.takeIpAddress(row);
    }
    const byMachine = attached.byMachine();
    devices.push(
      ...machines.map((one) => one.mapped(byMachine.get(one.id) ?? { macs: [], ips: [] })),
    );
    const unread = parsed.flatMap(({ row, machine }) =>
      machine.ok ? [] : [{ nativeId: kind.nativeId(rowId(row)), reason: machine.error }],
    );
    rejected.push(...unread, ...attached.rejected);
  }
  return { devices, rejected };
}

function rowsOf(pages: Pages, path: string): readonly unknown[] {
  const page = pages[path.replaceAll(/^\/api\/|\/$/g, "")];
  if (page === undefined) return [];
  const parsed = parseListPage(page);
  assert.ok(parsed.ok);
  return parsed.value.results;
}

function readJson(path: string): Pages {
  return JSON.parse(readFileSync(path, "utf8")) as Pages;
}
