import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { parseAgentConfig } from "../../src/agent/agent-config.ts";
import { diagnosticsOf } from "../../src/agent/diagnostics.ts";
import { LogTail } from "../../src/lib/log-tail.ts";
import { Secret } from "../../src/lib/secret.ts";
import { configOf, startAgent } from "./agent-bench.ts";
import { identity, scriptedSource } from "./harness.ts";

const { config: settings } = parseAgentConfig({
  agent_id: "agent-01",
  gateway_addr: "gw",
  gateway_security: { mode: "mtls", server_name: "hidden" },
});

function bundleOf(log: readonly string[], secrets: readonly string[] = []): string {
  return JSON.stringify(
    diagnosticsOf({
      nowMs: 0,
      host: identity.host,
      runtime: "node 24",
      settings,
      log,
      secrets: secrets.map((value) => new Secret(value)),
    }),
  );
}

test("no secret stays in a bundle, in whatever form and however deep it stands", () => {
  const secret = fc
    .string({ minLength: 4, maxLength: 30 })
    .filter((text) => /[a-z]{3}/i.test(text));
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      const forms = [value, encodeURIComponent(value), Buffer.from(value).toString("base64")];
      const log = forms.map((form) => `${before}${form}${after}`);
      const found = JSON.parse(bundleOf(log, [value])) as { log: string[] };
      const plain = JSON.parse(bundleOf([before, after], [])) as { log: string[] };
      for (const line of found.log) {
        assert.ok(!line.includes(value) || plain.log.join("").includes(value), line);
        assert.ok(line.includes("[redacted]"), line);
      }
    }),
  );
});

test("switches among credentials do not black out a bundle, users in URLs do not stay", () => {
  const text = bundleOf(["verify true 1000", "https://bob:pw@n.example/x"], ["true", "1000"]);
  assert.match(text, /verify true 1000/);
  assert.match(text, /https:\/\/\[redacted\]@n\.example\/x/);
});

test("settings are shown by name alone", () => {
  assert.ok(!bundleOf([]).includes("hidden"));
  assert.match(bundleOf([]), /"gateways":\["gw:50052"\]/);
});

test("a log's tail keeps the newest lines within its bytes", () => {
  const tail = new LogTail();
  for (let nth = 0; nth < 300; nth += 1) tail.add(`${nth} ${"x".repeat(1_000)}\n`);
  assert.match(tail.lines.at(-1) ?? "", /^299 x+$/);
  assert.ok(tail.lines.length >= 195 && tail.lines.length <= 200, String(tail.lines.length));
});

test("a core that asks for diagnostics gets them, without what the sources were given", async (t) => {
  const logTail = new LogTail();
  logTail.add('{"error":"401 for token hush-hush-token"}\n');
  const sources = { netbox: scriptedSource({ pages: 1, devicesPerPage: 1 }) };
  const { gateway } = await startAgent(t, { sources, options: { logTail } });
  const credentials = { api_token: "hush-hush-token" };
  await gateway.until(() => gateway.control.length === 1);
  await gateway.push(configOf("v2", { dc1: { credentials } }));
  await gateway.until(() => gateway.control.some(({ configAck }) => configAck !== undefined));
  await gateway.command({ commandId: "c1", commandType: "agent.diagnostics" });
  const result = (): { payloadJson: Buffer; success: boolean } | undefined =>
    gateway.control.find(({ commandResult }) => commandResult !== undefined)?.commandResult;
  await gateway.until(() => result() !== undefined);
  assert.equal(result()?.success, true);
  const text = result()?.payloadJson.toString() ?? "";
  assert.ok(!text.includes("hush"), text);
  const bundle = JSON.parse(text) as { status: { sources: { name: string }[] }; log: string[] };
  assert.equal(bundle.status.sources[0]?.name, "dc1");
  assert.deepEqual(bundle.log, ['{"error":"401 for token [redacted]"}']);
});
