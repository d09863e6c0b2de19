import assert from "node:assert/strict";
import { test } from "node:test";

import { SyncError, type Retry } from "../../src/lib/errors.ts";
import { RPC_STATUS, syncErrorOf, type RpcStatus } from "../../src/wire/rpc-error.ts";

function failure(status: RpcStatus, details: string, delay?: string): object {
  const metadata = { get: () => (delay === undefined ? [] : [delay]) };
  return { code: RPC_STATUS[status], details, metadata };
}

const RETRIES: readonly [RpcStatus, Retry][] = [
  ["CANCELLED", "transient"],
  ["UNKNOWN", "transient"],
  ["INVALID_ARGUMENT", "permanent"],
  ["DEADLINE_EXCEEDED", "transient"],
  ["NOT_FOUND", "permanent"],
  ["ALREADY_EXISTS", "permanent"],
  ["PERMISSION_DENIED", "permanent"],
  ["RESOURCE_EXHAUSTED", "permanent"],
  ["FAILED_PRECONDITION", "permanent"],
  ["ABORTED", "transient"],
  ["OUT_OF_RANGE", "permanent"],
  ["UNIMPLEMENTED", "permanent"],
  ["INTERNAL", "transient"],
  ["UNAVAILABLE", "transient"],
  ["DATA_LOSS", "permanent"],
  ["UNAUTHENTICATED", "permanent"],
];

test("every status is in the table of retries", () => {
  assert.deepEqual(
    RETRIES.map(([status]) => status).toSorted(),
    Object.keys(RPC_STATUS).toSorted(),
  );
});

for (const [status, retry] of RETRIES) {
  test(`${status} is ${JSON.stringify(retry)}`, () => {
    const error = syncErrorOf(failure(status, "words"), "Hello");
    assert.equal(error.code, status.toLowerCase());
    assert.deepEqual(error.retry, retry);
    assert.equal(error.message, "Hello: words");
  });
}

const DELAYS: readonly [string, Retry][] = [
  ["0", { afterMs: 0 }],
  ["2500", { afterMs: 2_500 }],
  ["999999999", { afterMs: 3_600_000 }],
  ["-1", "permanent"],
  ["1e3", "permanent"],
  ["soon", "permanent"],
];

for (const [delay, retry] of DELAYS) {
  test(`an exhausted gateway with a delay of "${delay}" is ${JSON.stringify(retry)}`, () => {
    const error = syncErrorOf(failure("RESOURCE_EXHAUSTED", "inbox is full", delay), "PushStatus");
    assert.deepEqual(error.retry, retry);
  });
}

test("a refusal stays permanent, whatever delay it names", () => {
  const error = syncErrorOf(failure("PERMISSION_DENIED", "revoked", "1000"), "Hello");
  assert.equal(error.retry, "permanent");
});

test("a SyncError passes as it is, anything else unknown is transient", () => {
  const own = new SyncError("disk", "full", { retry: "permanent" });
  assert.equal(syncErrorOf(own, "Hello"), own);
  assert.equal(syncErrorOf(new TypeError("odd"), "Hello").message, "Hello: odd");
  assert.equal(syncErrorOf("odd", "Hello").retry, "transient");
  assert.equal(syncErrorOf({ code: 99, details: "" }, "Hello").message, "Hello: UNKNOWN");
});

const LAST_ERRORS: readonly [string, string, string][] = [
  [
    "Error: connect ECONNREFUSED 192.0.2.1:50052. Resolution note: ",
    "unavailable",
    "Hello: no connection: connect ECONNREFUSED 192.0.2.1:50052",
  ],
  [
    "402DA628497F0000:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:rec.c:9:SSL alert 116\n (2026-01-02T03:04:05.006Z). Resolution note: ",
    "handshake_refused",
    "Hello: no connection: tlsv13 alert certificate required; the gateway ended the handshake",
  ],
  [
    "Failed to connect (2026-01-02T03:04:05.006Z). Resolution note: ",
    "handshake_refused",
    "Hello: no connection: Failed to connect; the gateway ended the handshake",
  ],
  [
    "Error: self-signed certificate in certificate chain. Resolution note: ",
    "server_untrusted",
    "Hello: no connection: self-signed certificate in certificate chain; the gateway's",
  ],
  [
    "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: Host: a. is not in. Resolution note: ",
    "server_untrusted",
    "Hello: no connection: Hostname/IP does not match",
  ],
];

for (const [lastError, code, message] of LAST_ERRORS) {
  test(`no connection over "${lastError.slice(0, 40)}" is ${code}`, () => {
    const details = `No connection established. Last error: ${lastError}`;
    const error = syncErrorOf(failure("UNAVAILABLE", details), "Hello");
    assert.equal(error.code, code);
    assert.equal(error.message.slice(0, message.length), message);
    assert.equal(error.retry, "transient");
    assert.doesNotMatch(error.message, /Resolution note|\d{4}-\d{2}-\d{2}T|SSL routines/);
  });
}
