import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import fc from "fast-check";

import { parseDeviceUpdate } from "../../src/model/device-update.ts";
import { removeFolder } from "../support/remove-folder.ts";
import type { FleetBatch } from "./delivery.ts";
import { writeFleet } from "./generate.ts";
import {
  createIdentityFleet,
  tagsOf,
  type FleetOptions,
  type IdentityFleet,
} from "./identity-fleet.ts";
import type { Delivered } from "./observe.ts";
import { mixtureOf, PROFILES } from "./profiles.ts";
import type { BatchLine, TruthLine } from "./scoring/lines.ts";
import { readJsonLines } from "./scoring/read-lines.ts";
import { MODES } from "./tags.ts";
import { stateAt } from "./world/device.ts";

const FIRST_DAY_MS = Date.UTC(2026, 2, 2);
const DAY_MS = 86_400_000;

const options: fc.Arbitrary<FleetOptions> = fc.record({
  seed: fc.nat(),
  devices: fc.integer({ min: 0, max: 150 }),
  days: fc.integer({ min: 1, max: 5 }),
  profile: fc.constantFrom(...PROFILES),
});

function delivered(fleet: IdentityFleet): readonly (Delivered & { readonly batch: FleetBatch })[] {
  return [...fleet.batches()].flatMap((batch) =>
    batch.delivered.map((line) => ({ ...line, batch })),
  );
}

function eventDay({ update }: Delivered): number {
  return Math.floor((Date.parse(update.timestamp) - FIRST_DAY_MS) / DAY_MS);
}

test("the same options give the same updates, whenever they are read", () => {
  const linesOf = (fleet: IdentityFleet): string =>
    JSON.stringify(delivered(fleet).map((l) => l.update));
  fc.assert(
    fc.property(options, (chosen) => {
      const fleet = createIdentityFleet(chosen);
      const lines = linesOf(fleet);
      assert.equal(linesOf(fleet), lines);
      assert.equal(linesOf(createIdentityFleet(chosen)), lines);
    }),
    { numRuns: 10 },
  );
});

test("another seed gives other updates", () => {
  const [one, two] = [1, 2].map((seed) => delivered(createIdentityFleet({ seed, devices: 20 })));
  assert.notDeepEqual(one?.[0]?.update, two?.[0]?.update);
});

test("every update is one that the product reads, and says nothing empty", () => {
  fc.assert(
    fc.property(options, (chosen) => {
      for (const { update, batch } of delivered(createIdentityFleet(chosen))) {
        const parsed = parseDeviceUpdate(JSON.parse(JSON.stringify(update)), 0);
        assert.ok(parsed.ok, parsed.ok ? "" : parsed.error);
        assert.deepEqual(parsed.value.metadata, update.metadata);
        assert.equal(parsed.value.timestampMs, Date.parse(update.timestamp));
        assert.equal(update.source, batch.instance.source);
        assert.equal(update.partition, batch.instance.partition);
        assert.ok(!JSON.stringify(update).includes('""'), JSON.stringify(update));
      }
    }),
    { numRuns: 20 },
  );
});

test("batches arrive day by day, and only what is late or comes again is older than its batch", () => {
  fc.assert(
    fc.property(options, (chosen) => {
      let day = 0;
      for (const line of delivered(createIdentityFleet(chosen))) {
        assert.ok(line.batch.day >= day && line.batch.day < (chosen.days ?? 0));
        day = line.batch.day;
        const age = day - eventDay(line);
        assert.ok(age >= 0 && age <= 2);
        const { modes } = line.device;
        if (age > 0) assert.ok(modes.has("late_update") || modes.has("redelivered"));
      }
    }),
    { numRuns: 20 },
  );
});

test("no address of a partition has two holders at one time", () => {
  const fleet = createIdentityFleet({ seed: 3, devices: 1_500, profile: "stress" });
  for (const at of [0.1, 0.8, 1.1, 2.8, 4.5]) {
    const held = fleet.devices
      .map((device) => ({ device, state: stateAt(device, at) }))
      .filter(({ state }) => state.isPresent)
      .map(({ device, state }) => `${device.partition} ${state.ip}`);
    assert.equal(new Set(held).size, held.length, `at day ${at}`);
  }
});

test("every mode hits its share of the devices", () => {
  const devices = 2_000;
  const fleet = createIdentityFleet({ seed: 4, devices });
  const { rates } = mixtureOf("default", 4);
  for (const mode of MODES) {
    const hit = fleet.devices.filter(({ modes }) => modes.has(mode)).length;
    const due = rates[mode] * devices;
    // Groups are struck whole, and proxy_arp marks the routers too.
    assert.ok(hit >= due && hit <= due * 1.2 + 10, `${mode} hit ${hit} devices, due ${due}`);
  }
});

test("a mode with a rate above 0 strikes also a small fleet", () => {
  const fleet = createIdentityFleet({ seed: 5, devices: 300, days: 3 });
  const tags = new Set(fleet.devices.flatMap(tagsOf));
  assert.deepEqual(
    MODES.filter((mode) => !tags.has(mode)),
    [],
  );
});

test("a clean fleet has plain devices only, and a fleet of records no sweeps", () => {
  const clean = createIdentityFleet({ seed: 6, devices: 100, profile: "clean" });
  assert.deepEqual([...new Set(clean.devices.flatMap(tagsOf))], ["plain"]);
  const records = delivered(createIdentityFleet({ seed: 6, devices: 100, profile: "records" }));
  assert.deepEqual(
    records.filter(({ update }) => update.source === "sweep"),
    [],
  );
});

test("rates of a wild fleet depend on the seed, those of the others do not", () => {
  assert.notDeepEqual(mixtureOf("wild", 1), mixtureOf("wild", 2));
  assert.deepEqual(mixtureOf("stress", 1), mixtureOf("stress", 2));
});

test("the top-level agent is the collector: no device's own id but that of an agent reporting itself", () => {
  for (const { update } of delivered(createIdentityFleet({ seed: 7, devices: 300 }))) {
    const own = update.metadata["agent_id"];
    if (update.source === "agent") assert.equal(update.agent_id, own);
    else if (update.source !== "mapper") assert.equal(own, undefined);
  }
});

test("files of a fleet say the same of every line, and batches cover every line once", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "fleet-"));
  t.after(() => removeFolder(folder));
  const chosen: FleetOptions = { seed: 8, devices: 200, days: 2 };
  const count = writeFleet(chosen, folder);
  const lines = delivered(createIdentityFleet(chosen));
  const updates = [...readJsonLines<unknown>(join(folder, "updates.jsonl"))];
  assert.equal(count, lines.length);
  assert.deepEqual(
    updates,
    lines.map(({ update }) => update),
  );
  const truth = [...readJsonLines<TruthLine>(join(folder, "truth.jsonl"))];
  assert.deepEqual(
    truth.map(({ i, device }) => [i, device]),
    lines.map(({ device }, i) => [i, device.no]),
  );
  const batches = JSON.parse(readFileSync(join(folder, "batches.json"), "utf8")) as BatchLine[];
  let next = 0;
  for (const batch of batches) {
    assert.equal(batch.start, next);
    next += batch.count;
    for (const line of truth.slice(batch.start, next)) {
      assert.equal(line.day, batch.day);
      assert.equal(line.source, batch.source);
    }
  }
  assert.equal(next, count);
});
