import assert from "node:assert/strict";
import { test } from "node:test";

import type { SourceQuery } from "../../src/model/sync-payload.ts";
import { ARMIS_FLAWS } from "../fakes/armis-record.ts";
import { startArmisFake, type ArmisFakeOptions } from "../fakes/armis-server.ts";
import { createFleet } from "../fakes/fleet.ts";
import { armisConfig } from "./armis-harness.ts";
import { idsTo, openArmis, pullArmis, pullError } from "./armis-pull.ts";

const DEVICES = 120;
const fleet = createFleet({ seed: 9, devices: DEVICES });

function matching(wanted: (device: ReturnType<typeof fleet.device>) => boolean): readonly number[] {
  return idsTo(DEVICES).filter((id) => wanted(fleet.device(id - 1)));
}

test("every page is asked for by id, with its total, a window and the fields that are read", async () => {
  const asked: URLSearchParams[] = [];
  await using fake = await startArmisFake({ fleet, onSearch: ({ params }) => asked.push(params) });
  await pullArmis(openArmis(armisConfig(fake.url, { pageSize: 50 })));
  assert.deepEqual(
    asked.map((params) => [params.get("from"), params.get("length")]),
    [
      ["0", "50"],
      ["49", "51"],
      ["99", "51"],
    ],
  );
  for (const params of asked) {
    assert.equal(params.get("aql"), 'in:devices timeFrame:"7 Days"');
    assert.equal(params.get("orderBy"), "id");
    assert.equal(params.get("includeTotal"), "true");
    assert.match(params.get("fields") ?? "", /^id,ipAddress,.*,lastSeen$/);
  }
});

test("a page size above Armis' own is not asked for", async () => {
  const lengths = new Set<string | null>();
  const onSearch: ArmisFakeOptions["onSearch"] = ({ params }) => lengths.add(params.get("length"));
  await using fake = await startArmisFake({
    fleet: createFleet({ seed: 9, devices: 6_000 }),
    onSearch,
  });
  const { ids } = await pullArmis(openArmis(armisConfig(fake.url, { pageSize: 20_000 })));
  assert.equal(ids.length, 6_000);
  assert.deepEqual([...lengths], ["5000"]);
});

const OVERLAPPING: readonly SourceQuery[] = [
  { label: "computers", query: 'in:devices category:Computers timeFrame:"7 Days"' },
  { label: "plants", query: 'in:devices site:"Austin Plant","Munich Plant" timeFrame:"7 Days"' },
  { label: "laptops", query: "in:devices type:Laptops" },
];
const PLANTS = ["Austin Plant", "Munich Plant"];

test("a device that several queries find comes once, with all their labels", async () => {
  await using fake = await startArmisFake({ fleet });
  const { devices, ids } = await pullArmis(
    openArmis(armisConfig(fake.url, { queries: OVERLAPPING })),
  );
  const expected = matching(
    ({ category, site }) => category === "Computers" || PLANTS.includes(site),
  );
  assert.deepEqual(ids, expected);
  for (const { metadata } of devices) {
    const { category, site, type } = fleet.device(Number(metadata["armis_device_id"]) - 1);
    const labels = [
      ...(category === "Computers" ? ["computers"] : []),
      ...(PLANTS.includes(site) ? ["plants"] : []),
      ...(type === "Laptops" ? ["laptops"] : []),
    ];
    assert.equal(metadata["query_label"], labels.join(","));
  }
});

test("a pull of several queries resumed from any cursor gives the rest", async () => {
  await using fake = await startArmisFake({ fleet });
  const source = openArmis(armisConfig(fake.url, { queries: OVERLAPPING }));
  const { pages, ids } = await pullArmis(source);
  assert.ok(pages.length > 5);
  let taken = 0;
  for (const { cursor, devices } of pages) {
    taken += devices.length;
    if (cursor === undefined) continue;
    assert.deepEqual((await pullArmis(source, { cursor })).ids, ids.slice(taken));
  }
});

test("a pull resumed after devices aged out meanwhile still gives the rest", async () => {
  await using fake = await startArmisFake({ fleet });
  const source = openArmis(armisConfig(fake.url));
  const { pages } = await pullArmis(source);
  const cursor = pages[5]?.cursor ?? "";
  for (const index of [1, 2, 3, 30, 59]) fake.inventory.remove(index);
  assert.deepEqual((await pullArmis(source, { cursor })).ids, idsTo(DEVICES).slice(60));
});

test("a cursor of other queries is refused", async () => {
  await using fake = await startArmisFake({ fleet });
  const { pages } = await pullArmis(openArmis(armisConfig(fake.url)));
  const other = openArmis(armisConfig(fake.url, { queries: OVERLAPPING }));
  const error = await pullError(other, { cursor: pages[0]?.cursor ?? "" });
  assert.deepEqual([error.code, error.retry], ["bad_data", "permanent"]);
});

