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

test("the page of the API tells of every member that a route takes and gives, and links shapes that have a name", () => {
  const thing = {
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string", description: "What it is <called>" },
      tags: { type: "array", items: { type: "object", properties: { key: { type: "string" } } } },
      state: { enum: ["on", "off"], default: "on" },
      note: { anyOf: [{ type: "string" }, { type: "null" }] },
    },
  };
  const named = { schema: { $ref: "#/components/schemas/Thing" } };
  const page = docsPage({
    info: { title: "A", version: "1" },
    paths: {
      "/x": {
        post: {
          parameters: [{ name: "n", in: "query", schema: { type: "integer", default: 5 } }],
          requestBody: { content: { "application/json": named } },
          responses: { 200: { description: "It", content: { "application/json": named } } },
        },
      },
    },
    components: { schemas: { Thing: thing } },
  });
  assert.match(page, /<code>n<\/code> integer, optional, else <code>5<\/code>: in the query/);
  assert.equal(
    page.match(/application\/json<\/code>: <a href="#shape-Thing">Thing<\/a>/g)?.length,
    2,
  );
  assert.match(page, /<h3 id="shape-Thing">/);
  assert.match(page, /<code>name<\/code> string: What it is &lt;called&gt;<\/li>/);
  assert.match(page, /<code>tags<\/code> list of object, optional<ul><li><code>key<\/code> string/);
  assert.match(
    page,
    /<code>state<\/code> <code>&quot;on&quot;<\/code> or <code>&quot;off&quot;<\/code>, optional, else/,
  );
  assert.match(page, /<code>note<\/code> string or null, optional/);
});
