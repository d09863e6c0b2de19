import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { classify } from "../../src/dire/classify.ts";
import { BUILT_IN_RULE_FILES, DERIVATION_DEFAULT } from "../../src/dire/derivation.ts";
import { formatRule, readRule } from "../../src/dire/enrichment-reader.ts";
import {
  firstMatch,
  inOrder,
  matches,
  MATCH_KEYS,
  subjectOf,
  type Condition,
  type EnrichmentRule,
  type Subject,
} from "../../src/dire/enrichment-rule.ts";
import { assembleRules } from "../../src/dire/enrichment-set.ts";
import type { DeviceUpdate, Metadata } from "../../src/model/device-update.ts";

function update(metadata: Metadata, rest: Partial<DeviceUpdate> = {}): DeviceUpdate {
  return { source: "snmp", timestampMs: 0, metadata, ...rest };
}

function decided(metadata: Metadata, rest: Partial<DeviceUpdate> = {}): readonly unknown[] {
  const { vendor, model, type } = classify(update(metadata, rest), DERIVATION_DEFAULT.rules);
  return [vendor?.value, model?.value, type?.value, type?.typeId, (type ?? vendor)?.rule?.id];
}

test("the built-in rules are the original's nine by id and priority, and all can be used", () => {
  const { rules, skipped } = assembleRules(BUILT_IN_RULE_FILES);
  assert.deepEqual(skipped, []);
  assert.deepEqual(
    rules.map(({ id, priority }) => `${id} ${priority}`),
    [
      "ubiquiti-router-udm 1000",
      "ubiquiti-switch-usw 900",
      "juniper-router-vjunos 895",
      "aruba-switch 890",
      "mikrotik-router 880",
      "ubiquiti-ap-u6-uap 850",
      "juniper-vendor-by-enterprise 705",
      "ubiquiti-vendor-by-enterprise 700",
      "ubiquiti-vendor-by-ubnt-token 650",
    ],
  );
});

test("each built-in rule decides what it is there for", () => {
  const cases: readonly (readonly [Metadata, Partial<DeviceUpdate>, readonly unknown[]])[] = [
    [
      { sys_descr: "UniFi UDM-Pro Linux 4.19.152", ip_forwarding: "1" },
      {},
      ["Ubiquiti", "UDM-Pro", "Router", 12, "ubiquiti-router-udm"],
    ],
    [{ sys_name: "USW-24-PoE" }, {}, ["Ubiquiti", undefined, "Switch", 10, "ubiquiti-switch-usw"]],
    [{}, { hostname: "usw-lite-8" }, ["Ubiquiti", undefined, "Switch", 10, "ubiquiti-switch-usw"]],
    [
      { sys_descr: "U6-Pro 6.5.28" },
      {},
      ["Ubiquiti", undefined, "Access Point", 99, "ubiquiti-ap-u6-uap"],
    ],
    [
      { sysDescr: "Juniper Networks, Inc. mx240", ip_forwarding: "1" },
      {},
      ["Juniper", undefined, "Router", 12, "juniper-router-vjunos"],
    ],
    [
      { sys_object_id: ".1.3.6.1.4.1.2636.1.1.1.2.21" },
      {},
      ["Juniper", undefined, undefined, undefined, "juniper-vendor-by-enterprise"],
    ],
    [
      { sys_descr: "ProCurve J9022A Switch 2810-48G" },
      {},
      ["Aruba", undefined, "Switch", 10, "aruba-switch"],
    ],
    [
      { sys_descr: "RouterOS RB750Gr3", ip_forwarding: "1" },
      {},
      ["MikroTik", "RB750Gr3", "Router", 12, "mikrotik-router"],
    ],
    [
      { sys_object_id: "1.3.6.1.4.1.41112.1.4" },
      {},
      ["Ubiquiti", undefined, undefined, undefined, "ubiquiti-vendor-by-enterprise"],
    ],
    [
      { sys_descr: "Linux ubnt 3.10" },
      {},
      ["Ubiquiti", undefined, undefined, undefined, "ubiquiti-vendor-by-ubnt-token"],
    ],
  ];
  for (const [metadata, rest, expected] of cases) {
    assert.deepEqual(decided(metadata, rest), expected);
  }
});