test("devices that age out and come back during a pull make no other device skipped or doubled", async () => {
  const churned = [2, 5, 6, 7, 11, 14, 28, 33, 34, 35, 60, 77];
  await using fake = await startArmisFake({
    fleet,
    onSearch: ({ number }, { inventory }) => {
      for (const id of churned.slice(0, number)) inventory.remove(id - 1);
      if (number > 4) for (const id of churned.slice(0, number - 4)) inventory.restore(id - 1);
    },
  });
  const { ids } = await pullArmis(openArmis(armisConfig(fake.url)));
  assert.deepEqual(ids, [...new Set(ids)]);
  const stable = idsTo(DEVICES).filter((id) => !churned.includes(id));
  assert.deepEqual(
    ids.filter((id) => !churned.includes(id)),
    stable,
  );
});

test("a server that ignores orderBy is found out before anything is passed on", async () => {
  await using fake = await startArmisFake({ fleet, ignoresOrderBy: true });
  const error = await pullError(openArmis(armisConfig(fake.url, { pageSize: 100 })));
  assert.deepEqual([error.code, error.retry], ["filter_ignored", "permanent"]);
});

for (const end of ["null", "zero", "absent"] as const) {
  test(`the last page is known by its next: ${end}`, async () => {
    await using fake = await startArmisFake({ fleet, end });
    const { ids, pages } = await pullArmis(openArmis(armisConfig(fake.url)));
    assert.deepEqual(ids, idsTo(DEVICES));
    assert.equal(pages.at(-1)?.cursor, undefined);
  });
}

test("a server that ignores from does not keep us for ever", async () => {
  await using fake = await startArmisFake({
    fleet,
    fault: ({ number }) => (number > 2 ? { kind: "from_ignored" } : undefined),
  });
  const error = await pullError(openArmis(armisConfig(fake.url)));
  assert.equal(error.code, "bad_data");
  assert.match(error.message, /does not advance/);
});

for (const kind of ["next_repeats", "ends_early"] as const) {
  test(`a wrong next on every page loses nothing: ${kind}`, async () => {
    const onLast = (from: string | null): boolean => Number(from) >= DEVICES - 10;
    await using fake = await startArmisFake({
      fleet,
      fault: ({ params }) => (onLast(params.get("from")) ? undefined : { kind }),
    });
    assert.deepEqual((await pullArmis(openArmis(armisConfig(fake.url)))).ids, idsTo(DEVICES));
  });
}

test("an answer that says success: false fails the pull with Armis' words", async () => {
  await using fake = await startArmisFake({
    fleet,
    fault: ({ number }) => (number === 3 ? { kind: "unsuccessful" } : undefined),
  });
  const error = await pullError(openArmis(armisConfig(fake.url)));
  assert.deepEqual([error.code, error.retry], ["bad_data", "transient"]);
  assert.match(error.message, /Something went wrong/);
});

test("a page that is too much for the server is asked for in smaller parts", async () => {
  await using fake = await startArmisFake({
    fleet: createFleet({ seed: 9, devices: 700 }),
    fault: ({ params }) =>
      Number(params.get("length")) > 150 ? { kind: "status", status: 504 } : undefined,
  });
  const { ids } = await pullArmis(openArmis(armisConfig(fake.url, { pageSize: 500 })));
  assert.deepEqual(ids, idsTo(700));
});

test("a query that Armis cannot read is named", async () => {
  await using fake = await startArmisFake({ fleet });
  const queries = [{ label: "typo", query: "in:devices nosuch:1" }];
  const error = await pullError(openArmis(armisConfig(fake.url, { queries })));
  assert.deepEqual([error.code, error.retry], ["bad_data", "permanent"]);
  assert.match(error.message, /^query "typo": .*unknown field nosuch/);
});

test("of all wrong records only those without an id are rejected, and all others come", async () => {
  const flaw: ArmisFakeOptions["flaw"] = (id) =>
    id % 4 === 0 ? ARMIS_FLAWS[(id / 4) % ARMIS_FLAWS.length] : undefined;
  await using fake = await startArmisFake({ fleet, flaw });
  const { ids, rejected } = await pullArmis(openArmis(armisConfig(fake.url, { pageSize: 7 })));
  const unreadable = idsTo(DEVICES).filter((id) =>
    ["id_unreadable", "id_missing", "not_an_object"].includes(flaw(id) ?? ""),
  );
  assert.deepEqual(
    ids,
    idsTo(DEVICES).filter((id) => !unreadable.includes(id)),
  );
  assert.equal(rejected.length, unreadable.length);
});

test("devices of blacklisted networks are left out without being rejected", async () => {
  await using fake = await startArmisFake({ fleet });
  const { ids, rejected, pages } = await pullArmis(
    openArmis(armisConfig(fake.url, { networkBlacklist: ["10.128.0.0/9"] })),
  );
  const kept = matching(({ ips }) => ips.some((ip) => Number(ip.split(".")[1]) < 128));
  assert.deepEqual(ids, kept);
  assert.ok(kept.length > 0 && kept.length < DEVICES);
  assert.deepEqual(rejected, []);
  assert.equal(pages.at(-1)?.sourceTotal, DEVICES);
});
