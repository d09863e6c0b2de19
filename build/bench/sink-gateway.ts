/**
 * A gateway that takes everything and keeps nothing, so that the bench measures the agent alone. A program: writes a folder that an
 * agent starts from, prints its address, then a line for each run that ends. `sink-gateway.ts DIR SOURCES_JSON_FILE`
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { parseManifest } from "../../src/model/run-manifest.ts";
import type { AgentGatewayHandlers } from "../../src/wire/handlers.ts";
import type { GatewayStatusChunk } from "../../src/wire/messages.ts";
import { makeCerts } from "../../test/support/certs.ts";
import { startServer } from "../../test/support/wire.ts";

const [dir = ".", sources = "sources.json"] = process.argv.slice(2);
const certs = await makeCerts();
const config = { configVersion: "v1", configJson: await readFile(sources) };
const taken = { chunks: 0, bytes: 0 };

const handlers: AgentGatewayHandlers = {
  hello: () => Promise.resolve({ accepted: true, gatewayId: "gw-sink" }),
  getConfig: () => Promise.resolve(config),
  pushStatus: () => Promise.resolve({ received: true }),
  streamStatus: async (chunks) => {
    for await (const chunk of chunks) take(chunk);
    return { received: true };
  },
  controlStream: async ({ received }) => {
    for await (const _ of received) continue;
  },
};

function take({ services }: GatewayStatusChunk): void {
  for (const { serviceType, message } of services) {
    if (serviceType === "sync") {
      taken.chunks += 1;
      taken.bytes += message.length;
      continue;
    }
    if (serviceType !== "sync-run") continue;
    const manifest = parseManifest(Buffer.from(message).toString());
    if (!manifest.ok) throw new Error(manifest.error);
    const { outcome, devices, startedMs, endedMs } = manifest.value;
    const ended = { outcome, devices, ms: endedMs - startedMs, ...taken };
    process.stdout.write(`${JSON.stringify({ ended })}\n`);
  }
}

const { port } = await startServer(certs, handlers);
const address = `127.0.0.1:${port}`;
const files = { cert_file: "agent.pem", key_file: "agent-key.pem", ca_file: "root.pem" };
await writeFile(join(dir, files.ca_file), certs.root.certificatePem);
await writeFile(join(dir, files.cert_file), certs.agent.chainPem);
await writeFile(join(dir, files.key_file), certs.agent.privateKeyPem, { mode: 0o600 });
await writeFile(
  join(dir, "agent.json"),
  JSON.stringify({
    agent_id: "agent-01",
    gateway_addr: address,
    data_dir: join(dir, "data"),
    gateway_security: { mode: "mtls", cert_dir: dir, tls: files },
  }),
);
process.stdout.write(`${JSON.stringify({ address })}\n`);
