import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { freshDatabase } from "../support/database.ts";

/** What PostgreSQL can hold: no NUL, no half of a pair. */
const text = fc
  .oneof(
    fc.string({ unit: "binary" }).filter((one) => one.isWellFormed()),
    fc.constantFrom("", "NULL", "null", "{", "}", ",", '"', "\\", '\\"', " x ", "\n", "a\tb", "é{"),
  )
  .map((one) => one.replaceAll("\0", ""));

test("arrays of texts, numbers, flags and nulls come back from the server as they went", async (t) => {
  const { db } = await freshDatabase(t, { migrated: false });
  const column = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<(T | null)[]> =>
    fc.array(fc.option(one), { maxLength: 8 });
  const number = fc.double({ noNaN: true }).map((one) => one + 0);
  await fc.assert(
    fc.asyncProperty(column(text), column(number), column(fc.boolean()), async (...columns) => {
      const { rows } = await db.query(
        "select $1::text[] as texts, $2::float8[] as numbers, $3::bool[] as flags",
        columns,
      );
      const [texts, numbers, flags] = columns;
      assert.deepEqual(rows, [{ texts, numbers, flags }]);
    }),
    { numRuns: 50 },
  );
});

test("what is no plain value is the driver's to write", async (t) => {
  const { db } = await freshDatabase(t, { migrated: false });
  const bytes = [Buffer.from("a\\b"), Buffer.from([0, 255])];
  const { rows } = await db.query<{ bytes: Buffer[]; nested: string[][]; parts: object[] }>(
    "select $1::bytea[] as bytes, $2::text[][] as nested, $3::json[] as parts",
    [
      bytes,
      [
        ["a", "b"],
        ["c", '"'],
      ],
      [{ a: 1 }, null],
    ],
  );
  assert.deepEqual(rows, [
    {
      bytes,
      nested: [
        ["a", "b"],
        ["c", '"'],
      ],
      parts: [{ a: 1 }, null],
    },
  ]);
});
