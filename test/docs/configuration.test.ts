/** docs/configuration.md says what the code declares and reads: all of it, and nothing else. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { AGENT_SETTINGS, parseAgentConfig } from "../../src/agent/agent-config.ts";
import { serve } from "../../src/bin/serve.ts";
import { DECIDED_MEMBERS, readPayload } from "../../src/control/source-settings.ts";
import { parseBytes } from "../../src/lib/bytes.ts";
import { ConfigError } from "../../src/lib/errors.ts";
import { EXIT } from "../../src/lib/exit-code.ts";
import { silentLog } from "../../src/lib/log.ts";
import { parseSyncPayload, SOURCE_MEMBERS } from "../../src/model/sync-payload.ts";
import { sourceOfType } from "../../src/sources/catalog.ts";
import { MESSAGE_LIMITS_DEFAULT, messageLimits } from "../../src/wire/limits.ts";
import { loadClientTls } from "../../src/wire/tls.ts";
import { makeCerts, writeCerts } from "../support/certs.ts";
import { runCore } from "../support/core-cli.ts";
import { codeOf, readDocument, sectionOf, tableOf } from "../support/markdown.ts";
import { recordReads } from "../support/recorded-reads.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";

const PAGE = readDocument("docs/configuration.md");
const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

/** First cells of the table under a heading. */
function named(heading: string): readonly string[] {
  return tableOf(sectionOf(PAGE, heading)).map(([name = ""]) => name);
}

/** Both directions at once; the message says what to do. */
function assertSame(documented: Iterable<string>, actual: Iterable<string>, where: string): void {
  const [page, code] = [new Set(documented), new Set(actual)];
  const missing = [...code.difference(page)];
  const stale = [...page.difference(code)];
  assert.deepEqual(
    { "add to docs/configuration.md": missing, "take out of it": stale },
    { "add to docs/configuration.md": [], "take out of it": [] },
    `the table "${where}" of docs/configuration.md: add ${missing.join(", ") || "nothing"}; take out ${stale.join(", ") || "nothing"}`,
  );
}

test("the exit codes are all told, each with its number", () => {
  const told = tableOf(sectionOf(PAGE, "## Exit codes")).map(([code, name]) => [
    name,
    Number(code),
  ]);
  assert.deepEqual(Object.fromEntries(told), EXIT);
});

test("every environment variable that is read is told, and no other", () => {
  const read = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".gen.ts"))
    .flatMap((path) => [
      ...readFileSync(join(SRC, path), "utf8").matchAll(
        /\benv\["(\w+)"\]|\benv(?:Integer|Bytes)\(\s*env,\s*"(\w+)"|process\.env\.(\w+)/g,
      ),
    ])
    .map(([, indexed, parsed, dotted]) => indexed ?? parsed ?? dotted ?? "");
  assertSame(named("## Environment"), read, "Environment");
});

test("the bounds of numbers in the environment are those that a start insists on", async () => {
  const io = { log: silentLog(), signal: AbortSignal.abort(), print: () => {} };
  const numbers = tableOf(sectionOf(PAGE, "## Environment")).flatMap(
    ([name = "", , , bounds = ""]) => {
      const [, min, max] = /^(\d+) to (\d+)$/.exec(bounds) ?? [];
      return min === undefined || max === undefined ? [] : [{ name, min, max }];
    },
  );
  assert.ok(numbers.length >= 4);
  for (const { name, min, max } of numbers) {
    // A folder that cannot be made, should a number be taken after all.
    const line = ["serve", "--data-dir", "/proc/nowhere"];
    const { err } = await runCore(line, {
      env: { [name]: "many" },
      serve: (settings, { env }) => serve(settings, { ...io, env }),
    });
    assert.match(err, new RegExp(`${name}: "many" is not a whole number from ${min} to ${max}$`));
  }
});

test("gRPC's limits are as told", () => {
  const [, , standard = "", bounds = ""] =
    tableOf(sectionOf(PAGE, "## Environment")).find(
      ([name]) => name === "GRPC_MAX_RECV_MSG_SIZE",
    ) ?? [];
  const bytes = (text: string): number => {
    const parsed = parseBytes(text);
    assert.ok(parsed.ok, text);
    return parsed.value;
  };
  assert.equal(bytes(standard), MESSAGE_LIMITS_DEFAULT.receiveBytesMax);
  const [least = "", most = ""] = bounds.replace(" and an envelope", "").split(" to ");
  const limits = (size: number): unknown => messageLimits({ GRPC_MAX_RECV_MSG_SIZE: String(size) });
  limits(bytes(least));
  limits(bytes(most));
  assert.throws(() => limits(bytes(least) - 1), ConfigError);
  assert.throws(() => limits(bytes(most) + 65_536), ConfigError);
});

const WITHOUT_MEANING = codeOf(
  sectionOf(PAGE, "## agent.json").split("Known from the original and without meaning here")[1] ??
    "",
);

test("every field of agent.json is told, and no other", () => {
  const fields = Object.entries(AGENT_SETTINGS).flatMap(([block, names]) =>
    names.map((name) => (block === "" ? name : `${block}.${name}`)),
  );
  assertSame([...named("## agent.json"), ...WITHOUT_MEANING], fields, "agent.json");
});

test("the fields that are said to have a meaning are those that are read, and no other", async () => {
  await using files = await writeCerts(await makeCerts());
  const gateway_security = {
    mode: "mtls",
    cert_dir: files.dir,
    tls: { cert_file: "component.pem", key_file: "component-key.pem", ca_file: "ca-chain.pem" },
  };
  const { value, reads } = recordReads({
    agent_id: "agent-01",
    gateway_addr: "gw",
    logging: {},
    gateway_security,
  });
  await loadClientTls(parseAgentConfig(value).config.security.block, "gateway_security");
  assertSame(named("## agent.json"), [...reads, "security"], "agent.json");
});

