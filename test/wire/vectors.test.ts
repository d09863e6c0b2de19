import assert from "node:assert/strict";
import { test } from "node:test";

import { codec } from "../../src/wire/codec.ts";
import type {
  AgentConfigResponse,
  AgentHelloRequest,
  AgentHelloResponse,
  ControlStreamRequest,
  ControlStreamResponse,
  GatewayServiceStatus,
  GatewayStatusChunk,
  GatewayStatusRequest,
} from "../../src/wire/messages.ts";
import { bytesField, field, nested, numberField } from "../support/protobuf.ts";

const SERVICE = {
  draft: {
    serviceName: "sync",
    available: true,
    message: Buffer.from("[]"),
    serviceType: "sync",
    responseTime: 7,
    agentId: "a",
    gatewayId: "g",
    partition: "p",
    source: "results",
    kvStoreId: "kv",
    tenantId: "t",
    tenantSlug: "acme",
  },
  bytes: Buffer.concat([
    bytesField(1, "sync"),
    numberField(2, 1),
    bytesField(3, "[]"),
    bytesField(4, "sync"),
    numberField(5, 7),
    bytesField(6, "a"),
    bytesField(7, "g"),
    bytesField(8, "p"),
    bytesField(9, "results"),
    bytesField(10, "kv"),
    bytesField(11, "t"),
    bytesField(12, "acme"),
  ]),
};

test("a hello has the field numbers of both generations", () => {
  const bytes = codec<AgentHelloRequest>("AgentHelloRequest").encode({
    agentId: "agent-01",
    version: "1",
    capabilities: ["sync", "icmp"],
    hostname: "h",
    os: "linux",
    arch: "x64",
    partition: "default",
    configVersion: "v1",
    labels: { deployment_type: "docker" },
    configSource: "remote",
  });
  const expected = Buffer.concat([
    bytesField(1, "agent-01"),
    bytesField(2, "1"),
    bytesField(3, "sync"),
    bytesField(3, "icmp"),
    bytesField(4, "h"),
    bytesField(5, "linux"),
    bytesField(6, "x64"),
    bytesField(7, "default"),
    bytesField(8, "v1"),
    nested(9, bytesField(1, "deployment_type"), bytesField(2, "docker")),
    bytesField(10, "remote"),
  ]);
  assert.deepEqual(bytes, expected);
});

test("a hello answer of an older gateway carries its tenant in 8 and 9", () => {
  const bytes = Buffer.concat([
    numberField(1, 1),
    bytesField(2, "agent-01"),
    bytesField(3, "welcome"),
    bytesField(4, "gw"),
    numberField(5, 1_767_225_600),
    numberField(6, 30),
    numberField(7, 1),
    bytesField(8, "0001"),
    bytesField(9, "acme"),
  ]);
  const decoded = codec<AgentHelloResponse>("AgentHelloResponse").decode(bytes);
  assert.deepEqual(decoded, {
    accepted: true,
    agentId: "agent-01",
    message: "welcome",
    gatewayId: "gw",
    serverTime: 1_767_225_600,
    heartbeatIntervalSec: 30,
    configOutdated: true,
    tenantId: "0001",
    tenantSlug: "acme",
  });
  assert.deepEqual(codec<AgentHelloResponse>("AgentHelloResponse").encode(decoded), bytes);
});

test("a configuration has its JSON in field 7, and fields 8, 9 and 11 are skipped", () => {
  const known = [
    numberField(1, 1),
    bytesField(2, "v1"),
    numberField(3, 5),
    numberField(4, 30),
    numberField(5, 300),
    nested(
      6,
      bytesField(1, "c1"),
      numberField(8, 443),
      nested(11, bytesField(1, "k"), bytesField(2, "v")),
    ),
    bytesField(7, "{}"),
  ];
  const foreign = [nested(8, numberField(1, 1)), nested(9, bytesField(4, "x")), nested(11)];
  const config = codec<AgentConfigResponse>("AgentConfigResponse");
  const decoded = config.decode(Buffer.concat([...known, ...foreign]));
  assert.equal(decoded.configJson.toString(), "{}");
  assert.deepEqual(decoded.checks[0]?.settings, { k: "v" });
  assert.deepEqual(config.encode(decoded), Buffer.concat(known));
});

test("a status request has the field numbers of both generations", () => {
  const bytes = codec<GatewayStatusRequest>("GatewayStatusRequest").encode({
    services: [SERVICE.draft],
    gatewayId: "g",
    agentId: "a",
    timestamp: 9,
    partition: "p",
    sourceIp: "192.0.2.1",
    kvStoreId: "kv",
    tenantId: "t",
    tenantSlug: "acme",
    configSource: "remote",
    version: "1",
    hostname: "h",
    os: "linux",
    arch: "x64",
  });
  const expected = Buffer.concat([
    nested(1, SERVICE.bytes),
    bytesField(2, "g"),
    bytesField(3, "a"),
    numberField(4, 9),
    bytesField(5, "p"),
    bytesField(6, "192.0.2.1"),
    bytesField(7, "kv"),
    bytesField(8, "t"),
    bytesField(9, "acme"),
    bytesField(10, "remote"),
    bytesField(11, "1"),
    bytesField(12, "h"),
    bytesField(13, "linux"),
    bytesField(14, "x64"),
  ]);
  assert.deepEqual(bytes, expected);
});

