import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import fc from "fast-check";

import { completionsAt, valuesLike } from "../../src/model/srql-complete.ts";
import { DEVICE_FIELDS } from "../../src/model/srql-fields.ts";
import type { SrqlError } from "../../src/model/srql-syntax.ts";
import { parseSrql, type DeviceQuery } from "../../src/model/srql.ts";

const NOW = Date.UTC(2026, 10, 24, 12);
const DAY_MS = 86_400_000;

function parsed(text: string): DeviceQuery {
  const result = parseSrql(text, NOW);
  assert.ok(result.ok, result.ok ? "" : `${text}: ${result.error.message}`);
  return result.value;
}

function refused(text: string): SrqlError & { readonly at: string } {
  const result = parseSrql(text, NOW);
  assert.ok(!result.ok, `${text} was taken`);
  const { from, to } = result.error.span;
  return { ...result.error, at: text.slice(from, to) };
}

const wild = (text: string): object => ({ kind: "text", any: [{ text, isWild: true }] });
const plain = (...texts: string[]): object => ({
  kind: "text",
  any: texts.map((text) => ({ text, isWild: false })),
});

test("the reference's examples are read as it explains them", () => {
  const both = parsed(
    "in:devices discovery_sources:(sweep) discovery_sources:(armis) time:last_7d sort:last_seen:desc",
  );
  assert.deepEqual(
    both.conditions.map(({ field, test: asked }) => [field, asked]),
    [
      ["discovery_sources", plain("sweep")],
      ["discovery_sources", plain("armis")],
    ],
  );
  assert.deepEqual(both.time, { fromMs: NOW - 7 * DAY_MS, toMs: undefined });
  assert.deepEqual(both.sort, [{ field: "last_seen", isDescending: true }]);

  const source = parsed("in:devices source:netbox sort:hostname limit:20");
  assert.equal(source.conditions[0]?.field, "discovery_sources");
  assert.deepEqual(source.sort, [{ field: "hostname", isDescending: false }]);
  assert.equal(source.limit, 20);

  const tags = parsed("in:devices tags.role:server !hostname:%test%");
  assert.deepEqual(tags.conditions, [
    { field: "tags", path: "role", isNegated: false, test: plain("server") },
    { field: "hostname", path: undefined, isNegated: true, test: wild("%test%") },
  ]);
});

test("terms come in any order, with AND or without, and entity or none", () => {
  const expected = parsed("in:devices hostname:a model:b").conditions;
  for (const text of [
    "hostname:a AND model:b",
    "hostname:a and model:b in:devices",
    " hostname:a  model:b ",
  ]) {
    assert.deepEqual(parsed(text).conditions, expected, text);
  }
});

test("quotes keep spaces, colons and percent signs, and a list is any of its values", () => {
  assert.deepEqual(
    parsed('vendor:"Dell \\"EMC\\" 100%"').conditions[0]?.test,
    plain('Dell "EMC" 100%'),
  );
  assert.deepEqual(parsed("model:(R740, R640)").conditions[0]?.test, plain("R740", "R640"));
  assert.deepEqual(
    parsed('vendor:("Cisco Systems",Arista)').conditions[0]?.test,
    plain("Cisco Systems", "Arista"),
  );
});

test("a nested group is its fields written out, and a list of MACs is no group", () => {
  assert.deepEqual(
    parsed("os:(name:linux version:6%)").conditions,
    parsed("os.name:linux os.version:6%").conditions,
  );
  assert.deepEqual(
    parsed("tags:(role:server site:B1)").conditions,
    parsed("tags.role:server tags.site:B1").conditions,
  );
  const macs = parsed("mac:(ab:cd:ef:01:02:03,AA-BB-CC-DD-EE-01)").conditions[0]?.test;
  assert.deepEqual(macs, plain("ABCDEF010203", "AABBCCDDEE01"));
});

test("an address may be a network, a MAC is read in every spelling", () => {
  assert.deepEqual(parsed("ip:10.0.0.0/8").conditions[0]?.test, {
    kind: "network",
    any: ["10.0.0.0/8"],
  });
  assert.deepEqual(parsed("ip:(10.0.0.1,fe80::1)").conditions[0]?.test, {
    kind: "network",
    any: ["10.0.0.1", "fe80::1"],
  });
  assert.deepEqual(parsed("ip:10.0.%").conditions[0]?.test, wild("10.0.%"));
  assert.deepEqual(parsed("mac:001b.4411.3ab7").conditions[0]?.test, plain("001B44113AB7"));
});

