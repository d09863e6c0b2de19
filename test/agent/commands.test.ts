import assert from "node:assert/strict";
import { test } from "node:test";

import type { CommandTarget } from "../../src/agent/command-target.ts";
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

type Overrides = Partial<CommandTarget>;

/** The messages that answer a command, and the sources that were asked to run. */
async function answers(
  partial: Partial<CommandRequest>,
  answer: RunNowAnswer = "accepted",
  overrides: Overrides = {},
): Promise<{ messages: Draft<ControlStreamRequest>[]; asked: string[] }> {
  const asked: string[] = [];
  const unasked = (): never => assert.fail("not what was asked for");
  const target: CommandTarget = {
    runNow: (reference, kind) => {
      asked.push(kind === "poll" ? `${reference} polled` : reference);
      return answer;
    },
    cancelRun: unasked,
    testConnection: unasked,
    preview: unasked,
    rehearse: unasked,
    diagnostics: unasked,
    renewCertificate: unasked,
    installCertificate: unasked,
    ...overrides,
  };
  const messages: Draft<ControlStreamRequest>[] = [];
  const push = (message: Draft<ControlStreamRequest>): void => void messages.push(message);
  const nowMs = (): number => NOW_SEC * 1_000;
  await answerCommand(
    { ...request, ...partial },
    { target, nowMs, push, leave: () => Promise.resolve() },
  );
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

test("a run reads all of a source unless a poll is asked for, and no other kind is known", async () => {
  const asked = async (kind: string): Promise<readonly unknown[]> => {
    const payloadJson = Buffer.from(JSON.stringify({ sync_service_id: "id-1", kind }));
    const { messages, asked: ran } = await answers({ payloadJson });
    return [...ran, messages[1]?.commandResult?.message];
  };
  assert.deepEqual(await asked("discovery"), ["id-1", "run started"]);
  assert.deepEqual(await asked("poll"), ["id-1 polled", "run started"]);
  assert.deepEqual(await asked("delta"), ["payload has a kind that is neither discovery nor poll"]);
});

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

test("a run is cancelled by its source's name, and the answer says whether there was one", async () => {
  const payloadJson = Buffer.from('{"name":"netbox_dc1"}');
  const asked: string[] = [];
  for (const state of ["cancelled", "not_running"] as const) {
    const cancelRun = (reference: string): typeof state => {
      asked.push(reference);
      return state;
    };
    const command = { commandType: "sync.cancel", payloadJson };
    const { messages } = await answers(command, "unknown", { cancelRun });
    const result = messages[1]?.commandResult;
    assert.equal(result?.success, true);
    assert.deepEqual(JSON.parse(String(result.payloadJson)), { state });
  }
  assert.deepEqual(asked, ["netbox_dc1", "netbox_dc1"]);
});

test("what a command tells while it runs goes out before its result", async () => {
  const command = { commandType: "sync.test_connection" };
  const { messages } = await answers(command, "unknown", {
    testConnection: async (payload, tell) => {
      assert.equal(payload["sync_service_id"], "id-1");
      tell({ percent: 50, message: "dns", payload: { steps: [1] } });
      return await Promise.resolve({ success: true, message: "done" });
    },
  });
  const kinds = messages.map((message) => Object.keys(message)[0]);
  assert.deepEqual(kinds, ["commandAck", "commandProgress", "commandResult"]);
  assert.equal(messages[1]?.commandProgress?.progressPercent, 50);
});

test("a command that breaks is a failed command, and nothing else", async () => {
  const preview = async (): Promise<never> => await Promise.reject(new Error("out of luck"));
  const { messages } = await answers({ commandType: "sync.preview" }, "unknown", { preview });
  assert.equal(messages[1]?.commandResult?.success, false);
  assert.equal(messages[1]?.commandResult?.message, "out of luck");
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

test("a new certificate is used once the stream has ended with its answer", async () => {
  const events: string[] = [];
  const target = {
    installCertificate: () =>
      Promise.resolve({ success: true, message: "in place", onEnded: () => events.push("used") }),
  } as Partial<CommandTarget> as CommandTarget;
  await answerCommand(
    {
      ...request,
      commandType: "agent.install_certificate",
      payloadJson: Buffer.from('{"chain_pem":"PEM"}'),
    },
    {
      target,
      nowMs: () => NOW_SEC * 1_000,
      push: (message) => events.push(Object.keys(message).join()),
      leave: () => Promise.resolve(events.push("left")).then(() => undefined),
    },
  );
  assert.deepEqual(events, ["commandAck", "commandResult", "left", "used"]);
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
