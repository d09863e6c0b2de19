/** Documents lead to what is there, and the commands that they show can be typed. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { readPayload } from "../../src/control/source-settings.ts";
import { complaint } from "../support/command-lines.ts";
import { readDocument } from "../support/markdown.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "src/README.md",
  ...readdirSync(new URL("docs/", ROOT), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => `docs/${path}`),
];

test("every link within the repository leads to a file", () => {
  const broken = PAGES.flatMap((page) =>
    [...readDocument(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .filter(([, target = ""]) => !existsSync(new URL(target, new URL(page, ROOT))))
      .map(([, target]) => `${page}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test("every command line that README.md shows is one that its program takes", async () => {
  const lines = [...readDocument("README.md").matchAll(/npm run -s (core|agent) -- ([^`#\n&]+)/g)];
  assert.ok(lines.length > 12);
  for (const [line, program = "", words = ""] of lines) {
    assert.ok(program === "core" || program === "agent");
    assert.equal(await complaint(program, words.trim().split(/\s+/)), undefined, line);
  }
});

test("the sources that README.md shows are taken as they stand", () => {
  const text = readDocument("README.md");
  const [, first = ""] = /echo '([^']+)'/.exec(text) ?? [];
  const [, second = ""] = /`("armis": \{[^`]+\})`/.exec(text) ?? [];
  for (const payload of [first, `{"sources": {${second}}}`]) {
    const read = readPayload(JSON.parse(payload));
    assert.ok(read.ok, read.ok ? "" : read.error);
    assert.equal(read.value.length, 1);
  }
});
