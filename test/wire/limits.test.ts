import assert from "node:assert/strict";
import { test } from "node:test";

import { ConfigError } from "../../src/lib/errors.ts";
import { MESSAGE_LIMITS_DEFAULT, messageLimits } from "../../src/wire/limits.ts";

test("messages are limited to 4 MiB each way unless told otherwise", () => {
  assert.deepEqual(messageLimits({}), MESSAGE_LIMITS_DEFAULT);
  assert.deepEqual(messageLimits({}), {
    receiveBytesMax: 4_194_304,
    sendBytesMax: 4_194_304,
  });
});

test("the limits take bytes and suffixes of 1024", () => {
  const env = { GRPC_MAX_RECV_MSG_SIZE: "8MB", GRPC_MAX_SEND_MSG_SIZE: "1048576" };
  assert.deepEqual(messageLimits(env), { receiveBytesMax: 8_388_608, sendBytesMax: 1_048_576 });
});

test("the receive limit may reach the 15 MiB rule and its envelope", () => {
  assert.equal(messageLimits({ GRPC_MAX_RECV_MSG_SIZE: "15MB" }).receiveBytesMax, 15_728_640);
});

for (const text of ["64MB", "1K", "many"]) {
  test(`a limit of "${text}" stops the start and names the variable`, () => {
    assert.throws(
      () => messageLimits({ GRPC_MAX_RECV_MSG_SIZE: text }),
      (thrown) => thrown instanceof ConfigError && thrown.setting === "GRPC_MAX_RECV_MSG_SIZE",
    );
  });
}
