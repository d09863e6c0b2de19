/** The agent's process, killed at each step of a run: the next one takes the run up, and the gateway ends with all of it, once. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { configOf } from "../agent/agent-bench.ts";
import { plainFleet } from "../fakes/netbox-fleet.ts";
import { startNetboxFake } from "../fakes/netbox-server.ts";
import { spawnAgent } from "../support/agent-process.ts";
import { makeCerts } from "../support/certs.ts";
import {
  startStrictGateway,
  type GatewayFault,
  type StrictGateway,
} from "../support/strict-gateway.ts";

const certs = await makeCerts();
/** Some eight chunks of the least size: four windows. */
const DEVICES = 900;

/** Where in the run the process is killed: the nth call holds, or is taken and never answered. */
const STEPS: readonly (readonly [name: string, nth: number, fault: "hold" | "lost_answer"])[] = [
  ["before the gateway has anything", 0, "hold"],
  ["while a window is on its way", 2, "hold"],
  ["between the gateway's commit and its answer", 2, "lost_answer"],
  ["behind the last window, before the run's end is told", 4, "hold"],
];

for (const [name, nth, kind] of STEPS) {
  test(`an agent that is killed ${name} goes on with its run`, async (t) => {
    await using netbox = await startNetboxFake({ fleet: plainFleet(DEVICES) });
    await using gateway = await startStrictGateway(certs);
    const { url: endpoint, token: api_token } = netbox;
    const settings = { endpoint, credentials: { api_token }, page_size: 100 };
    gateway.config = configOf("v1", { dc1: settings });
    gateway.fault = (rpc, call) => (rpc === "streamStatus" ? faultAt(call, nth, kind) : undefined);
    const killed = await spawnAgent(t, startOf(gateway));
    await gateway.until(() => gateway.calls.length > nth);
    // Behind an answer that was lost the next call is the same again.
    if (kind === "lost_answer") await gateway.until(() => gateway.calls.length > nth + 1);
    await killed.kill();
    assert.equal(gateway.manifests.length, 0);
    gateway.fault = () => undefined;
    const again = killed.startAgain();
    await gateway.until(() => gateway.manifests.length > 0);
    await again.kill();
    assert.deepEqual(gateway.violations, []);
    const [manifest] = gateway.manifests;
    assert.deepEqual([manifest?.outcome, manifest?.devices], ["success", DEVICES]);
    const runs = new Set([...gateway.received.keys()].map((key) => key.split(" ")[0]));
    assert.deepEqual([...runs], [manifest?.runId]);
    assert.equal(gateway.entries.length, DEVICES);
  });
}

/** Nothing gets past the step. */
function faultAt(
  call: number,
  nth: number,
  kind: "hold" | "lost_answer",
): GatewayFault | undefined {
  if (call < nth) return undefined;
  return call === nth && kind === "lost_answer"
    ? { kind }
    : { kind: "hold", until: Promise.withResolvers<void>().promise };
}

function startOf({ address }: StrictGateway): Parameters<typeof spawnAgent>[1] {
  const config = { chunk_max_bytes: "64KB" };
  return { gateway: address, identity: certs.agent, caPem: certs.root.certificatePem, config };
}
