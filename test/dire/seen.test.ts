/** Unchanged sightings cost no row a record, and yet nothing of a record's life is lost. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { tx } from "../../src/db/tx.ts";
import { dayOf, oneDay, unionDays } from "../../src/dire/day-set.ts";
import { loadRecords } from "../../src/dire/load-state.ts";
import { allVersions } from "../../src/dire/record-state.ts";
import { freshDatabase } from "../support/database.ts";
import { feed, newTenant, type WireUpdate } from "../support/dire.ts";

const START_MS = Date.UTC(2026, 0, 1);
const RECORDS = 24;

/** One run of a source: when it looked, and which of its records it left out; now and then one of them has a new name. */
const run = fc.record({
  minute: fc.integer({ min: 0, max: 4 * 1_440 }),
  missing: fc.uniqueArray(fc.integer({ min: 1, max: RECORDS }), { maxLength: 6 }),
  renamed: fc.option(fc.integer({ min: 1, max: RECORDS }), { freq: 3 }),
});
type Run = typeof run extends fc.Arbitrary<infer T> ? T : never;

function entriesOf({ minute, missing, renamed }: Run): readonly WireUpdate[] {
  return Array.from({ length: RECORDS }, (_, i) => i + 1)
    .filter((no) => !missing.includes(no))
    .map((no) => ({
      source: "netbox",
      timestamp: new Date(START_MS + minute * 60_000).toISOString(),
      hostname: no === renamed ? `other-${no}` : `host-${no}`,
      metadata: { netbox_device_id: String(no), integration_id: String(no) },
    }));
}

test("first and last sighting and days of every record are what its runs say, in whatever order they came", async (t) => {
  const { db } = await freshDatabase(t);
  await fc.assert(
    fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 8 }), async (runs) => {
      const lease = await newTenant(db);
      for (const each of runs) await feed(db, lease, entriesOf(each));
      const { rows } = await db.query<{ record_no: number }>(
        "select record_no from sync.records where tenant = $1",
        [lease.tenant],
      );
      const numbers = rows.map((row) => row.record_no);
      const loaded = await tx(db, (open) => loadRecords(open, lease.tenant, numbers));
      for (const { row, state } of loaded.values()) {
        const native = Number(row.native);
        const seen = runs.filter(({ missing }) => !missing.includes(native));
        for (const { features, firstMs, lastMs } of allVersions(state).values()) {
          const name = features.host;
          const times = seen
            .filter(
              ({ renamed }) => (renamed === native ? `other-${native}` : `host-${native}`) === name,
            )
            .map(({ minute }) => START_MS + minute * 60_000);
          assert.deepEqual([firstMs, lastMs], [Math.min(...times), Math.max(...times)], `${name}`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a source that is pulled all day leaves one row a day and block, and the days of its records", async (t) => {
  const { db } = await freshDatabase(t);
  const lease = await newTenant(db);
  const runs = Array.from({ length: 40 }, (_, i) => ({
    minute: i * 97,
    missing: [],
    renamed: null,
  }));
  for (const each of runs) await feed(db, lease, entriesOf(each));
  const days = new Set(runs.map(({ minute }) => Math.floor(minute / 1_440)));
  const { rows } = await db.query<{ rows: number }>(
    "select count(*)::int as rows from sync.seen_segments where tenant = $1",
    [lease.tenant],
  );
  assert.equal(rows[0]?.rows, days.size);
  const loaded = await tx(db, (open) => loadRecords(open, lease.tenant, [1]));
  const expected = [...days].map((day) => oneDay(dayOf(START_MS) + day)).reduce(unionDays);
  assert.deepEqual(loaded.get(1)?.state.content.days, expected);
});
