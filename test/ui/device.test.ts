import assert from "node:assert/strict";
import { test } from "node:test";

import type { Assertion, Explanation } from "../../src/ui/calls/device-acts.ts";
import type { DeviceDetail } from "../../src/ui/calls/devices.ts";
import { timelineOf } from "../../src/ui/pages/device/device-timeline.ts";
import { sourceColours, whatWords } from "../../src/ui/pages/device/field-words.ts";
import { graphPlaces, graphRows, identityGraph } from "../../src/ui/pages/device/identity-graph.ts";
import { loneIdentifiers } from "../../src/ui/pages/device/lone-identifiers.ts";
import { decisionWords, outcomeWords } from "../../src/ui/pages/device/outcome-words.ts";

const record = (no: number, source: string) => ({
  record_no: no,
  source,
  source_id: `id-${source}`,
  kind: "integration",
  native_id: String(no),
});
const span = { first_seen: "2026-03-01T00:00:00Z", last_seen: "2026-03-02T00:00:00Z" };
const [one, two, other] = [record(1, "netbox"), record(2, "armis"), record(3, "armis")];

const EXPLANATION: Explanation = {
  id: "sr:1",
  summary: [],
  threshold: 5.5,
  records: [one, two].map((of) => ({ ...of, ...span, parts: 1 })),
  joins: [{ records: [one, two], evidence: [], points: 0, assertion_no: 7, words: "" }],
  shared: [
    {
      type: "serial",
      value: "X1",
      points: 12,
      said_by: [one, two].map((of) => ({ record: of, ...span })),
      words: "",
    },
  ],
  muted: [
    {
      type: "mac",
      value: "00:E0:4C:6B:3A:28",
      state: "contested",
      said_by: [{ record: two, ...span }],
      elsewhere: [other],
      elsewhere_left_off: 0,
      words: "",
    },
  ],
  apart: [{ record: two, other, reason: "contested", points: 6, evidence: [], words: "" }],
  turns: [],
  tried: 0,
};

test("the identity graph has each record and value once, and a row in the table for each line", () => {
  const graph = identityGraph(EXPLANATION);
  assert.deepEqual(
    graph.nodes.map(({ label, kind }) => [label, kind]),
    [
      ["netbox/1", "record"],
      ["armis/2", "record"],
      ["serial X1", "value"],
      ["MAC 00:E0:4C:6B:3A:28", "muted"],
      ["armis/3", "other"],
    ],
  );
  assert.deepEqual(
    graphRows(graph).map(({ from, how, to, points }) => [from, how, to, points]),
    [
      ["netbox/1", "says", "serial X1", 12],
      ["armis/2", "says", "serial X1", 12],
      ["armis/2", "says, joins nothing", "MAC 00:E0:4C:6B:3A:28", undefined],
      ["armis/3", "says, joins nothing", "MAC 00:E0:4C:6B:3A:28", undefined],
      ["armis/2", "held apart from", "armis/3", 6],
      ["netbox/1", "one by decision with", "armis/2", undefined],
    ],
  );
});

test("no two nodes of the graph stand in one place", () => {
  const { nodes } = identityGraph(EXPLANATION);
  const places = [...graphPlaces(nodes).values()].map(({ x, y }) => `${x} ${y}`);
  assert.equal(new Set(places).size, nodes.length);
});

test("an outcome names what moves, what comes to be and what ends", () => {
  const outcome = {
    is_rehearsal: true,
    is_pending: false,
    made: [],
    revoked: [],
    moves: [{ record: two, from_id: "sr:1", to_id: "sr:2" }],
    devices: [
      { id: "sr:1", hostname: "alpha", records_before: 2, records_after: 1 },
      { id: "sr:2", hostname: "beta", records_before: 0, records_after: 1 },
      { id: "sr:3", hostname: "gamma", records_before: 1, records_after: 0 },
    ],
  };
  assert.deepEqual(outcomeWords(outcome), [
    "armis/2 moves from alpha to beta.",
    "alpha has 1 record instead of 2.",
    "beta comes to be, with 1 record.",
    "gamma ends; its id leads to where its records went.",
  ]);
  const locked = { ...DECISION, kind: "lock_field" as const, field: "owner", value: "ops" };
  assert.deepEqual(outcomeWords({ ...outcome, made: [locked], moves: [], devices: [] }), [
    "New decision: owner is ops.",
    "No record moves to another device.",
  ]);
});

