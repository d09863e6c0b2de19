/** docs/monitoring: alert rules and dashboards name metrics, labels, commands and pages that there are, and say what they mean. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

import { parse } from "yaml";

import { metricsText } from "../../src/agent/metrics.ts";
import { COUNTERS, GAUGES, HISTOGRAMS } from "../../src/api/metric-list.ts";
import { RUN_OUTCOMES } from "../../src/model/run-manifest.ts";
import { AGENT_FACTS } from "../support/agent-facts.ts";
import { complaint } from "../support/command-lines.ts";
import { readDocument, tableOf } from "../support/markdown.ts";
import { readPromql } from "../support/promql.ts";

const FOLDER = "docs/monitoring";
const DASHBOARDS = ["fleet", "ingestion", "sources"];
/** Prometheus adds them to whatever it scrapes. */
const OF_TARGETS = ["instance", "job"];
/** What may stand behind a label, by metric and label; where it is open, a pattern. */
const VALUES: Readonly<Record<string, RegExp>> = {
  "up job": /^serviceradar-(core|agent)$/,
  "process_cpu_seconds_total job": /^serviceradar-core$/,
  "process_resident_memory_bytes job": /^serviceradar-core$/,
  "srs_source_last_run_timestamp_seconds outcome": oneOf(RUN_OUTCOMES),
  "srs_source_runs_total outcome": oneOf(RUN_OUTCOMES),
  "srs_source_devices op": oneOf(["created", "changed", "unchanged", "rejected"]),
  "srs_identity_flapping kind": oneOf(["records", "values"]),
  "srs_source_api_requests_total code": /^(\d{3}|none)$/,
  "srs_pool_connections state": oneOf(["busy", "idle"]),
  "srs_event_loop_lag_seconds quantile": oneOf(["0.5", "0.99", "1"]),
};
/** Any tenant, any source: what a dashboard's variable, or "of the core" (`tenant!=""`), stands for. */
const ANY = /^(\$\w+)?$/;
const FUNCTIONS =
  /^(sum|max|min|count|time|rate|increase|changes|resets|max_over_time|min_over_time|vector|histogram_quantile)$/;

function oneOf(words: readonly string[]): RegExp {
  return new RegExp(`^(${words.map((word) => word.replace(".", "\\.")).join("|")})$`);
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly w: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly definition?: string }[];
  };
  readonly panels: readonly Panel[];
}

const RULES = (
  parse(readDocument(`${FOLDER}/alerts.yml`)) as { groups: readonly { rules: readonly Rule[] }[] }
).groups.flatMap(({ rules }) => rules);
const BOARDS = DASHBOARDS.map(
  (name) => JSON.parse(readDocument(`${FOLDER}/grafana-${name}.json`)) as Dashboard,
);

/** Labels of each metric, once for each executable that has it. */
async function metricsThere(): Promise<ReadonlyMap<string, readonly (readonly string[])[]>> {
  const found = new Map<string, string[][]>([["up", [[]]]]);
  const add = (name: string, labels: readonly string[]): void =>
    void found.set(name, [...(found.get(name) ?? []), [...labels]]);
  for (const [name, { labels }] of Object.entries({ ...COUNTERS, ...GAUGES })) add(name, labels);
  for (const [name, { labels }] of Object.entries(HISTOGRAMS)) {
    add(`${name}_bucket`, [...labels, "le"]);
    for (const part of ["sum", "count"]) add(`${name}_${part}`, labels);
  }
  const { text } = await metricsText(AGENT_FACTS);
  for (const [, name = "", labels = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    add(
      name,
      [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label),
    );
  }
  return found;
}

const THERE = await metricsThere();

/** What is wrong with an expression, and with labels that are shown of what it gives. */
function faultsOf(expression: string, shown: readonly string[]): readonly string[] {
  const { selectors, grouping, functions } = readPromql(expression);
  const unknown = functions.filter((name) => !FUNCTIONS.test(name));
  const wrong = selectors.flatMap(({ metric, matchers }) => {
    const used = [...matchers.map(({ label }) => label), ...grouping];
    const left = grouping.length === 0 ? shown : [];
    const isThere = (THERE.get(metric) ?? []).some((labels) =>
      [...used, ...left].every((label) => [...labels, ...OF_TARGETS].includes(label)),
    );
    const values = matchers.flatMap(({ label, value, isPattern }) =>
      (isPattern ? value.split("|") : [value])
        .filter((one) => !(VALUES[`${metric} ${label}`] ?? ANY).test(one))
        .map((one) => `${metric} has no ${label}="${one}"`),
    );
    return isThere ? values : [`${metric} with ${[...used, ...left].join()}`, ...values];
  });
  const lost = grouping.length === 0 ? [] : shown.filter((label) => !grouping.includes(label));
  return [...unknown, ...wrong, ...lost.map((label) => `${label} is grouped away`)];
}

function labelsIn(text: string): readonly string[] {
  return [...text.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g)].map(([, label = ""]) => label);
}

test("the folder holds what the tests below read, and a page that says how to load it", () => {
  const files = ["README.md", "alerts.test.yml", "alerts.yml"];
  assert.deepEqual(readdirSync(new URL(`../../${FOLDER}/`, import.meta.url)).toSorted(), [
    ...files,
    ...DASHBOARDS.map((name) => `grafana-${name}.json`),
  ]);
  const page = readDocument(`${FOLDER}/README.md`);
  for (const name of [...files.slice(1), ...DASHBOARDS]) assert.ok(page.includes(name), name);
});

