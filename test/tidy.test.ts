/**
 * Holds the tree to the rules of src/README.md that no linter knows: which folder may import
 * which, what each binary may contain, where time and chance may be read, and that every
 * exported name says what it is.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));
const TEST = fileURLToPath(new URL("./", import.meta.url));

/** Folder → the folders it may import. Rows stand in the order data flows. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  lib: [],
  model: ["lib"],
  wire: ["model", "lib"],
  db: ["lib"],
  sources: ["model", "lib"],
  agent: ["sources", "wire", "model", "lib"],
  control: ["db", "model", "lib"],
  inbox: ["db", "model", "lib"],
  gateway: ["inbox", "control", "wire", "db", "model", "lib"],
  inventory: ["db", "model", "lib"],
  dire: ["inbox", "inventory", "db", "model", "lib"],
  api: ["dire", "inventory", "inbox", "control", "db", "model", "lib"],
  ui: ["api", "model", "lib"],
  cli: [
    "api",
    "dire",
    "inventory",
    "inbox",
    "control",
    "db",
    "agent",
    "sources",
    "wire",
    "model",
    "lib",
  ],
};
/** `cli` holds commands of both executables; these of its files may reach only what their executable may. */
const AGENT_COMMAND = /^cli\/agent-/;
const AGENT_SIDE = ["cli", "agent", "sources", "wire", "model", "lib"];
const CORE_COMMAND = /^cli\/(core-|platform)/;
const CORE_SIDE = ["cli", "api", "dire", "inventory", "inbox", "control", "db", "model", "lib"];
/** What both binaries hold; everything else belongs to one of them. */
const SHARED = ["wire", "model", "lib", "cli"];
/** Pure files beside all of model: values in, values out; no npm package, no Node built-in, no database. One a line. */
const PURE_FILES: Readonly<Record<string, readonly string[]>> = {
  db: ["array-text", "checkout-queue", "pool-size"],
  dire: [
    "absence",
    "address-owner",
    "assertion",
    "attribution",
    "batch",
    "chimera",
    "classify",
    "cluster",
    "content-digest",
    "content-table",
    "counterfactual",
    "day-set",
    "deletion",
    "derivation",
    "difference",
    "enrichment",
    "enrichment-reader",
    "enrichment-rule",
    "enrichment-set",
    "explain",
    "field-change",
    "fresh-records",
    "held-change",
    "incarnations",
    "kind",
    "neighbours",
    "node",
    "number-set",
    "observation",
    "ocsf",
    "publication",
    "publication-parts",
    "quality",
    "quarantine",
    "recall",
    "recognise",
    "record-ranges",
    "record-set",
    "record-state",
    "rehearsal-change",
    "resolve",
    "risk",
    "rivals",
    "run-verdict",
    "said-values",
    "saved-state",
    "saying",
    "score",
    "storm-brake",
    "survive",
    "together",
    "undo-plan",
    "value-state",
    "values",
    "watch",
    "without",
  ],
  inbox: ["entries", "intake-fact", "sender"],
  inventory: ["member", "query-sql"],
  api: ["metric-list", "ui-pack"],
  agent: ["checkpoint", "schedule", "session-intervals", "session-state"],
  sources: ["armis-window", "breaker", "change-mark", "pace"],
  cli: ["core-first-start", "invocation"],
};
const isPure = (path: string): boolean => {
  const [stage = "", name = ""] = path.split("/");
  return stage === "model" || PURE_FILES[stage]?.includes(name.split(".")[0] ?? "") === true;
};

type Module = { path: string; text: string; local: string[]; bare: string[] };
const SPECIFIER = /(?:\bfrom\s*|^import\s*|\bimport\()["']([^"']+)["']/gm;

const modules = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".gen.ts"))
  .map((path): Module => {
    const text = readFileSync(join(SRC, path), "utf8");
    const specifiers = [...text.matchAll(SPECIFIER)].map((match) => match[1] ?? "");
    const isLocal = (specifier: string): boolean => specifier.startsWith(".");
    const local = specifiers
      .filter(isLocal)
      .map((s) => relative(SRC, resolve(SRC, dirname(path), s)));
    return { path, text, local, bare: specifiers.filter((s) => !isLocal(s)) };
  });

const folder = (path: string): string => path.split("/")[0] ?? "";

function reachable(from: string, seen = new Set<string>()): Set<string> {
  for (const next of modules.find((module) => module.path === from)?.local ?? []) {
    if (seen.has(next)) continue;
    seen.add(next);
    reachable(next, seen);
  }
  return seen;
}

function where(broken: (module: Module) => boolean): string[] {
  return modules.filter(broken).map((module) => module.path);
}

