import assert from "node:assert/strict";
import { test } from "node:test";

import { subscription } from "../../src/api/page-subscription.ts";
import type { Told } from "../../src/api/tenant-news.ts";

const DEVICES: Told = new Map([["devices", {}]]);
const RUNS: Told = new Map([["runs", {}]]);
const NOTHING: Told = new Map();
const QUIET = ": quiet\n\n";

/** A page that a test changes, and how often it was read. */
function pageOf(first: number): {
  page: number;
  reads: number;
  readonly read: () => Promise<number>;
} {
  const held = {
    page: first,
    reads: 0,
    read: async () => {
      held.reads += 1;
      return await Promise.resolve(held.page);
    },
  };
  return held;
}

test("a page is told, and again only where devices changed and it did", async () => {
  const held = pageOf(1);
  const { first, textOf } = subscription(1, held.read);
  assert.equal(first, "event: page\ndata: 1\n\n");
  assert.equal(await textOf(DEVICES), QUIET);
  held.page = 2;
  const before = held.reads;
  assert.equal(await textOf(RUNS), QUIET);
  assert.equal(await textOf(NOTHING), QUIET);
  assert.equal(held.reads, before);
  assert.equal(await textOf(DEVICES), "event: page\ndata: 2\n\n");
});

test("what changed before the first look, which tells no news of it, is told at that", async () => {
  const held = pageOf(1);
  const { textOf } = subscription(1, held.read);
  held.page = 2;
  assert.equal(await textOf(NOTHING), "event: page\ndata: 2\n\n");
});