test("a metric, a label or a value that there is not would be noticed", () => {
  assert.deepEqual(faultsOf("max by (tenant) (srs_inbox_parked) > 0", ["tenant"]), []);
  for (const [expression, shown] of [
    ["srs_inbox_parkt > 0", ""],
    ['srs_inbox_parked{agent="a"} > 0', ""],
    ["sum by (source) (srs_inbox_parked)", "source"],
    ["sum by (tenant) (rate(srs_updates_total[5m]))", "outcome"],
    ["srs_inbox_parked", "source"],
    ['srs_source_devices{op=~"created|gone"}', ""],
    ["avrg(srs_inbox_parked)", ""],
  ] as const) {
    assert.notDeepEqual(faultsOf(expression, shown === "" ? [] : [shown]), [], expression);
  }
});

test("every alert has an expression of what there is, a time, a severity and a summary", () => {
  assert.ok(RULES.length > 20);
  assert.equal(new Set(RULES.map(({ alert }) => alert)).size, RULES.length);
  for (const { alert, expr, for: time, labels, annotations } of RULES) {
    assert.match(alert, /^ServiceRadar[A-Z]\w+$/);
    assert.match(time, /^\d+[mh]$/, alert);
    assert.match(labels["severity"] ?? "", /^(critical|warning|info)$/, alert);
    for (const about of ["summary", "description", "action"]) {
      assert.ok((annotations[about] ?? "").length > 10, `${alert}: ${about}`);
    }
    const shown = Object.values(annotations).flatMap(labelsIn);
    assert.deepEqual(faultsOf(expr, shown), [], alert);
  }
});

test("every alert names a command that can be typed, and pages that there are", async () => {
  const pages = tableOf(readDocument("docs/ui.md"))
    .map(([name = ""]) => name)
    .join(", ");
  for (const { alert, annotations } of RULES) {
    const action = (annotations["action"] ?? "").replace(/\{\{[^}]+\}\}/g, "some");
    const lines = [...action.matchAll(/`serviceradar-(core|agent) ([^`]+)`/g)];
    assert.ok(lines.length > 0, alert);
    for (const [line, program, words = ""] of lines) {
      const said = await complaint(program === "core" ? "core" : "agent", words.split(" "));
      assert.equal(said, undefined, `${alert}: ${line}`);
    }
    for (const [, page = ""] of action.matchAll(/page (\w+)/g)) {
      assert.ok(pages.includes(page), `${alert}: page ${page}`);
    }
    for (const [, path = "", heading] of action.matchAll(
      /(docs\/[\w/]+\.md)(?:, ([A-Z][^.]+))?/g,
    )) {
      const text = readDocument(path);
      if (heading !== undefined) {
        assert.ok(text.includes(`\n## ${heading}\n`), `${alert}: ${heading}`);
      }
    }
  }
});

test("what Prometheus' own test of the rules expects is in the rules", () => {
  const text = readDocument(`${FOLDER}/alerts.test.yml`);
  const named = [...text.matchAll(/alertname(?:: |=")(\w+)/g)].map(([, name = ""]) => name);
  assert.ok(named.length > 8);
  const known = RULES.map(({ alert }) => alert);
  assert.deepEqual(
    named.filter((name) => !known.includes(name)),
    [],
  );
});

test("every panel has a title, what it means, a unit and expressions of what there is", () => {
  assert.equal(new Set(BOARDS.map(({ uid }) => uid)).size, BOARDS.length);
  for (const { title, panels } of BOARDS) {
    assert.ok(title.startsWith("ServiceRadar: "));
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, title);
    assert.equal(new Set(panels.map((panel) => panel.title)).size, panels.length, title);
    for (const panel of panels) {
      const where = `${title}, ${panel.title}`;
      assert.ok(panel.title.length > 2 && panel.gridPos.x + panel.gridPos.w <= 24, where);
      if (panel.type === "row") continue;
      assert.ok((panel.description ?? "").length > 3, where);
      assert.ok((panel.fieldConfig?.defaults.unit ?? "") !== "", where);
      assert.ok((panel.targets ?? []).length > 0, where);
      for (const { expr, legendFormat } of panel.targets ?? []) {
        assert.deepEqual(faultsOf(expr, labelsIn(legendFormat)), [], where);
      }
    }
  }
});

test("the variables of a dashboard are those it uses, with values that there are", () => {
  for (const { title, templating, panels } of BOARDS) {
    const text = JSON.stringify(panels);
    for (const { name, definition } of templating.list) {
      assert.ok(text.includes(`$${name}`) || text.includes(`\${${name}}`), `${title}: ${name}`);
      if (definition === undefined) continue;
      const [, metric = "", label = ""] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
      assert.deepEqual(faultsOf(metric, [label]), [], definition);
    }
    const used = [...text.matchAll(/\$(?:\{(\w+)\}|(?!__)(\w+))/g)].map(([, a, b]) => a ?? b);
    const names = templating.list.map(({ name }) => name);
    assert.deepEqual(
      used.filter((name) => !names.includes(name ?? "")),
      [],
      title,
    );
  }
});
