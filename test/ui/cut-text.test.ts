import assert from "node:assert/strict";
import { test } from "node:test";

import { titleCut, type MaybeCut } from "../../src/ui/parts/cut-text.ts";

const cell = (textContent: string, scrollWidth: number, title = ""): MaybeCut => ({
  textContent,
  scrollWidth,
  clientWidth: 100,
  title,
  dataset: {},
});

test("a text that has no room can be read at the pointer, and one that has room needs no title", () => {
  const long = cell("aus1-srv-0hx91.corp.example.com", 180);
  titleCut(long);
  assert.equal(long.title, "aus1-srv-0hx91.corp.example.com");
  const short = cell("vm", 100);
  titleCut(short);
  assert.equal(short.title, "");
});

test("a cell that is used for another row tells of that one", () => {
  const used = cell("aus1-srv-0hx91.corp.example.com", 180);
  titleCut(used);
  const next = { ...used, textContent: "nyc1-srv-10tz1.corp.example.com" };
  titleCut(next);
  assert.equal(next.title, "nyc1-srv-10tz1.corp.example.com");
  const fits = { ...used, textContent: "vm", scrollWidth: 90 };
  titleCut(fits);
  assert.equal(fits.title, "");
});

test("a title of its own stays", () => {
  const own = cell("Corporate", 180, "Corporate, High Risk");
  titleCut(own);
  assert.equal(own.title, "Corporate, High Risk");
});