test("a chunk has the field numbers of both generations", () => {
  const bytes = codec<GatewayStatusChunk>("GatewayStatusChunk").encode({
    services: [SERVICE.draft],
    gatewayId: "g",
    agentId: "a",
    timestamp: 9,
    partition: "p",
    sourceIp: "192.0.2.1",
    isFinal: true,
    chunkIndex: 2,
    totalChunks: 3,
    kvStoreId: "kv",
    tenantId: "t",
    tenantSlug: "acme",
    configSource: "remote",
    version: "1",
    hostname: "h",
    os: "linux",
    arch: "x64",
  });
  const expected = Buffer.concat([
    nested(1, SERVICE.bytes),
    bytesField(2, "g"),
    bytesField(3, "a"),
    numberField(4, 9),
    bytesField(5, "p"),
    bytesField(6, "192.0.2.1"),
    numberField(7, 1),
    numberField(8, 2),
    numberField(9, 3),
    bytesField(10, "kv"),
    bytesField(11, "t"),
    bytesField(12, "acme"),
    bytesField(13, "remote"),
    bytesField(14, "1"),
    bytesField(15, "h"),
    bytesField(16, "linux"),
    bytesField(17, "x64"),
  ]);
  assert.deepEqual(bytes, expected);
});

const CONTROL_REQUESTS: readonly [string, object, Buffer][] = [
  [
    "hello",
    { hello: { agentId: "a", configSource: "remote" } },
    nested(1, bytesField(1, "a"), bytesField(10, "remote")),
  ],
  [
    "acknowledgement",
    { commandAck: { commandId: "c", commandType: "t", timestamp: 5, message: "m" } },
    nested(2, bytesField(1, "c"), bytesField(2, "t"), numberField(3, 5), bytesField(4, "m")),
  ],
  [
    "progress",
    {
      commandProgress: {
        commandId: "c",
        progressPercent: 50,
        timestamp: 5,
        payloadJson: Buffer.from("{}"),
      },
    },
    nested(3, bytesField(1, "c"), numberField(3, 50), numberField(5, 5), bytesField(6, "{}")),
  ],
  [
    "result",
    {
      commandResult: {
        commandId: "c",
        success: true,
        message: "m",
        payloadJson: Buffer.from("{}"),
        timestamp: 5,
      },
    },
    nested(
      4,
      bytesField(1, "c"),
      numberField(3, 1),
      bytesField(4, "m"),
      bytesField(5, "{}"),
      numberField(6, 5),
    ),
  ],
  [
    "configuration acknowledgement",
    { configAck: { configVersion: "v1", timestamp: 5 } },
    nested(5, bytesField(1, "v1"), numberField(2, 5)),
  ],
];

for (const [name, draft, bytes] of CONTROL_REQUESTS) {
  test(`a control stream's ${name} is one alternative and the only one set`, () => {
    const request = codec<ControlStreamRequest>("ControlStreamRequest");
    assert.deepEqual(request.encode(draft), bytes);
    assert.deepEqual(Object.keys(request.decode(bytes)), Object.keys(draft));
  });
}

test("a command and a pushed configuration are alternatives 1 and 2 of the way back", () => {
  const response = codec<ControlStreamResponse>("ControlStreamResponse");
  const command = { commandId: "c", commandType: "sync.run_now", ttlSeconds: 60, createdAt: 5 };
  assert.deepEqual(
    response.encode({ command: { ...command, payloadJson: Buffer.from("{}") } }),
    nested(
      1,
      bytesField(1, "c"),
      bytesField(2, "sync.run_now"),
      bytesField(3, "{}"),
      numberField(4, 60),
      numberField(5, 5),
    ),
  );
  assert.deepEqual(
    response.encode({ config: { configVersion: "v" } }),
    nested(2, bytesField(2, "v")),
  );
});

test("a control message of a kind unknown here decodes to none", () => {
  const request = codec<ControlStreamRequest>("ControlStreamRequest");
  assert.deepEqual(request.decode(nested(77, bytesField(1, "new"))), {});
});

test("absent fields decode to their defaults, and defaults are not written", () => {
  const service = codec<GatewayServiceStatus>("GatewayServiceStatus");
  const empty = service.decode(Buffer.alloc(0));
  assert.deepEqual(empty, {
    serviceName: "",
    available: false,
    message: Buffer.alloc(0),
    serviceType: "",
    responseTime: 0,
    agentId: "",
    gatewayId: "",
    partition: "",
    source: "",
    kvStoreId: "",
    tenantId: "",
    tenantSlug: "",
  });
  assert.equal(service.encode(empty).length, 0);
});

test("unknown fields of every wire type are skipped", () => {
  const bytes = Buffer.concat([
    numberField(99, 1),
    field(100, 1, Buffer.alloc(8)),
    bytesField(101, "x"),
    field(102, 5, Buffer.alloc(4)),
    bytesField(1, "sync"),
  ]);
  const service = codec<GatewayServiceStatus>("GatewayServiceStatus");
  assert.equal(service.decode(bytes).serviceName, "sync");
});

test("a service's message is a view into what was received", () => {
  const bytes = Buffer.from(nested(1, SERVICE.bytes));
  const decoded = codec<GatewayStatusChunk>("GatewayStatusChunk").decode(bytes);
  const message = decoded.services[0]?.message;
  assert.ok(Buffer.isBuffer(message));
  assert.equal(message.toString(), "[]");
  assert.equal(message.buffer, bytes.buffer);
});

test("Unix nanoseconds lose their last digits only", () => {
  const nanoseconds = 1_767_225_600_123_456_789n;
  const request = codec<GatewayStatusRequest>("GatewayStatusRequest");
  const { timestamp } = request.decode(numberField(4, nanoseconds));
  assert.equal(Math.round(timestamp / 1e6), 1_767_225_600_123);
});

test("bytes that are no message are refused", () => {
  const request = codec<AgentHelloRequest>("AgentHelloRequest");
  assert.throws(() => request.decode(Buffer.from([0x0a, 0xff])), RangeError);
});
