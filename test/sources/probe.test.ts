/** Testing a source step by step, against servers that fail at one step each. */
import assert from "node:assert/strict";
import { createServer as createHttps } from "node:https";
import { createServer as createTcp, type AddressInfo, type Server } from "node:net";
import { test } from "node:test";

import { silentLog } from "../../src/lib/log.ts";
import type { SourceConfig } from "../../src/model/sync-payload.ts";
import { sourceOfType } from "../../src/sources/catalog.ts";
import { previewSource } from "../../src/sources/preview.ts";
import { probeSource, type ProbeStep } from "../../src/sources/probe.ts";
import type { OpenSource } from "../../src/sources/source.ts";
import { plainFleet } from "../fakes/netbox-fleet.ts";
import { startNetboxFake, type NetboxFakeOptions } from "../fakes/netbox-server.ts";
import { InstantClock } from "../support/instant-clock.ts";
import { makeSelfSigned } from "../support/self-signed.ts";
import { secrets, sourceConfig } from "../support/source-config.ts";

const usual = { signal: new AbortController().signal, log: silentLog(), clock: new InstantClock() };

function open(config: SourceConfig): OpenSource {
  const source = sourceOfType(config.type);
  const opened = source.ok ? source.value.open(config) : source;
  assert.ok(opened.ok, opened.ok ? "" : opened.error);
  return opened.value;
}

function netbox(endpoint: string, partial: Partial<SourceConfig> = {}): SourceConfig {
  const credentials = secrets({ api_token: "0123456789abcdef0123456789abcdef01234567" });
  return sourceConfig({ type: "netbox", endpoint, credentials, ...partial });
}

/** Outcomes by step, and the steps themselves. */
async function probe(
  config: SourceConfig,
): Promise<{ readonly outcomes: string; readonly steps: ReadonlyMap<string, ProbeStep> }> {
  const steps = new Map<string, ProbeStep>();
  for await (const step of probeSource({ config, opened: open(config) }, usual)) {
    steps.set(step.step, step);
  }
  const outcomes = [...steps.values()].map(({ step, outcome }) => `${step} ${outcome}`).join(", ");
  return { outcomes, steps };
}

/** A fake NetBox, and its settings with the token that it takes. */
async function fake(
  options: Partial<NetboxFakeOptions> = {},
): Promise<AsyncDisposable & { readonly config: SourceConfig }> {
  const server = await startNetboxFake({ fleet: plainFleet(40), ...options });
  const credentials = secrets({ api_token: server.token });
  const config = netbox(server.url, { credentials, pageSize: 25 });
  return { config, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function listening(t: { after: (end: () => void) => void }, server: Server): Promise<number> {
  t.after(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

test("a good source passes every step, and the last one says what it holds", async () => {
  await using server = await fake();
  const { outcomes, steps } = await probe(server.config);
  assert.equal(
    outcomes,
    "dns skipped, tcp passed, tls skipped, auth passed, permission passed, sample passed",
  );
  assert.match(steps.get("sample")?.message ?? "", /^the first page has 25 of 40 devices: /);
  assert.equal(steps.get("sample")?.found?.["total"], 40);
});

test("a name that does not exist fails the first step, and says so for the others", async () => {
  const { outcomes, steps } = await probe(netbox("https://no-such-host.invalid"));
  assert.match(outcomes, /^dns failed, tcp skipped, tls skipped, auth skipped/);
  assert.match(steps.get("dns")?.message ?? "", /ENOTFOUND|EAI_AGAIN/);
  assert.equal(steps.get("tcp")?.message, "not tried, because dns failed");
});

test("a port that nobody listens on fails the second step", async (t) => {
  const server = createTcp();
  const port = await listening(t, server);
  server.close();
  const { outcomes, steps } = await probe(netbox(`http://127.0.0.1:${port}`));
  assert.match(outcomes, /^dns skipped, tcp failed, tls skipped/);
  assert.match(steps.get("tcp")?.message ?? "", /ECONNREFUSED/);
});

test("a certificate that is not trusted is shown, and its authority asked for", async (t) => {
  const { cert, key } = await makeSelfSigned();
  const port = await listening(
    t,
    createHttps({ cert, key }, (_, response) => response.end("{}")),
  );
  const endpoint = `https://127.0.0.1:${port}`;
  const refused = await probe(netbox(endpoint));
  assert.match(refused.outcomes, /^dns skipped, tcp passed, tls failed, auth skipped/);
  const { message = "", found } = refused.steps.get("tls") ?? {};
  assert.match(message, /^127\.0\.0\.1, issued by 127\.0\.0\.1, valid until .*: not trusted/);
  assert.match(message, /belongs in ca_pem$/);
  assert.equal((found as { readonly chain: readonly unknown[] }).chain.length, 1);
  const trusted = await probe(netbox(endpoint, { caPem: cert }));
  assert.match(trusted.outcomes, /tls passed/);
  const blind = await probe(netbox(endpoint, { insecureSkipVerify: true }));
  assert.match(blind.steps.get("tls")?.message ?? "", /but insecure_skip_verify is on$/);
  assert.match(blind.outcomes, /tls passed/);
});

test("a wrong token fails the step of the credentials", async () => {
  await using server = await fake();
  const credentials = secrets({ api_token: "f".repeat(40) });
  const { outcomes } = await probe({ ...server.config, credentials });
  assert.match(outcomes, /auth failed, permission skipped, sample skipped$/);
});

test("a token that may not see devices fails the step of the rights", async () => {
  await using server = await fake({ denied: ["dcim/devices"] });
  const { outcomes } = await probe(server.config);
  assert.match(outcomes, /auth passed, permission failed, sample skipped$/);
});

test("what is no NetBox fails the sample, with what it answered", async (t) => {
  const { createServer } = await import("node:http");
  const web = createServer((_, response) => response.end("<html>welcome</html>"));
  const { outcomes, steps } = await probe(netbox(`http://127.0.0.1:${await listening(t, web)}`));
  assert.match(outcomes, /auth skipped, permission skipped, sample failed$/);
  assert.match(steps.get("sample")?.message ?? "", /HTML|JSON/i);
});

test("a preview reads no further than it shows", async () => {
  let requests = 0;
  await using server = await fake({
    fleet: plainFleet(1_000),
    onRequest: ({ path }) => {
      if (path === "dcim/devices") requests += 1;
    },
  });
  const opened = open(server.config);
  const { devices, sourceTotal } = await previewSource(opened, { ...usual, limit: 30 });
  assert.equal(devices.length, 30);
  assert.equal(sourceTotal, 1_000);
  // Counting asks once; 30 devices are two pages of 25.
  assert.ok(requests <= 4, `${requests} requests`);
});