test("the map shows the layer table", () => {
  const map = readFileSync(join(SRC, "README.md"), "utf8");
  const rows = [...map.matchAll(/^\| `(\w+)`\s*\|.*\|([^|]+)\|$/gm)];
  const shown = Object.fromEntries(
    rows.map(([, name = "", allowed = ""]) => [name, allowed.match(/[a-z]+(?=\/|\s|$)/g) ?? []]),
  );
  // `api/contract` is of api; the rows of commands and composition say in words what other tests here hold.
  const named = (list: readonly string[]): readonly string[] =>
    list.filter((name) => name !== "contract");
  for (const [name, allowed] of Object.entries(MAY_IMPORT)) {
    if (name !== "cli") assert.deepEqual(named(shown[name] ?? ["no row"]), allowed, name);
  }
  const unknown = Object.keys(shown).filter((name) => !(name in MAY_IMPORT));
  assert.deepEqual(unknown, ["bin"]);
});

test("every folder imports only what the layer table allows", () => {
  const breaches = modules.flatMap(({ path, local }) => {
    const from = folder(path);
    const allowed =
      from === "bin" ? ["bin", ...Object.keys(MAY_IMPORT)] : [from, ...(MAY_IMPORT[from] ?? [])];
    return local.filter((to) => !allowed.includes(folder(to))).map((to) => `${path} -> ${to}`);
  });
  assert.deepEqual(breaches, []);
});

test("commands of one executable reach no folder of the other", () => {
  const breaches = modules.flatMap(({ path, local }) => {
    const sides = [
      ...(AGENT_COMMAND.test(path) ? [AGENT_SIDE] : []),
      ...(CORE_COMMAND.test(path) ? [CORE_SIDE] : []),
    ];
    return local
      .filter((to) => sides.some((side) => !side.includes(folder(to))))
      .map((to) => `${path} -> ${to}`);
  });
  assert.deepEqual(breaches, []);
});

test("the web page knows the API by its contract alone", () => {
  const beyond = (to: string): boolean =>
    folder(to) === "api" && !/^api\/contract(?:-\w+)?\.ts$/.test(to);
  // Types alone: the schemas bring zod and half the core with them.
  const value = /^import (?!type\b)[^;]*api\/contract/m;
  assert.deepEqual(
    where(
      ({ path, local, text }) => folder(path) === "ui" && (local.some(beyond) || value.test(text)),
    ),
    [],
  );
});

test("no module reaches itself through its imports", () => {
  assert.deepEqual(
    where(({ path }) => reachable(path).has(path)),
    [],
  );
});

test("the agent and core binaries have only the shared folders in common", () => {
  // Of bin each file is one executable's.
  const named = (path: string): string => (folder(path) === "bin" ? path : folder(path));
  const agent = new Set([...reachable("bin/agent.ts")].map(named));
  const core = new Set([...reachable("bin/core.ts")].map(named));
  const common = [...agent].filter((name) => core.has(name) && !SHARED.includes(name));
  assert.deepEqual(common, []);
});

test("pure files import only pure files", () => {
  const impure = (to: string): boolean => !isPure(to) && folder(to) !== "lib";
  assert.deepEqual(
    where((m) => isPure(m.path) && (m.bare.length > 0 || m.local.some(impure))),
    [],
  );
});

test("time and chance are read in lib only, so that a test can set them", () => {
  const reads = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\brandomUUID\(/;
  assert.deepEqual(
    where(({ path, text }) => folder(path) !== "lib" && reads.test(text)),
    [],
  );
});

/** What Node has and Deno has not, or says the type of otherwise, and what both have. */
const NODE_ONLY: readonly (readonly [RegExp, string])[] = [
  [/\.waitFor\(/, "eventually of test/support"],
  [/import\.meta\.dirname/, "fileURLToPath(new URL(…, import.meta.url))"],
];

test("what only Node has is not used", () => {
  const files = [SRC, TEST].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: "utf8" }).map((path) => join(root, path)),
  );
  // Browsers' tests are Node's alone; a page's own waiting is called so.
  const breaches = files
    .filter((path) => path.endsWith(".ts") && !path.includes("ui-browser"))
    .flatMap((path) => {
      const text = readFileSync(path, "utf8");
      const used = NODE_ONLY.filter(([words]) => words.test(text));
      return used.map(([, instead]) => `${path}: use ${instead}`);
    });
  assert.deepEqual(breaches, []);
});

test("every exported name has a doc comment", () => {
  const exported = /^export (?:async )?(?:function|class|const|type|interface)/;
  const bare = ({ text }: Module): boolean => {
    const lines = text.split("\n");
    return lines.some((line, i) => exported.test(line) && !lines[i - 1]?.trimEnd().endsWith("*/"));
  };
  assert.deepEqual(
    where((m) => folder(m.path) !== "bin" && bare(m)),
    [],
  );
});
