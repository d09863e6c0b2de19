import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { copyRows } from "../../src/db/copy-rows.ts";
import { tx } from "../../src/db/tx.ts";
import { freshDatabase } from "../support/database.ts";

/** Whatever text PostgreSQL can hold: all but NUL and half a pair. */
const text = fc.oneof(
  fc.constantFrom("\\N", "\\", "\\.", "\t", "\r\n", "", '{"a":"\\u00e9\\n"}'),
  fc.string({ unit: "grapheme" }).map((value) => value.replaceAll("\0", "")),
);
const row = fc.record({ value: text, record_no: fc.integer({ min: 1, max: 2 ** 31 - 1 }) });

test("rows arrive as they were given, of the tenant, and a row that is there already fails the transaction", async (t) => {
  const { db } = await freshDatabase(t);
  let tenant = 0;
  const copy = async (rows: readonly { readonly value: string; readonly record_no: number }[]) =>
    await tx(db, (open) =>
      copyRows(open, tenant, {
        into: "sync.facts",
        columns: ["partition_no", "type", "value", "record_no"],
        rows: rows.map(({ value, record_no: no }) => [1, 2, value, no]),
      }),
    );
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(row, { selector: (one) => one.record_no }), async (rows) => {
      tenant += 1;
      await copy(rows);
      const { rows: stored } = await db.query<{ value: string; record_no: number }>(
        "select value, record_no from sync.facts where tenant = $1 and partition_no = 1 and type = 2",
        [tenant],
      );
      const byNumber = (a: { record_no: number }, b: { record_no: number }): number =>
        a.record_no - b.record_no;
      assert.deepEqual(
        stored.toSorted(byNumber),
        rows.map(({ value, record_no }) => ({ value, record_no })).toSorted(byNumber),
      );
    }),
    { numRuns: 25 },
  );
  tenant += 1;
  await copy([{ value: "a", record_no: 1 }]);
  await assert.rejects(copy([{ value: "a", record_no: 1 }]), { code: "db_unique_violation" });
});