test("numbers and times are compared, and a span may be open", () => {
  assert.deepEqual(parsed("risk_score:>=7.5").conditions[0]?.test, {
    kind: "beyond",
    operator: ">=",
    bound: 7.5,
  });
  assert.deepEqual(parsed("risk_score:[5,8]").conditions[0]?.test, {
    kind: "inside",
    low: 5,
    high: 8,
  });
  assert.deepEqual(parsed("time:[2026-01-01,]").time, {
    fromMs: Date.UTC(2026, 0, 1),
    toMs: undefined,
  });
  assert.deepEqual(parsed("time:yesterday").time, {
    fromMs: Date.UTC(2026, 10, 23),
    toMs: Date.UTC(2026, 10, 24),
  });
  assert.deepEqual(parsed('timeFrame:"7 Days"').time, parsed("time:last_7d").time);
  assert.deepEqual(parsed("first_seen:<2026-01-01").conditions[0]?.test, {
    kind: "during",
    span: { fromMs: undefined, toMs: Date.UTC(2026, 0, 1) },
  });
});

test("groups are counted by fields, and small ones left out", () => {
  const { grouping } = parsed(
    'in:devices stats:"count() by device_type, vendor_name" having:"count() > 5"',
  );
  assert.deepEqual(grouping, { by: ["type", "vendor_name"], atLeast: 6 });
});

test("what cannot be answered is refused with its place and what was meant", () => {
  const unknown = refused("in:devices hostnam:web");
  assert.deepEqual([unknown.at, unknown.suggestion], ["hostnam", "hostname"]);
  assert.match(refused("in:events").message, /unknown entity "events"; known are devices/);
  assert.equal(refused("ip:10.0.0.300").at, "10.0.0.300");
  assert.equal(refused("risk_score:high").at, "high");
  assert.equal(refused('hostname:"web').at, '"');
  assert.match(refused("hostname:").message, /a value is expected/);
  assert.equal(refused("limit:0").at, "0");
  assert.equal(refused("sort:tags.role").message, "devices are not sorted or grouped by tags");
  assert.match(refused("tags:server").message, /no field "tags"/);
  assert.match(refused("hostname:>a").message, /has no order/);
  assert.match(refused("!time:last_1d").message, /cannot be negated/);
  assert.match(refused(`hostname:(${"x,".repeat(600)}x)`).message, /at most 512 values/);
  assert.match(refused("a:(b:(c:(d:(e:(f:(g:1))))))").message, /nested too deeply/);
  assert.match(refused("x".repeat(10_000)).message, /at most 8192 characters/);
});

test("any text is read or refused, with a place inside it", () => {
  const words = fc.constantFrom(
    "in:devices",
    "hostname:",
    "ip:",
    "(",
    ")",
    "[",
    "]",
    ",",
    '"',
    "!",
    "%",
    ">=",
    "AND",
    "time:last_7d",
    " ",
    "\\",
    "sort:",
    "tags.a:",

    ...DEVICE_FIELDS.map(({ name }) => `${name}:x`),
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(words).map((all) => all.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const result = parseSrql(text, NOW);
      if (result.ok) return;
      const { from, to } = result.error.span;
      assert.ok(from >= 0 && from <= to && to <= text.length, JSON.stringify(result.error));
    }),
    { numRuns: Math.max(2_000, Number(process.env["SERVICERADAR_TEST_RUNS"] ?? 0)) },
  );
});

test("a field's text comes back from any quoted value", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (value) => {
      const quoted = `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
      assert.deepEqual(parsed(`site:${quoted} model:x`).conditions[0]?.test, plain(value));
    }),
  );
});

test("completion offers keys, then values, and says where the inventory's are needed", () => {
  const keys = completionsAt("in:devices host", 15);
  assert.deepEqual(keys.completions[0], {
    text: "hostname:",
    about: "Name in the network",
    replaces: { from: 11, to: 15 },
  });
  assert.deepEqual(
    completionsAt("is_managed:t", 12).completions.map(({ text }) => text),
    ["true"],
  );
  assert.equal(completionsAt("vendor_name:", 12).needs?.field, "vendor_name");
  const needs = completionsAt("!vendor:Pa", 10).needs;
  assert.deepEqual(needs, { field: "vendor_name", word: "Pa", replaces: { from: 8, to: 10 } });
  const known = ["Palo Alto", "Cisco", "palm"].map((value) => ({ value, devices: 1_200 }));
  assert.deepEqual(
    valuesLike(needs, known).map(({ text, about }) => [text, about]),
    [
      ['"Palo Alto"', "1,200 devices"],
      ["palm", "1,200 devices"],
    ],
  );
  assert.equal(completionsAt("hostname:a", 10).needs, undefined);
  assert.ok(completionsAt("sort:last", 9).completions.some(({ text }) => text === "last_seen"));
});

test("docs/srql.md lists every field with its other names, and nothing else", async () => {
  const page = await readFile(new URL("../../docs/srql.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const known = DEVICE_FIELDS.map(({ name, aliases, about, kind, isOrdered }) => {
    const others = aliases.map((one) => `\`${one}\``).join(", ");
    return `| \`${name}${kind === "map" ? ".KEY" : ""}\` | ${others} | ${about} | ${isOrdered ? "yes" : ""} |`;
  });
  assert.deepEqual(rows, known);
});
