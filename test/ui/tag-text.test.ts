import assert from "node:assert/strict";
import { test } from "node:test";

import { readKeys, readTags, tagWord } from "../../src/ui/pages/devices/tag-text.ts";

test("tags are read as they are written, and what is none is named", () => {
  assert.deepEqual(readTags(" role=edge , lab,site.row = a=b,"), {
    ok: true,
    value: { role: "edge", lab: "", "site.row": "a=b" },
  });
  assert.deepEqual(readTags(""), { ok: true, value: {} });
  assert.deepEqual(readKeys("lab, role"), { ok: true, value: ["lab", "role"] });
  assert.match(JSON.stringify(readTags("a b=c")), /\\"a b\\": a tag's name has/);
  assert.deepEqual([tagWord("a", ""), tagWord("a", "b")], ["a", "a=b"]);
});
