import assert from "node:assert/strict";
import { test } from "node:test";

import { maskedJson, maskUserinfo } from "../../src/lib/secret.ts";

for (const [shape, text, masked] of [
  ["a user and a password", "http://ann:hush@proxy:3128/x", "http://[redacted]@proxy:3128/x"],
  ["a token for a user", "https://hush@api.example.net", "https://[redacted]@api.example.net"],
  ["an @ and a blank in the password", "http://ann:hu sh@x@proxy", "http://[redacted]@proxy"],
  ["any scheme", "postgresql://u:hush@db/x?host=/run", "postgresql://[redacted]@db/x?host=/run"],
  [
    "URLs inside a text",
    "from http://u:hush@a to http://b",
    "from http://[redacted]@a to http://b",
  ],
]) {
  test(`a URL with ${shape} is masked up to its host`, () => {
    assert.equal(maskUserinfo(text ?? ""), masked);
  });
}

for (const text of [
  "https://netbox.example.com/a@b?c=d@e#f@g",
  'in:devices name:"http://x" user:"a@b"',
  "ops@example.net",
  "10.0.0.0/8",
]) {
  test(`a text that holds no user of a URL stays as it is: ${text}`, () => {
    assert.equal(maskUserinfo(text), text);
  });
}

test("JSON is masked however deep a URL stands in it", () => {
  const deep = { a: [{ b: "http://u:hush@x" }], n: 1, none: null };
  assert.equal(maskedJson(deep), '{"a":[{"b":"http://[redacted]@x"}],"n":1,"none":null}');
});
