import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { canonicalId } from "../../src/model/canonical-id.ts";
import { runCore, temporaryFolder, type Ran } from "../support/core-cli.ts";
import { freshDatabase } from "../support/database.ts";

interface Line {
  readonly i: number;
  readonly id: string | null;
  readonly at: string | null;
  readonly error?: string;
}

const LINES = [
  {
    source: "netbox",
    ip: "10.0.0.5",
    timestamp: "2026-03-02T08:00:00Z",
    metadata: { netbox_device_id: "1", serial: "FOC123" },
  },
  { source: "sweep", ip: "10.0.0.5", timestamp: "2026-03-02T09:00:00Z", is_available: true },
  {
    source: "armis",
    timestamp: "2026-03-02T09:00:00Z",
    metadata: { armis_device_id: "7", serial: "FOC123" },
  },
  { source: "armis", timestamp: "2026-03-02T09:00:00Z", hostname: "without-any-id" },
  { source: "sweep", ip: "10.0.0.99", timestamp: "2026-03-02T09:00:00Z" },
  // The address of the first two lines on another day, when it was another device's.
  {
    source: "netbox",
    ip: "10.0.0.7",
    timestamp: "2026-03-12T08:00:00Z",
    metadata: { netbox_device_id: "1", serial: "FOC123" },
  },
  {
    source: "netbox",
    ip: "10.0.0.5",
    timestamp: "2026-03-12T08:00:00Z",
    metadata: { netbox_device_id: "2", serial: "FOC999" },
  },
  { source: "sweep", ip: "10.0.0.5", timestamp: "2026-03-12T09:00:00Z" },
];

async function played(
  t: TestContext,
  flags: readonly string[] = [],
): Promise<Ran & { readonly lines: readonly Line[]; readonly aliases: string }> {
  const [dir, { url }] = [await temporaryFolder(t), await freshDatabase(t)];
  const path = (name: string): string => join(dir, name);
  const text = [...LINES.map((line) => JSON.stringify(line)), "{no json"].join("\n");
  await writeFile(path("updates.jsonl"), `${text}\n`);
  const batches = [
    { start: 0, count: 2, instance: "a", day: 0, source: "netbox" },
    { start: 2, count: LINES.length - 1, instance: "b" },
  ];
  await writeFile(path("batches.json"), JSON.stringify(batches));
  const files = ["--in", path("updates.jsonl"), "--out", path("out"), "--aliases", path("aliases")];
  const where = ["--batches", path("batches.json"), "--database-url", url];
  const ran = await runCore(["replay", ...files, ...where, ...flags]);
  const lines = (await readFile(path("out"), "utf8")).trimEnd().split("\n");
  return {
    ...ran,
    lines: lines.map((line) => JSON.parse(line) as Line),
    aliases: await readFile(path("aliases"), "utf8"),
  };
}

test("replay answers every line: its device, then and at the end, or why it cannot be used", async (t) => {
  const { code, lines } = await played(t);
  assert.equal(code, 0);
  assert.deepEqual(
    lines.map(({ i }) => i),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  );
  const [netbox, swept, armis, unnamed, alone, moved, other, later, broken] = lines;
  // The instances of its batches keep the two records of number 1 apart, the serial joins them.
  assert.equal(new Set([netbox, swept, armis, moved].map((line) => line?.id)).size, 1);
  assert.equal(netbox?.at, netbox?.id);
  assert.match(unnamed?.error ?? "", /no identifier/);
  assert.deepEqual([unnamed?.id, unnamed?.at, broken?.id], [null, null, null]);
  assert.match(broken?.error ?? "", /not valid JSON/);
  assert.equal(alone?.id, canonicalId("default:ip:10.0.0.99"));
  assert.equal(later?.id, other?.id);
  assert.notEqual(later?.id, swept?.id);
});

test("replay gives the same ids in any order, each line keeping its number and instance", async (t) => {
  const inOrder = await played(t);
  for (const seed of ["1", "2", "3"]) {
    const shuffled = await played(t, ["--shuffle", seed]);
    assert.deepEqual(
      shuffled.lines.map(({ i, id }) => [i, id]),
      inOrder.lines.map(({ i, id }) => [i, id]),
    );
  }
});

test("replay names a file that cannot be read", async (t) => {
  const { url } = await freshDatabase(t);
  const dir = await temporaryFolder(t);
  const files = ["--in", join(dir, "missing"), "--out", join(dir, "out")];
  const { code, err } = await runCore(["replay", ...files, "--database-url", url]);
  assert.equal(code, 78);
  assert.match(err, /--in: .*missing/);
});
