import assert from "node:assert/strict";
import { test } from "node:test";

// oxlint-disable-next-line no-restricted-imports -- the driver's own errors are what is translated
import { DatabaseError } from "pg";

import { toConnectError, toSyncError } from "../../src/db/pg-error.ts";
import { SyncError } from "../../src/lib/errors.ts";

function fromServer(state: string): SyncError {
  const error = new DatabaseError("words of the server", 0, "error");
  error.code = state;
  return toSyncError(error);
}

test("what another try may mend is transient, everything else is permanent", () => {
  const transient = [
    "40001",
    "40P01",
    "55P03",
    "57P01",
    "57P02",
    "57P03",
    "57P05",
    "25P03",
    "25P04",
    "08006",
    "08P01",
    "53100",
    "53200",
    "53300",
  ];
  const permanent = [
    "23505",
    "23503",
    "22P02",
    "42P01",
    "42501",
    "28P01",
    "3D000",
    "57014",
    "25P02",
    "XX000",
    "58030",
  ];
  for (const state of transient) assert.equal(fromServer(state).retry, "transient", state);
  for (const state of permanent) assert.equal(fromServer(state).retry, "permanent", state);
});

test("a condition that callers tell apart has its name as code, another its SQLSTATE", () => {
  assert.equal(fromServer("23505").code, "db_unique_violation");
  assert.equal(fromServer("22P02").code, "db_22p02");
  assert.equal(fromServer("40001").message, "database: words of the server");
});

test("a file that may not grow is a full disk, whatever its SQLSTATE", () => {
  const error = new DatabaseError(
    'could not extend file "base/5/2613": File too large',
    0,
    "error",
  );
  error.code = "XX000";
  const { code, retry } = toSyncError(error);
  assert.deepEqual({ code, retry }, { code: "db_disk_full", retry: "transient" });
});

test("a broken or refused connection is unreachable for now", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const thrown = [
    refused,
    new AggregateError([refused, refused], "both refused"),
    new Error("Connection terminated unexpectedly"),
  ];
  for (const error of thrown) {
    const { code, retry } = toSyncError(error);
    assert.deepEqual({ code, retry }, { code: "db_unreachable", retry: "transient" });
  }
});

test("a SyncError passes through and a bug stays the bug it is", () => {
  const own = new SyncError("own", "own", { retry: "permanent" });
  const bug = new TypeError("undefined is not a function");
  assert.equal(toSyncError(own), own);
  assert.throws(() => toSyncError(bug), bug);
  assert.equal(toConnectError(bug).code, "db_connect_failed");
});
