import assert from "node:assert/strict";
import { test } from "node:test";

import { docsPage } from "../../src/api/docs-page.ts";

test("the page of the API lists routes by tag, runs nothing, asks no other host, and escapes what it shows", () => {
  const page = docsPage({
    info: { title: "A <b>", version: "1" },
    paths: {
      "/x/{id}": {
        get: {
          tags: ["things"],
          summary: "One & all",
          parameters: [{ name: "id", in: "path", required: true }],
          responses: { 200: { description: "<i>it</i>" } },
        },
      },
    },
  });
  assert.match(page, /<h2 id="things">things<\/h2>/);
  assert.match(page, /<code>\/x\/\{id\}<\/code> One &amp; all/);
  assert.match(page, /A &lt;b&gt; 1/);
  assert.match(page, /&lt;i&gt;it&lt;\/i&gt;/);
  assert.doesNotMatch(page, /<script|style=|<style|https?:|<i>/);
});
