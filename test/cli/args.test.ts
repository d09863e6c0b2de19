import assert from "node:assert/strict";
import { test } from "node:test";

import {
  integer,
  many,
  oneOf,
  optional,
  readArguments,
  required,
  short,
  toggle,
  withDefault,
} from "../../src/cli/args.ts";

const accepts = {
  operands: { file: required("FILE", "what to read"), more: many("MORE", "the rest") },
  flags: {
    config: short("c", withDefault("FILE", "settings", "/etc/agent.json")),
    dataDir: optional("DIR", "where data is"),
    json: toggle("as JSON"),
    tenant: many("SLUG", "whose"),
    format: oneOf(["json", "pretty"], "how lines look"),
    limit: integer("N", "how many", { min: 1, max: 100 }),
  },
};

function read(...argv: readonly string[]): unknown {
  const values = readArguments(accepts, argv);
  return values.ok ? values.value : values.error;
}

const NOTHING_ELSE = {
  file: "in.json",
  more: [],
  config: "/etc/agent.json",
  dataDir: undefined,
  json: false,
  tenant: [],
  format: undefined,
  limit: undefined,
};

test("what is left out has its default", () => {
  assert.deepEqual(read("in.json"), NOTHING_ELSE);
});

test("flags and operands stand in any order", () => {
  const argv = ["--json", "in.json", "--tenant=a", "b.json", "-c", "x.json", "--tenant", "b"];
  assert.deepEqual(read(...argv, "--limit", "7", "--format", "json", "--data-dir", "d", "c.json"), {
    file: "in.json",
    more: ["b.json", "c.json"],
    config: "x.json",
    dataDir: "d",
    json: true,
    tenant: ["a", "b"],
    format: "json",
    limit: 7,
  });
});

test("Go's way to write a flag is understood", () => {
  assert.deepEqual(read("-config", "x.json", "in.json", "-json"), {
    ...NOTHING_ELSE,
    config: "x.json",
    json: true,
  });
});

test("what follows two dashes is no flag", () => {
  assert.deepEqual(read("--", "--json"), { ...NOTHING_ELSE, file: "--json" });
});

const MISTAKES: readonly (readonly [string, readonly string[], string])[] = [
  ["a missing operand is named", [], "FILE is missing"],
  [
    "an unknown flag is named with what was meant",
    ["f", "--confg", "x"],
    'unknown flag --confg, did you mean "--config"?',
  ],
  ["a flag like no other gets no guess", ["f", "--zzzzzz"], "unknown flag --zzzzzz"],
  ["a flag without its value", ["f", "--config"], "--config needs a value FILE"],
  [
    "a flag that swallowed the next one",
    ["f", "--config", "--json"],
    "--config needs a value FILE",
  ],
  ["a value for a switch", ["f", "--json=yes"], "--json takes no value"],
  ["a flag given twice", ["f", "--config", "a", "-c", "b"], "-c is given twice"],
  [
    "a word that is none of the choices",
    ["f", "--format", "jsn"],
    '--format must be one of json, pretty, not "jsn", did you mean "json"?',
  ],
  [
    "a number out of bounds",
    ["f", "--limit", "101"],
    '--limit must be a whole number from 1 to 100, not "101"',
  ],
  [
    "a number that is none",
    ["f", "--limit", "1e1"],
    '--limit must be a whole number from 1 to 100, not "1e1"',
  ],
];

for (const [what, argv, complaint] of MISTAKES) {
  test(`misuse is explained: ${what}`, () => assert.equal(read(...argv), complaint));
}

test("an operand too many is named", () => {
  const one = { operands: { file: required("FILE", "what") }, flags: {} };
  const values = readArguments(one, ["a", "b"]);
  assert.equal(values.ok ? "" : values.error, '"b" is more than the command takes');
});