test("a name that only holds a model's letters decides nothing", () => {
  assert.deepEqual(decided({}, { hostname: "cpu6-01" }), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual(decided({ ip_forwarding: "1" }, { hostname: "gateway" }), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("what a source says comes before a rule for vendor and model, and a rule before it for the type", () => {
  const metadata = {
    manufacturer: "UI",
    model: "Dream",
    type: "server",
    sys_descr: "UniFi UDM",
    ip_forwarding: "1",
  };
  assert.deepEqual(decided(metadata), ["UI", "Dream", "Router", 12, "ubiquiti-router-udm"]);
});

test("an enterprise number counts by whole numbers", () => {
  assert.equal(decided({ sys_object_id: "1.3.6.1.4.1.9.1.1208" })[0], "Cisco");
  assert.equal(decided({ sys_object_id: "1.3.6.1.4.1.99.1" })[0], undefined);
});

test("a type is told by the best of what is known, and an unknown word yields to a known one", () => {
  const type = (metadata: Metadata): readonly unknown[] => decided(metadata).slice(2, 4);
  assert.deepEqual(type({ armis_type: "Firewalls", role: "switch" }), ["Firewall", 9]);
  assert.deepEqual(type({ armis_type: "Widgets", armis_category: "Network Switches" }), [
    "Switch",
    10,
  ]);
  assert.deepEqual(type({ armis_type: "Widgets", role: "core-router" }), ["Router", 12]);
  assert.deepEqual(type({ armis_type: "Widgets" }), ["Widgets", 99]);
  assert.deepEqual(type({ role: "badge-desk" }), ["IOT", 7]);
  assert.deepEqual(type({ device_type: "Espresso Machine", role: "switch" }), [
    "Espresso Machine",
    99,
  ]);
  assert.deepEqual(type({ netbox_vm_id: "1", role: "web-server" }), ["Virtual", 6]);
  assert.deepEqual(type({ netbox_vm_id: "1", role: "edge-firewall" }), ["Firewall", 9]);
  assert.deepEqual(type({}), [undefined, undefined]);
});

const RULE = {
  id: "site-switch",
  priority: 950,
  confidence: 80,
  reason: "ours",
  match: { any: { hostname: "sw-" } },
  set: { vendor_name: "Acme", type: "Switch" },
};

test("an operator's rule replaces the built-in one of its id, and a switched-off one takes it away", () => {
  const metadata = { sys_descr: "Linux ubnt" };
  const mine = {
    ...RULE,
    id: "ubiquiti-vendor-by-ubnt-token",
    match: { any: { sys_descr: "ubnt" } },
  };
  const replaced = assembleRules([
    ...BUILT_IN_RULE_FILES,
    { origin: "mine.yaml", document: { rules: [mine] } },
  ]);
  assert.equal(classify(update(metadata), inOrder(replaced.rules)).vendor?.value, "Acme");
  const off = { id: mine.id, enabled: false };
  const without = assembleRules([...BUILT_IN_RULE_FILES, { origin: "mine.yaml", document: [off] }]);
  assert.equal(
    inOrder(without.rules).find(({ id }) => id === mine.id),
    undefined,
  );
  assert.deepEqual(without.skipped, []);
});

test("a rule that cannot be used is left out with a sentence, and takes no other with it", () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    ["text", /is not a mapping/],
    [{ ...RULE, id: "" }, /id must be/],
    [{ ...RULE, confidence: 101 }, /confidence must be a whole number from 0 to 100/],
    [{ ...RULE, priority: "high" }, /priority must be a whole number/],
    [{ ...RULE, proirity: 1 }, /has no proirity, did you mean "priority"/],
    [{ ...RULE, match: {} }, /match has no conditions/],
    [
      { ...RULE, match: { any: { hostnme: "x" } } },
      /has no match.any.hostnme, did you mean "hostname"/,
    ],
    [{ ...RULE, match: { any: { hostname: [] } } }, /match.any.hostname must be/],
    [{ ...RULE, match: { any: { hostname: " " } } }, /match.any.hostname must be/],
    [
      { ...RULE, match: { all: { ip_forwarding: "yes" } } },
      /match.all.ip_forwarding must be a whole number/,
    ],
    [{ ...RULE, set: {} }, /set sets nothing/],
    [{ ...RULE, set: { type: "Switch", type_id: 16 } }, /set.type_id must be an OCSF number/],
    [{ ...RULE, set: { vendor_name: 3 } }, /set.vendor_name must be a text/],
  ];
  for (const [rule, reason] of wrong) {
    const { rules, skipped } = assembleRules([
      { origin: "f.yaml", document: { rules: [rule, { ...RULE, id: "good" }] } },
    ]);
    assert.deepEqual(
      rules.map(({ id }) => id),
      ["good"],
    );
    assert.equal(skipped.length, 1);
    assert.match(skipped[0]?.reason ?? "", reason);
  }
  for (const document of [undefined, null, "rules", { rules: "x" }, { rules: [] }]) {
    assert.equal(assembleRules([{ origin: "f.yaml", document }]).skipped.length, 1);
  }
});

const word = fc.constantFrom("usw", "udm", "edge", "core", "1.3.6.1.4.1.9", "1");
const condition: fc.Arbitrary<Condition> = fc.record(
  { key: fc.constantFrom(...MATCH_KEYS), values: fc.array(word, { minLength: 1, maxLength: 3 }) },
  { noNullPrototype: true },
);
const rule: fc.Arbitrary<EnrichmentRule> = fc.record({
  id: fc.constantFrom("a", "b", "c", "d"),
  isEnabled: fc.boolean(),
  priority: fc.nat(3),
  confidence: fc.nat(100),
  reason: fc.constantFrom("r", "s"),
  all: fc.array(condition, { maxLength: 2 }),
  any: fc.array(condition, { minLength: 1, maxLength: 2 }),
  set: fc.constantFrom({ vendorName: "V" }, { type: "Switch", typeId: 10 }, { modelPrefix: "X" }),
  origin: fc.constant("f.yaml"),
});
const subject: fc.Arbitrary<Subject> = fc.record({
  sys_descr: fc.option(word, { nil: undefined }),
  sys_name: fc.option(word, { nil: undefined }),
  hostname: fc.option(word, { nil: undefined }),
  model: fc.option(word, { nil: undefined }),
  source: word,
  sys_object_id_prefixes: fc.constantFrom(undefined, "1.3.6.1.4.1.9.1", "1.3.6.1.4.1.99"),
  ip_forwarding: fc.constantFrom(undefined, "1", "2"),
});

test("the first that matches is the one of highest priority, then of the least id, in any order of files", () => {
  fc.assert(
    fc.property(fc.uniqueArray(rule, { selector: ({ id }) => id }), subject, (rules, about) => {
      const found = firstMatch(inOrder(rules), about);
      assert.deepEqual(firstMatch(inOrder(rules.toReversed()), about), found);
      const able = rules.filter((one) => one.isEnabled && matches(one, about));
      assert.equal(found === undefined, able.length === 0);
      if (found === undefined) return;
      assert.ok(
        able.every(
          (one) =>
            one.priority < found.priority ||
            (one.priority === found.priority && one.id >= found.id),
        ),
      );
    }),
  );
});

test("one more condition in `all` never makes a rule match more, one more in `any` never less", () => {
  fc.assert(
    fc.property(rule, condition, subject, (one, more, about) => {
      if (!matches(one, about)) assert.ok(!matches({ ...one, all: [...one.all, more] }, about));
      else assert.ok(matches({ ...one, any: [...one.any, more] }, about));
    }),
  );
});

test("a rule that is written down and read again is the same rule", () => {
  const once = (conditions: readonly Condition[]): readonly Condition[] => [
    ...new Map(conditions.map((c) => [c.key, c])).values(),
  ];
  const plain = (one: EnrichmentRule): EnrichmentRule => ({
    ...one,
    all: once(one.all).filter(
      ({ key, values }) => key !== "ip_forwarding" || values.every((v) => v === "1"),
    ),
    any: once(one.any).filter(
      ({ key, values }) => key !== "ip_forwarding" || values.every((v) => v === "1"),
    ),
  });
  fc.assert(
    fc.property(rule.map(plain), (one) => {
      fc.pre(one.all.length + one.any.length > 0);
      assert.deepEqual(readRule(formatRule(one), one.origin), { ok: true, value: one });
    }),
  );
});

test("any text in any place is read without a throw", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assemble(value);
      assemble({ rules: [value] });
      assemble({ rules: [{ id: "x", match: value, set: value }] });
    }),
  );
  function assemble(document: unknown): void {
    const { rules, skipped } = assembleRules([{ origin: "f", document }]);
    assert.ok(rules.length + skipped.length > 0);
  }
});

test("words of an update are compared in lower case, and blanks at their ends are kept", () => {
  const about = subjectOf(
    update({ sys_descr: "USW Flex", sys_object_id: ".1.3.6" }, { hostname: "A" }),
  );
  assert.deepEqual(
    [about.sys_descr, about.hostname, about.sys_object_id_prefixes],
    ["usw flex", "a", "1.3.6"],
  );
});
