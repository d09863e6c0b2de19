import assert from "node:assert/strict";
import { test } from "node:test";

import { ok } from "../../src/lib/result.ts";
import { changesUnknown } from "../../src/sources/change-mark.ts";
import { netboxSource } from "../../src/sources/netbox.ts";
import type { Source, SourcePage } from "../../src/sources/source.ts";
import { plainFleet } from "../fakes/netbox-fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { startStrictGateway, type StrictGateway } from "../support/strict-gateway.ts";
import { atRest, configOf, startAgent, type AgentBench } from "./agent-bench.ts";
import { certs } from "./harness.ts";

const MINUTE = 60_000;

/** A source whose every reading gives the next mark, and which remembers the marks that it was asked with. */
function markingSource(
  page: (reading: number) => SourcePage = () => ({ devices: [], rejected: [] }),
): Source & { readonly asked: (string | undefined)[] } {
  const asked: (string | undefined)[] = [];
  const read = async function* (mark: string | undefined): AsyncGenerator<SourcePage> {
    asked.push(mark);
    await Promise.resolve();
    yield { ...page(asked.length), mark: `mark-${asked.length}` };
  };
  const opened = { pull: () => read(undefined), changes: (mark: string) => read(mark) };
  return { type: "netbox", asked, open: () => ok(opened) };
}

async function agentOf(
  t: Parameters<typeof startAgent>[0],
  source: Source,
  settings: object = {},
): Promise<AgentBench & { readonly next: (kinds: number) => Promise<void> }> {
  const gateway = await startStrictGateway(certs);
  gateway.config = configOf("v1", { dc1: settings });
  const bench = await startAgent(t, { gateways: [gateway], sources: { netbox: source } });
  await gateway.until(() => gateway.heartbeats.length > 0);
  const next = async (manifests: number): Promise<void> => {
    await gateway.until(() => gateway.manifests.length === manifests);
    await atRest(bench.agent);
  };
  await bench.clock.advance(2_000);
  await next(1);
  return { ...bench, next };
}

function kindsOf({ manifests }: StrictGateway): readonly string[] {
  return manifests.map(({ kind }) => kind);
}

test("a discovery reads everything, polls between read what changed, each from the mark before", async (t) => {
  const source = markingSource();
  const { gateway, clock, next } = await agentOf(t, source);
  for (let manifests = 2; manifests <= 7; manifests += 1) {
    await clock.advance(10 * MINUTE);
    await next(manifests);
  }
  const delta = Array<string>(5).fill("delta");
  assert.deepEqual(kindsOf(gateway), ["full", ...delta, "full"]);
  assert.deepEqual(source.asked, [
    undefined,
    "mark-1",
    "mark-2",
    "mark-3",
    "mark-4",
    "mark-5",
    undefined,
  ]);
});

test("a mark stays where it was until the gateway has the whole run and its end", async (t) => {
  const source = markingSource();
  const { agent, gateway, clock, next } = await agentOf(t, source);
  gateway.fault = (rpc) =>
    rpc === "streamStatus"
      ? { kind: "status", status: "INVALID_ARGUMENT", message: "not this one" }
      : undefined;
  await clock.advance(10 * MINUTE);
  while (source.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
  await atRest(agent);
  gateway.fault = () => undefined;
  await clock.advance(10 * MINUTE);
  await next(2);
  assert.deepEqual(source.asked, [undefined, "mark-1", "mark-1"]);
});

test("an edited source is read as a whole, whatever was known before", async (t) => {
  const source = markingSource();
  const { gateway, next } = await agentOf(t, source);
  await gateway.push(configOf("v2", { dc1: { page_size: 3 } }));
  await next(2);
  assert.deepEqual(kindsOf(gateway), ["full", "full"]);
});

test("a source that cannot tell what changed is read as a whole at once", async (t) => {
  const opened = {
    pull: async function* () {
      await Promise.resolve();
      yield { devices: [], rejected: [], mark: "a mark" };
    },
    // oxlint-disable-next-line require-yield -- it has nothing to yield
    changes: async function* (): AsyncGenerator<SourcePage> {
      await Promise.reject(changesUnknown("too much"));
    },
  };
  const { gateway, clock, next } = await agentOf(t, { type: "netbox", open: () => ok(opened) });
  await clock.advance(10 * MINUTE);
  await next(2);
  assert.deepEqual(kindsOf(gateway), ["full", "full"]);
});

test("where poll and discovery come at the same times, every run reads everything", async (t) => {
  const settings = { poll_interval: "10m", discovery_interval: "10m" };
  const { gateway, clock, next } = await agentOf(t, markingSource(), settings);
  await clock.advance(10 * MINUTE);
  await next(2);
  assert.deepEqual(kindsOf(gateway), ["full", "full"]);
});

test("a record that cannot be read does not keep the mark back", async (t) => {
  const rejected = [{ nativeId: "7", reason: "has no id" }];
  const source = markingSource((reading) => ({
    devices: [],
    rejected: reading === 1 ? rejected : [],
  }));
  const { gateway, clock, next } = await agentOf(t, source);
  assert.equal(gateway.manifests[0]?.outcome, "partial");
  await clock.advance(10 * MINUTE);
  await next(2);
  assert.deepEqual(source.asked, [undefined, "mark-1"]);
});

test("a delta of NetBox sends what changed and what was deleted, and nothing else", async (t) => {
  await using netbox = await startNetboxFake({ fleet: plainFleet(20) });
  const settings = { endpoint: netbox.url, credentials: { api_token: netbox.token } };
  const { gateway, clock, next } = await agentOf(t, netboxSource, settings);
  assert.equal(gateway.entries.length, 20);
  netbox.editDevice(3, { name: "renamed" });
  netbox.deleteDevice(4);
  await clock.advance(10 * MINUTE);
  await next(2);
  assert.deepEqual(gateway.violations, []);
  const { kind, outcome, devices } = gateway.manifests[1] ?? {};
  assert.deepEqual([kind, outcome, devices], ["delta", "success", 2]);
  const sent = gateway.entries.slice(20).map(({ hostname, metadata }) => {
    const { netbox_device_id: id, _deleted } = metadata as Record<string, string>;
    return [id, hostname, _deleted];
  });
  assert.deepEqual(sent, [
    ["3", "renamed", undefined],
    ["4", undefined, "true"],
  ]);
});
