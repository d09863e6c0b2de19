import assert from "node:assert/strict";
import { test } from "node:test";

import { listenTo, type StreamEvent } from "../../src/ui/calls/events.ts";

const [OPEN, CONNECTING, CLOSED] = [1, 0, 2];

/** A stream as a browser's, which does what the test says. */
class Told {
  readyState = CONNECTING;
  readonly #heard = new Map<string, (event: StreamEvent) => void>();

  addEventListener(type: string, hear: (event: StreamEvent) => void): void {
    this.#heard.set(type, hear);
  }

  close(): void {
    this.readyState = CLOSED;
  }

  tell(type: string, state: number, data?: string): void {
    this.readyState = state;
    this.#heard.get(type)?.({ type, data });
  }
}

function listening(): {
  readonly streams: readonly Told[];
  readonly log: readonly string[];
  readonly pass: () => void;
  readonly stop: () => void;
} {
  const streams: Told[] = [];
  const log: string[] = [];
  let due: (() => void) | undefined;
  const stop = listenTo({
    open: () => {
      const stream = new Told();
      streams.push(stream);
      return stream;
    },
    types: ["runs"],
    onEvent: ({ type, data }) => log.push(`${type} ${String(data)}`),
    onOpen: () => log.push("open"),
    onLost: () => log.push("lost"),
    later: (ms, call) => {
      log.push(`pause ${ms}`);
      due = call;
      return () => (due = undefined);
    },
  });
  return { streams, log, pass: () => due?.(), stop };
}

test("a stream that connects again by itself is left to do so", () => {
  const { streams, log } = listening();
  streams[0]?.tell("open", OPEN);
  streams[0]?.tell("runs", OPEN, "7");
  streams[0]?.tell("error", CONNECTING);
  streams[0]?.tell("open", OPEN);
  assert.deepEqual(log, ["open", "runs 7", "lost", "open"]);
  assert.equal(streams.length, 1);
});

test("one that gave up is opened anew, after pauses that double until it is heard again", () => {
  const { streams, log, pass } = listening();
  for (let i = 0; i < 7; i += 1) {
    streams.at(-1)?.tell("error", CLOSED);
    pass();
  }
  streams.at(-1)?.tell("open", OPEN);
  streams.at(-1)?.tell("error", CLOSED);
  const pauses = log.filter((line) => line.startsWith("pause")).map((line) => line.slice(6));
  assert.deepEqual(
    pauses.map(Number),
    [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 2_000],
  );
});

test("whoever stops listens no more, and opens nothing", () => {
  const { streams, pass, stop } = listening();
  streams[0]?.tell("error", CLOSED);
  stop();
  pass();
  assert.equal(streams.length, 1);
  const other = listening();
  other.stop();
  assert.equal(other.streams[0]?.readyState, CLOSED);
});
