import assert from "node:assert/strict";
import { test } from "node:test";

import { answerCommand } from "../../src/agent/commands.ts";
import { OutgoingQueue } from "../../src/agent/outgoing-queue.ts";
import type { RunNowAnswer } from "../../src/agent/schedule.ts";
import type { CommandRequest, ControlStreamRequest, Draft } from "../../src/wire/messages.ts";

const NOW_SEC = 1_800_000_000;

const request: CommandRequest = {
  commandId: "c1",
  commandType: "sync.run_now",
  payloadJson: Buffer.from('{"sync_service_id":"id-1"}'),
  ttlSeconds: 60,
  createdAt: NOW_SEC - 10,
};

/** The messages that answer a command, and the sources that were asked to run. */
async function answers(
  partial: Partial<CommandRequest>,
  answer: RunNowAnswer = "accepted",
): Promise<{ messages: Draft<ControlStreamRequest>[]; asked: string[] }> {
  const asked: string[] = [];
  const target = {
    runNow: (reference: string) => {
      asked.push(reference);
      return answer;
    },
  };
  const messages: Draft<ControlStreamRequest>[] = [];
  const all = answerCommand({ ...request, ...partial }, target, () => NOW_SEC * 1_000);
  for await (const message of all) messages.push(message);
  return { messages, asked };
}

test("a command is acknowledged first, and then carried out", async () => {
  const { messages, asked } = await answers({});
  const common = { commandId: "c1", commandType: "sync.run_now", timestamp: NOW_SEC };
  assert.deepEqual(messages, [
    { commandAck: { ...common, message: "command received" } },
    {
      commandResult: {
        ...common,
        success: true,
        message: "run started",
        payloadJson: Buffer.from('{"state":"accepted"}'),
      },
    },
  ]);
  assert.deepEqual(asked, ["id-1"]);
});

test("a source may be meant by its name", async () => {
  const { asked } = await answers({ payloadJson: Buffer.from('{"name":"netbox_dc1"}') });
  assert.deepEqual(asked, ["netbox_dc1"]);
});

const REFUSED: readonly (readonly [string, Partial<CommandRequest>, RunNowAnswer, string])[] = [
  ["too old", { createdAt: NOW_SEC - 61 }, "accepted", "command expired"],
  ["of a kind unknown here", { commandType: "mapper.run_job" }, "accepted", "unsupported command"],
  ["for a source unknown here", {}, "unknown", 'this agent has no source "id-1"'],
  [
    "without a source",
    { payloadJson: Buffer.from("{}") },
    "accepted",
    "payload names neither sync_service_id nor name",
  ],
  [
    "with a payload that is no object",
    { payloadJson: Buffer.from("[]") },
    "accepted",
    "payload is not a JSON object",
  ],
  [
    "with a payload that is no JSON",
    { payloadJson: Buffer.from("{") },
    "accepted",
    "payload is not a JSON object",
  ],
];

for (const [what, partial, answer, message] of REFUSED) {
  test(`a command is acknowledged and refused: ${what}`, async () => {
    const { messages } = await answers(partial, answer);
    assert.equal(messages[0]?.commandAck?.message, "command received");
    assert.equal(messages[1]?.commandResult?.success, false);
    assert.equal(messages[1]?.commandResult?.message, message);
  });
}

test("a command without a time or without a ttl never expires", async () => {
  for (const partial of [{ createdAt: 0 }, { ttlSeconds: 0 }]) {
    const { messages } = await answers(partial);
    assert.equal(messages[1]?.commandResult?.success, true);
  }
});

test("a source that runs already is left alone, and the answer says so", async () => {
  const { messages } = await answers({}, "running");
  assert.equal(messages[1]?.commandResult?.success, true);
  assert.equal(messages[1]?.commandResult?.message, "a run is already under way");
});

test("a queue gives what was pushed, in order, until its end", async () => {
  const queue = new OutgoingQueue<number>();
  queue.push(1);
  const got: number[] = [];
  const reading = (async () => {
    for await (const item of queue) {
      got.push(item);
      if (item === 1) queue.push(2);
      if (item === 2) queue.end();
    }
  })();
  await reading;
  assert.deepEqual(got, [1, 2]);
});

test("a queue that nobody empties is full some day, and one that failed fails its reader", async () => {
  const queue = new OutgoingQueue<number>();
  for (let item = 0; item < 1_000; item += 1) queue.push(item);
  assert.throws(() => queue.push(1_000), { code: "overrun" });
  queue.fail(new Error("broken"));
  await assert.rejects(async () => {
    for await (const item of queue) assert.equal(item, -1);
  }, /broken/);
});
