/**
 * The floor under the agent's sending: plain grpc-js, one StreamStatus call after the other over one mTLS connection, with messages
 * that are there already. A program: `raw-stream.ts DIR CHUNKS BYTES`, DIR being a sink gateway's; prints one JSON line.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

// oxlint-disable-next-line no-restricted-imports -- it measures what grpc-js does without us
import { Client, credentials, Metadata, type ClientWritableStream } from "@grpc/grpc-js";

/** As many chunks in one call as the agent sends. */
const WINDOW_CHUNKS = 2;
const PATH = "/monitoring.AgentGatewayService/StreamStatus";

const [dir = ".", chunks = "0", bytes = "0"] = process.argv.slice(2);
const read = (name: string): Promise<Buffer> => readFile(join(dir, name));
const { gateway_addr: address } = JSON.parse(String(await read("agent.json"))) as {
  readonly gateway_addr: string;
};
const tls = await Promise.all([read("root.pem"), read("agent-key.pem"), read("agent.pem")]);
const client = new Client(address, credentials.createSsl(...tls), {
  "grpc.max_send_message_length": -1,
  "grpc.ssl_target_name_override": "agent-gateway.serviceradar",
});
const asItIs = (message: Buffer): Buffer => message;
// Field 15 of a status chunk is none: a gateway skips these bytes as it would any field of a newer peer.
const size = Math.ceil(Number(bytes) / Number(chunks));
const message = lengthDelimited(15, Buffer.alloc(size, "x"));

const startedMs = performance.now();
const before = process.cpuUsage();
for (let sent = 0; sent < Number(chunks); sent += WINDOW_CHUNKS) {
  await sendWindow(Math.min(WINDOW_CHUNKS, Number(chunks) - sent));
}
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - startedMs) / 1_000;
const raw = { bytes: size * Number(chunks), seconds, cpu_seconds: (user + system) / 1e6 };
process.stdout.write(`${JSON.stringify({ raw })}\n`);
client.close();

async function sendWindow(count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const call = client.makeClientStreamRequest<Buffer, Buffer>(
    PATH,
    asItIs,
    asItIs,
    new Metadata(),
    (error) => (error === null ? resolve() : reject(error)),
  );
  for (let nth = 0; nth < count; nth += 1) await written(call);
  call.end();
  await promise;
}

async function written(call: ClientWritableStream<Buffer>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  call.write(message, () => resolve());
  await promise;
}

function lengthDelimited(field: number, content: Buffer): Buffer {
  const head: number[] = [(field << 3) | 2];
  for (let left = content.length; ; left >>>= 7) {
    head.push(left < 128 ? left : (left & 127) | 128);
    if (left < 128) return Buffer.concat([Buffer.from(head), content]);
  }
}
