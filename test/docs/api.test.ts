/** docs/api.md says what the API answers. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { PROBLEM_STATUS } from "../../src/api/errors.ts";
import { readDocument, sectionOf, tableOf } from "../support/markdown.ts";

test("docs/api.md lists every code of a problem, by its status", () => {
  const documented = tableOf(sectionOf(readDocument("docs/api.md"), "## Errors")).flatMap(
    ([statuses = "", codes = ""]) =>
      [...codes.matchAll(/`([a-z]+(?:_[a-z]+)+|csrf|unauthenticated)`/g)].map(([, code]) => ({
        code,
        statuses,
      })),
  );
  const known = new Set(documented.map(({ code }) => code));
  for (const [code, status] of Object.entries(PROBLEM_STATUS)) {
    const row = documented.find((one) => one.code === code);
    assert.ok(row?.statuses.includes(String(status)), `${code} belongs into the row of ${status}`);
    known.delete(code);
  }
  known.delete("request_id");
  assert.deepEqual([...known], [], "no code of ours");
});