const DECISION: Assertion = {
  assertion_no: 7,
  kind: "must_link",
  state: "revoked",
  made: { by: "ana", reason: "same chassis", at: "2026-03-04T00:00:00Z" },
  revoked: { by: "ben", reason: "", at: "2026-03-05T00:00:00Z" },
  records: [
    { ...one, side: 1 },
    { ...two, side: 2 },
  ],
};

test("a timeline is newest first and tells decisions with who and why", () => {
  const device = {
    id: "sr:1",
    first_seen: "2026-03-01T00:00:00Z",
    fields: [
      {
        field: "vendor_name",
        value: "Cisco",
        source: "armis",
        since: "2026-03-03T00:00:00Z",
        losers: [],
      },
      {
        field: "model",
        value: "C9300",
        source: "armis",
        since: "2026-03-03T00:00:00Z",
        losers: [],
      },
    ],
    evidence: [{ ...one, ...span, source_type: "netbox", missed_runs: 0, is_former: true }],
    merges: [
      {
        from_id: "sr:1",
        to_id: "sr:2",
        reason: "manual_never_merge",
        source: "operator",
        at: "2026-03-06T00:00:00Z",
      },
      {
        from_id: "sr:3",
        to_id: "sr:1",
        reason: "identifier_conflict",
        source: "dire",
        at: "2026-02-01T00:00:00Z",
      },
    ],
  };
  const titles = timelineOf(device as unknown as DeviceDetail, [DECISION]).map(
    ({ title, about }) => `${title}${about === undefined ? "" : ` | ${about}`}`,
  );
  assert.deepEqual(titles, [
    "It and sr:2 are kept apart | manual never merge, by operator",
    "Decision 7 was taken back | ben",
    "Decision 7: netbox/1 and armis/2 are one device | ana: same chassis",
    "armis began to say Vendor, Model | Cisco, C9300",
    "netbox/1 went to another device",
    "First seen",
    "netbox/1 began to speak of it",
    "sr:3 was merged into it | identifier conflict, by dire",
  ]);
});

test("decisions about fields and values are sentences", () => {
  const lock = { ...DECISION, kind: "lock_field" as const, field: "owner", value: "" };
  assert.equal(decisionWords(lock), "owner is empty");
  const block = { ...DECISION, kind: "block_value" as const, value_type: "mac", value: "AA" };
  assert.equal(decisionWords(block), "mac AA says nothing of who is who");
});

test("sources have the colours of their order, and begin again after the fourth", () => {
  assert.deepEqual(
    [...sourceColours(["a", "b", "a", "b"])],
    [
      ["a", 1],
      ["b", 2],
    ],
  );
  const colours = sourceColours(["a", "b", "c", "d", "e"]);
  assert.deepEqual([...colours.values()], [1, 2, 3, 4, 1]);
});

test("what a device is names its vendor once", () => {
  const cisco = { type: "Switch", vendor_name: "Cisco", site: "DC 1" };
  assert.equal(whatWords({ ...cisco, model: "Cisco C9300" }), "Switch, Cisco C9300, DC 1");
  assert.equal(whatWords({ ...cisco, model: "C9300" }), "Switch, Cisco C9300, DC 1");
  assert.equal(whatWords({}), "");
});

test("identifiers that one record alone says are told beside those that are shared", () => {
  const value = (type: string, own: string) => ({ type, value: own, said_by: [], words: "" });
  const lone = loneIdentifiers(
    {
      serial: "FOC1",
      hostname: "Sw-1.example.net",
      network_interfaces: [
        { mac: "00:1B:44:11:22:33", ip: "10.0.0.1" },
        { mac: "00:1B:44:11:22:33", ip: "10.0.0.2" },
      ],
      fields: [{ field: "serial", value: "FOC1", source: "netbox_dc1", losers: [] }],
    },
    { shared: [value("host", "sw-1"), value("address", "10.0.0.1")], muted: [] },
  );
  assert.deepEqual(lone, [
    { type: "serial", value: "FOC1", source: "netbox_dc1" },
    { type: "mac", value: "00:1B:44:11:22:33", source: undefined },
    { type: "address", value: "10.0.0.2", source: undefined },
  ]);
});
