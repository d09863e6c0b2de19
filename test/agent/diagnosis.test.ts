import assert from "node:assert/strict";
import { test } from "node:test";

import { configKept, diagnose, diagnoseNoConfig, noConfig } from "../../src/agent/diagnosis.ts";
import { SyncError, type Retry } from "../../src/lib/errors.ts";

const retry: Retry = "permanent";

const ROWS: readonly (readonly [string, string, string])[] = [
  [
    "permission_denied",
    "Hello: tenant_slug mismatch",
    "Tenant mismatch: Hello: tenant_slug mismatch. What to do: the certificate belongs to another tenant",
  ],
  [
    "unauthenticated",
    "Hello: tenant identity missing",
    "Tenant mismatch: Hello: tenant identity missing. What to do: the authority that signed",
  ],
  [
    "handshake_refused",
    "Hello: no connection",
    "Tenant mismatch: Hello: no connection. What to do: the gateway does not accept the certificate",
  ],
  ["permission_denied", "Hello: component_id mismatch", "Agent id mismatch: "],
  ["permission_denied", "StreamStatus: partition mismatch", "Partition mismatch: "],
  ["permission_denied", "PushStatus: agent revoked", "Agent revoked: "],
  ["permission_denied", "Hello: certificate revoked", "Certificate revoked: "],
  ["permission_denied", "ControlStream: authority revoked", "Authority revoked: "],
  ["unauthenticated", "Hello: client certificate has expired", "Certificate expired: "],
  [
    "permission_denied",
    "Hello: something new",
    "Agent refused: Hello: something new. What to do: ",
  ],
  ["unauthenticated", "Hello: invalid client certificate", "Agent refused: "],
  ["server_untrusted", "Hello: no connection", "Gateway not trusted: "],
  [
    "server_untrusted",
    "Hello: no connection: certificate is not yet valid",
    "Gateway not trusted: Hello: no connection: certificate is not yet valid. What to do: its certificate is out of its time by this host's clock",
  ],
  [
    "server_untrusted",
    "Hello: no connection: CERT_HAS_EXPIRED",
    "Gateway not trusted: Hello: no connection: CERT_HAS_EXPIRED. What to do: its certificate is out of its time",
  ],
  [
    "resource_exhausted",
    "StreamStatus: Received message larger than max (5000010 vs 4194304)",
    "gRPC size error: ",
  ],
  ["resource_exhausted", "StreamStatus: message exceeds 15 MiB", "gRPC size error: "],
  [
    "resource_exhausted",
    "StreamStatus: Attempted to send message with a size larger than 4194304",
    "gRPC size error: ",
  ],
];

for (const [code, message, beginning] of ROWS) {
  test(`${code} "${message}" is told as ${beginning.split(":")[0]}`, () => {
    const told = diagnose(new SyncError(code, message, { retry }));
    assert.ok(told.startsWith(beginning), told);
  });
}

test("a size error says which settings to turn", () => {
  const told = diagnose(new SyncError("resource_exhausted", "message larger than max", { retry }));
  assert.match(told, /chunk_max_bytes .*3MB.*GRPC_MAX_RECV_MSG_SIZE.*GRPC_MAX_SEND_MSG_SIZE/);
});

test("a full inbox is no size error, and what nobody has seen stays as it is", () => {
  const full = new SyncError("resource_exhausted", "StreamStatus: inbox holds 200 chunks", {
    retry,
  });
  assert.equal(diagnose(full), "StreamStatus: inbox holds 200 chunks");
  assert.equal(diagnose(new SyncError("data_loss", "odd", { retry })), "odd");
  assert.equal(diagnose(new Error("a bug")), "a bug");
});

test("no answer to an agent without configuration says what to verify", () => {
  const away = new SyncError("unavailable", "Hello: ECONNREFUSED", { retry: "transient" });
  const told = diagnoseNoConfig(away, "gw:50052");
  assert.match(
    told,
    /^No config returned: no answer from gw:50052 \(Hello: ECONNREFUSED\)\. What to do: verify that the agent can reach the gateway .* certificate is valid$/,
  );
  const refused = new SyncError("permission_denied", "Hello: tenant_slug mismatch", { retry });
  assert.match(diagnoseNoConfig(refused, "gw:50052"), /^Tenant mismatch: /);
});

test("a configuration that cannot be used says what runs meanwhile", () => {
  assert.match(
    configKept("v0-error", "v7"),
    /^No config returned: v0-error; the last good one \(v7\) stays in force$/,
  );
  assert.match(configKept("v0-error", ""), /no source runs until there is one$/);
  assert.match(noConfig("nothing came"), /^No config returned: nothing came\. What to do: /);
});
