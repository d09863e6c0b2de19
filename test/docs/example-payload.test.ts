/** The payload that sync-runtime shows, letter by letter (test/golden/sync-runtime), on its way from a file to an agent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { judgeConfig } from "../../src/agent/config-answer.ts";
import { createApi } from "../../src/api/app.ts";
import { serveHttp } from "../../src/api/serve-http.ts";
import { socketPathOf } from "../../src/cli/core-link.ts";
import { readPayload } from "../../src/control/source-settings.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { parseSyncPayload } from "../../src/model/sync-payload.ts";
import { DOCUMENT_PAYLOAD } from "../support/api.ts";
import { runCore, temporaryFolder } from "../support/core-cli.ts";
import { startTestCore } from "../support/core.ts";

const FILE = fileURLToPath(new URL("../golden/sync-runtime/example-payload.json", import.meta.url));
const SECRETS = ["your-armis-api-secret-key", "your-netbox-api-token"];

test("the document's example goes in by source apply and reaches the agent by GetConfig", async (t) => {
  const core = await startTestCore(t);
  const identity = await core.agent(core.acme, "agent-01");
  const dataDir = await temporaryFolder(t);
  const app = createApi({ ...core, clock: systemClock, log: silentLog() });
  await using _ = await serveHttp({ app, socketPath: socketPathOf(dataDir) });
  const where = ["--tenant", "acme", "--data-dir", dataDir];
  const applied = await runCore(["source", "apply", FILE, "--agent", "agent-01", ...where]);
  assert.equal(applied.code, 0, applied.err);
  const answer = await core
    .client(identity)
    .getConfig({ agentId: "agent-01" }, { signal: AbortSignal.timeout(20_000) });
  const verdict = judgeConfig(answer, "");
  assert.ok(verdict.do === "apply");
  assert.deepEqual(
    verdict.payload.sources.map(({ name, type, endpoint, credentials, pollIntervalMs }) => [
      name,
      type,
      endpoint,
      Object.entries(credentials).map(([key, secret]) => [key, secret.reveal()]),
      pollIntervalMs,
    ]),
    [
      [
        "armis_prod",
        "armis",
        "https://my-armis-instance.armis.com",
        [["secret_key", SECRETS[0]]],
        600_000,
      ],
      ["netbox_dc1", "netbox", "https://netbox.example.com", [["api_token", SECRETS[1]]], 600_000],
    ],
  );
  const shown = await Promise.all(
    [
      ["source", "list"],
      ["source", "get", "armis_prod"],
      ["source", "list", "--json"],
      ["source", "get", "netbox_dc1", "--json"],
    ].map((line) => runCore([...line, ...where])),
  );
  const printed = JSON.stringify([applied, ...shown]);
  for (const secret of SECRETS) assert.ok(!printed.includes(secret), "no command prints a secret");
});

test("a source that says no poll_interval has the payload's, wherever that is read", () => {
  const payload = JSON.parse(DOCUMENT_PAYLOAD) as {
    poll_interval: string;
    sources: Record<string, object>;
  };
  payload.poll_interval = "7m";
  payload.sources["netbox_dc1"] = { ...payload.sources["netbox_dc1"], poll_interval: "3m" };
  const expected = [
    ["armis_prod", 420_000],
    ["netbox_dc1", 180_000],
  ];
  const stored = readPayload(payload);
  assert.ok(stored.ok);
  assert.deepEqual(
    stored.value.map(({ name, pollIntervalMs }) => [name, pollIntervalMs]),
    expected,
  );
  const told = parseSyncPayload(payload);
  assert.ok(told.ok);
  assert.deepEqual(
    told.value.sources.map(({ name, pollIntervalMs }) => [name, pollIntervalMs]),
    expected,
  );
});
