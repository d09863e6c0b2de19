import assert from "node:assert/strict";
import { test } from "node:test";

import { closest, didYouMean } from "../../src/lib/did-you-mean.ts";

const WORDS = ["gateway_addr", "gateway_security", "partition", "agent_id", "host_ip", "run"];

test("a slip leads to the word that was meant", () => {
  assert.equal(closest("gatway_addr", WORDS), "gateway_addr");
  assert.equal(closest("gatewayAddr", WORDS), "gateway_addr");
  assert.equal(closest("agnet-id", WORDS), "agent_id");
  assert.equal(closest("parition", WORDS), "partition");
});

test("a word unlike all others leads nowhere", () => {
  assert.equal(closest("zzzzzzzz", WORDS), undefined);
  assert.equal(closest("x", WORDS), undefined);
  assert.equal(closest("", WORDS), undefined);
  assert.equal(didYouMean("kubernetes", WORDS), "");
});

test("the guess reads as the end of a complaint", () => {
  assert.equal(didYouMean("rnu", WORDS), ', did you mean "run"?');
});
