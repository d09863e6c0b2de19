import assert from "node:assert/strict";
import { test } from "node:test";

import type { SourceQuery } from "../../src/model/sync-payload.ts";
import { narrowed } from "../../src/sources/armis-window.ts";
import { armisSource } from "../../src/sources/armis.ts";
import { startArmisFake, type ArmisFake, type ArmisFakeOptions } from "../fakes/armis-server.ts";
import { createFleet } from "../fakes/fleet.ts";
import { failureOf, pull, pullChanges, type Changes } from "../support/pull.ts";
import { armisConfig } from "./armis-harness.ts";

const HOUR = 3_600_000;
const DEVICES = 40;
const fleet = createFleet({ seed: 9, devices: DEVICES });

/** A fake whose devices were all seen two days ago, read once; then `seen` are seen again, and ten minutes pass. */
async function readTwice(
  seen: readonly number[],
  options: Partial<ArmisFakeOptions> & { readonly queries?: readonly SourceQuery[] } = {},
): Promise<Changes & { readonly asked: readonly (string | null)[] }> {
  const { queries = [], ...more } = options;
  let nowMs = Date.UTC(2026, 10, 23, 8);
  const asked: (string | null)[] = [];
  const onSearch = ({ params }: { params: URLSearchParams }): void =>
    void asked.push(params.get("aql"));
  await using fake: ArmisFake = await startArmisFake({
    fleet,
    now: () => nowMs,
    tokenLifeMs: 24 * HOUR,
    onSearch,
    ...more,
  });
  for (let index = 0; index < DEVICES; index += 1) fake.inventory.age(index, 2);
  const config = armisConfig(fake.url, { queries });
  const full = await pull(armisSource, config);
  nowMs += 600_000;
  for (const index of seen) fake.inventory.age(index, 0);
  asked.length = 0;
  const changes = await pullChanges(armisSource, config, { mark: full.pages[0]?.mark ?? "" });
  return { ...changes, asked };
}

function idsOf({ devices }: Changes): readonly number[] {
  return devices.map(({ metadata }) => Number(metadata["armis_device_id"]));
}

test("armis changes: what was seen since comes, in a window that Armis counts from its own now", async () => {
  const read = await readTwice([3, 17, 30]);
  assert.deepEqual(idsOf(read), [4, 18, 31]);
  assert.deepEqual(read.gone, []);
  assert.equal(read.mark, "2026-11-23T08:10:00.000Z");
  assert.equal(read.asked.at(-1), 'in:devices timeFrame:"1 Hours"');
});

test("armis changes: where nothing was seen nothing comes", async () => {
  assert.deepEqual(idsOf(await readTwice([])), []);
});

test("armis changes: each query keeps what it asks besides", async () => {
  const site = fleet.device(3).site;
  const queries = [
    { label: "all", query: 'in:devices timeFrame:"30 Days"' },
    { label: "site", query: `in:devices site:"${site}" timeFrame:"7 Days"` },
  ];
  const read = await readTwice([3], { queries });
  assert.deepEqual(idsOf(read), [4]);
  assert.equal(read.devices[0]?.metadata["query_label"], "all,site");
  assert.ok(read.asked.includes(`in:devices site:"${site}" timeFrame:"1 Hours"`));
});

test("armis changes: an Armis that ignores the window cannot tell what changed", async () => {
  const failed = readTwice([3], { ignoresTimeFrame: true });
  assert.equal((await failureOf(failed)).code, "changes_unknown");
});

test("a query's window is made shorter, in whole hours, and only where that means less", () => {
  const query = (text: string): SourceQuery => ({ label: "q", query: text });
  const narrow = (text: string, ms: number): string => narrowed(query(text), ms).query;
  assert.equal(narrow('in:devices timeFrame:"7 Days"', 1), 'in:devices timeFrame:"1 Hours"');
  assert.equal(
    narrow('timeFrame:"1 weeks" in:devices', HOUR + 1),
    'timeFrame:"2 Hours" in:devices',
  );
  for (const text of [
    "in:devices",
    'in:devices timeFrame:"2 Hours"',
    "in:devices after:2026-11-23T08:00:00",
    'in:devices timeFrame:"7 Days" before:2026-11-23T08:00:00',
    'in:devices timeFrame:"7 fortnights"',
    'in:devices timeFrame:"7 Days" timeFrame:"8 Days"',
  ]) {
    assert.throws(() => narrow(text, 2 * HOUR), { code: "changes_unknown" }, text);
  }
});