test("defaults and bounds of agent.json's sizes are as told", () => {
  const { config } = parseAgentConfig({ agent_id: "a", gateway_addr: "gw" });
  const rows = new Map(
    tableOf(sectionOf(PAGE, "## agent.json")).map(([name = "", ...rest]) => [name, rest]),
  );
  const told = (name: string): readonly string[] => rows.get(name) ?? [];
  const read = (name: string, size: unknown): unknown =>
    parseAgentConfig({ agent_id: "a", gateway_addr: "gw", [name]: size });
  assert.deepEqual(parseBytes(told("max_memory")[0] ?? ""), {
    ok: true,
    value: config.memoryBytesMax,
  });
  assert.deepEqual(parseBytes(told("chunk_max_bytes")[0] ?? ""), {
    ok: true,
    value: config.chunkBytesMax,
  });
  for (const [name, [, bounds = ""]] of [...rows].filter(
    ([key]) => key.startsWith("max_memory") || key.startsWith("chunk_"),
  )) {
    const [least, most] = bounds.split(/ to | and more/);
    const min = parseBytes(least ?? "");
    assert.ok(min.ok);
    read(name, min.value);
    assert.throws(() => read(name, min.value - 1), ConfigError);
    const max = parseBytes(most ?? "");
    if (!max.ok) continue;
    read(name, max.value);
    assert.throws(() => read(name, max.value + 1), ConfigError);
  }
  assert.equal(told("data_dir")[0]?.replaceAll("`", ""), config.dataDir);
  assert.equal(told("logging.level")[0]?.replaceAll("`", ""), config.logLevel);
  assert.match(told("push_interval")[1] ?? "", /^1s to 1h/);
  for (const [given, ms] of [
    ["1ms", 1_000],
    ["9h", 3_600_000],
  ] as const) {
    const clamped = parseAgentConfig({ agent_id: "a", gateway_addr: "gw", push_interval: given });
    assert.equal(clamped.config.pushIntervalMs, ms);
  }
});

test("every member of a source that is read is told, and no other", () => {
  const { value, reads } = recordReads({
    poll_interval: "1m",
    sources: { s: { type: "netbox", endpoint: "https://n" } },
  });
  parseSyncPayload(value);
  const members = [...reads]
    .filter((path) => path.startsWith("sources.s."))
    .map((path) => path.slice("sources.s.".length));
  assertSame(
    named("## Source payload"),
    [...reads].filter((path) => !path.includes(".")),
    "Source payload",
  );
  assert.deepEqual(
    new Set(members),
    new Set(SOURCE_MEMBERS),
    "SOURCE_MEMBERS is what parseSourceConfig reads",
  );
  const decidedHere = SOURCE_MEMBERS.filter(
    (name) => name !== "partition" && DECIDED_MEMBERS.includes(name),
  );
  assertSame([...named("### A source"), ...decidedHere], SOURCE_MEMBERS, "A source");
});

test("the members that the core decides are told, and none of them is taken from a payload", () => {
  const told = codeOf(
    sectionOf(PAGE, "### A source")
      .split("takes them from no payload:")[1]
      ?.split("Any other")[0] ?? "",
  );
  assertSame([...told, "partition"], DECIDED_MEMBERS, "the members that the core decides");
  const given = Object.fromEntries(DECIDED_MEMBERS.map((name) => [name, "x"]));
  const payload = readPayload({
    sources: { s: { ...given, type: "netbox", endpoint: "https://n" } },
  });
  assert.ok(payload.ok);
  assert.deepEqual(payload.value[0]?.settings, {});
});

const TYPES = codeOf(
  tableOf(sectionOf(PAGE, "### A source")).find(([name]) => name === "type")?.[2] ?? "",
);

test("every type of source is told, and no other", () => {
  const unknown = sourceOfType("unknown");
  assert.equal(unknown.ok ? "" : unknown.error, `type "unknown" is not one of ${TYPES.join(", ")}`);
});

test("every credential that is read is told with its source, and no other", () => {
  const told = tableOf(sectionOf(PAGE, "### Credentials"));
  const ofType = (type: string): readonly string[] =>
    told.filter(([, of]) => of === type).map(([name = ""]) => name);
  for (const type of TYPES) {
    const source = sourceOfType(type);
    assert.ok(source.ok);
    const reads = new Set<string>();
    // Some are looked at only where another is there, or is not.
    for (const names of [[], ...ofType(type).map((name) => [name])]) {
      const credentials = recordReads(
        secrets(Object.fromEntries(names.map((name) => [name, "x"]))),
      );
      source.value.open(
        sourceConfig({ type, endpoint: "https://x", credentials: credentials.value }),
      );
      for (const name of credentials.reads) reads.add(name);
    }
    assertSame(ofType(type), reads, `Credentials of ${type}`);
  }
  const parser = readFileSync(join(SRC, "model/sync-payload.ts"), "utf8");
  const common = [...parser.matchAll(/credentials\["(\w+)"\]/g)].map(([, name = ""]) => name);
  assertSame(ofType("all"), common, "Credentials of all");
});

test("the page's example is a good payload", () => {
  const [, json = ""] = /```json\n([^`]*)```/.exec(sectionOf(PAGE, "## Source payload")) ?? [];
  const payload = readPayload(JSON.parse(json));
  assert.ok(payload.ok);
  assert.equal(payload.value.length, 1);
});
