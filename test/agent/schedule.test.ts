import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import {
  configure,
  dueMs,
  emptySchedule,
  isOver,
  nextTickMs,
  runEnded,
  runNow,
  tick,
  type Schedule,
  type ScheduledSource,
  type ScheduleStep,
} from "../../src/agent/schedule.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = 1_000_000;

function source(key: string, partial: Partial<ScheduledSource> = {}): ScheduledSource {
  return {
    key,
    fingerprint: "f1",
    pollIntervalMs: 10 * MINUTE,
    discoveryIntervalMs: HOUR,
    ...partial,
  };
}

function configured(
  schedule: Schedule,
  sources: readonly ScheduledSource[],
  nowMs = START,
): ScheduleStep {
  return configure(schedule, sources, { nowMs, rollOf: () => 0 });
}

function shown({ actions }: ScheduleStep): readonly string[] {
  return actions.map((action) =>
    action.do === "start" ? `start ${action.key} ${action.trigger}` : `cancel ${action.key}`,
  );
}

function ended(schedule: Schedule, key: string, nowMs: number): ScheduleStep {
  return runEnded(schedule, key, { nowMs, roll: 0 });
}

test("a new source runs at once, then at its intervals", () => {
  const first = configured(emptySchedule(2), [source("a")]);
  assert.deepEqual(shown(first), ["start a discovery"]);
  const idle = ended(first.schedule, "a", START + MINUTE);
  assert.equal(nextTickMs(idle.schedule), START + 10 * MINUTE);
  const poll = tick(idle.schedule, START + 10 * MINUTE);
  assert.deepEqual(shown(poll), ["start a poll"]);
  const later = ended(poll.schedule, "a", START + 11 * MINUTE);
  assert.deepEqual(shown(tick(later.schedule, START + HOUR)), ["start a discovery"]);
});

test("a discovery that failed is tried again as a discovery, a poll as a poll", () => {
  const first = configured(emptySchedule(2), [source("a")]);
  const again = (schedule: Schedule, nowMs: number): ScheduleStep => {
    const failed = runEnded(schedule, "a", { nowMs, retry: "transient", roll: 0 });
    return tick(failed.schedule, nextTickMs(failed.schedule));
  };
  const discovery = again(first.schedule, START + MINUTE);
  assert.deepEqual(shown(discovery), ["start a discovery"]);
  const poll = tick(
    ended(discovery.schedule, "a", START + 2 * MINUTE).schedule,
    START + 10 * MINUTE,
  );
  assert.deepEqual(shown(poll), ["start a poll"]);
  assert.deepEqual(shown(again(poll.schedule, START + 11 * MINUTE)), ["start a poll"]);
});

test("a poll that waits for a slot goes as the discovery that is due by then", () => {
  const one = configured(emptySchedule(1), [source("a"), source("b")]);
  const idle = ended(one.schedule, "a", START + MINUTE);
  assert.deepEqual(shown(idle), ["start b discovery"]);
  const waiting = tick(idle.schedule, START + 10 * MINUTE);
  const due = tick(waiting.schedule, START + HOUR);
  assert.deepEqual(shown(ended(due.schedule, "b", START + HOUR + 1)), ["start a discovery"]);
});

test("first runs are spread by jitter", () => {
  const step = configure(emptySchedule(9), [source("a"), source("b")], {
    nowMs: START,
    rollOf: (key) => (key === "a" ? 0 : 0.5),
  });
  assert.deepEqual(shown(step), ["start a discovery"]);
  assert.equal(nextTickMs(step.schedule), START + 1_000);
  assert.deepEqual(shown(tick(step.schedule, START + 1_000)), ["start b discovery"]);
});

test("a tick that falls into a run is skipped, not queued", () => {
  const first = configured(emptySchedule(2), [source("a")]);
  const during = tick(first.schedule, START + 10 * MINUTE);
  assert.deepEqual(shown(during), []);
  assert.equal(during.schedule.entries.get("a")?.skipped, 1);
  const after = ended(during.schedule, "a", START + 15 * MINUTE);
  assert.deepEqual(shown(after), []);
  assert.equal(nextTickMs(after.schedule), START + 20 * MINUTE);
});

test("ticks that were slept through happen once", () => {
  const first = configured(emptySchedule(2), [source("a")]);
  const idle = ended(first.schedule, "a", START + MINUTE);
  const late = tick(idle.schedule, START + 10 * HOUR + 3 * MINUTE);
  assert.deepEqual(shown(late), ["start a discovery"]);
  const after = ended(late.schedule, "a", START + 10 * HOUR + 4 * MINUTE);
  assert.equal(nextTickMs(after.schedule), START + 10 * HOUR + 10 * MINUTE);
});

test("equal intervals give one run, not two", () => {
  const same = source("a", { pollIntervalMs: HOUR });
  const idle = ended(configured(emptySchedule(1), [same]).schedule, "a", START + 1);
  assert.equal(nextTickMs(idle.schedule), START + HOUR);
  assert.deepEqual(shown(tick(idle.schedule, START + HOUR)), ["start a discovery"]);
});

test("a changed source cancels its run, and starts anew when that has ended", () => {
  const first = configured(emptySchedule(2), [source("a")]);
  const changed = configured(first.schedule, [source("a", { fingerprint: "f2" })], START + MINUTE);
  assert.deepEqual(shown(changed), ["cancel a"]);
  const again = configured(changed.schedule, [source("a", { fingerprint: "f3" })], START + MINUTE);
  assert.deepEqual(shown(again), [], "it is cancelled once");
  const restarted = ended(again.schedule, "a", START + 2 * MINUTE);
  assert.deepEqual(shown(restarted), ["start a discovery"]);
});

test("new intervals alone disturb no run", () => {
  const first = configured(emptySchedule(2), [source("a")]);
  const sooner = configured(first.schedule, [source("a", { pollIntervalMs: MINUTE })], START + 1);
  assert.deepEqual(shown(sooner), []);
  const idle = ended(sooner.schedule, "a", START + 2);
  assert.equal(nextTickMs(idle.schedule), START + 1 + MINUTE);
});

test("a removed source is cancelled, and forgotten when its run has ended", () => {
  const first = configured(emptySchedule(2), [source("a"), source("b")]);
  const removed = configured(first.schedule, [source("b")], START + 1);
  assert.deepEqual(shown(removed), ["cancel a"]);
  assert.deepEqual(shown(tick(removed.schedule, START + 5 * HOUR)), []);
  assert.deepEqual([...ended(removed.schedule, "a", START + 2).schedule.entries.keys()], ["b"]);
  const none = configured(emptySchedule(2), []);
  assert.deepEqual([...none.schedule.entries.keys()], []);
});

test("a source that comes back waits for its old run to end", () => {
  const first = configured(emptySchedule(2), [source("a")]);
  const removed = configured(first.schedule, [], START + 1);
  const back = configured(removed.schedule, [source("a")], START + 2);
  assert.deepEqual(shown(back), []);
  assert.deepEqual(shown(ended(back.schedule, "a", START + 3)), ["start a discovery"]);
});

test("more sources than slots take turns, longest waiting first", () => {
  const first = configured(emptySchedule(1), [source("a"), source("b"), source("c")]);
  assert.deepEqual(shown(first), ["start a discovery"]);
  const second = ended(first.schedule, "a", START + 20 * MINUTE);
  assert.deepEqual(shown(second), ["start b discovery"]);
  const polled = tick(second.schedule, START + 20 * MINUTE);
  const third = ended(polled.schedule, "b", START + 21 * MINUTE);
  assert.deepEqual(shown(third), ["start c discovery"]);
  assert.deepEqual(shown(ended(third.schedule, "c", START + 22 * MINUTE)), ["start a poll"]);
});

test("a failure that may pass is tried again sooner, later each time, and never later than the interval", () => {
  const daily = { pollIntervalMs: 24 * HOUR, discoveryIntervalMs: HOUR };
  let { schedule } = configured(emptySchedule(1), [source("a", daily)]);
  const waits: number[] = [];
  for (let nowMs = START; waits.length < 8; nowMs = nextTickMs(schedule)) {
    schedule = tick(schedule, nowMs).schedule;
    schedule = runEnded(schedule, "a", { nowMs, retry: "transient", roll: 1 }).schedule;
    waits.push((nextTickMs(schedule) - nowMs) / 1_000);
  }
  // 0.5 + 1 + 2 + 4 + 8 + 10 + 10 minutes, and what is left of the hour.
  assert.deepEqual(waits, [30, 60, 120, 240, 480, 600, 600, 600]);
  const good = ended(tick(schedule, nextTickMs(schedule)).schedule, "a", START + HOUR);
  assert.equal(good.schedule.entries.get("a")?.failures, 0);
});

test("a failure that will not pass waits for the next interval; a stated delay is kept", () => {
  const first = configured(emptySchedule(1), [source("a")]);
  const lasting = runEnded(first.schedule, "a", { nowMs: START + 1, retry: "permanent", roll: 1 });
  assert.equal(nextTickMs(lasting.schedule), START + 10 * MINUTE);
  const retry = { afterMs: 120_000 };
  const asked = runEnded(first.schedule, "a", { nowMs: START + 1, retry, roll: 0 });
  assert.equal(nextTickMs(asked.schedule), START + 1 + 120_000);
});

test("run now starts an idle source, waits for a slot, and leaves a running one alone", () => {
  const first = configured(emptySchedule(1), [source("a"), source("b")]);
  assert.equal(runNow(first.schedule, "a", { nowMs: START, trigger: "command" }).answer, "running");
  assert.equal(runNow(first.schedule, "x", { nowMs: START, trigger: "command" }).answer, "unknown");
  const idle = ended(ended(first.schedule, "a", START + 1).schedule, "b", START + 2);
  const now = runNow(idle.schedule, "b", { nowMs: START + 3, trigger: "command" });
  assert.equal(now.answer, "accepted");
  assert.deepEqual(shown(now), ["start b command"]);
  const queued = runNow(now.schedule, "a", { nowMs: START + 4, trigger: "command" });
  assert.equal(queued.answer, "accepted");
  assert.deepEqual(shown(queued), []);
  assert.deepEqual(shown(ended(queued.schedule, "b", START + 5)), ["start a command"]);
});

test("run now as a poll is one, but never less than what the source waits for; who wants all of it gets that", () => {
  const busy = configured(emptySchedule(1), [source("a"), source("b")]);
  const poll = { nowMs: START + 3, trigger: "poll" } as const;
  const idle = ended(ended(busy.schedule, "a", START + 1).schedule, "b", START + 2);
  assert.deepEqual(shown(runNow(idle.schedule, "a", poll)), ["start a poll"]);
  const begun = runNow(idle.schedule, "b", { nowMs: START + 3, trigger: "command" });
  const waiting = runNow(begun.schedule, "a", poll);
  const more = runNow(waiting.schedule, "a", { nowMs: START + 4, trigger: "command" });
  const less = runNow(more.schedule, "a", poll);
  assert.deepEqual(shown(ended(less.schedule, "b", START + 5)), ["start a command"]);
});

test("sources that run once are over after that", () => {
  const once = { pollIntervalMs: Infinity, discoveryIntervalMs: Infinity };
  const first = configured(emptySchedule(1), [source("a", once), source("b", once)]);
  const second = ended(first.schedule, "a", START + 1);
  assert.deepEqual(shown(second), ["start b discovery"]);
  assert.ok(!isOver(second.schedule));
  const last = ended(second.schedule, "b", START + 2);
  assert.ok(isOver(last.schedule));
  assert.equal(nextTickMs(last.schedule), Infinity);
});

type Move =
  | { readonly do: "configure"; readonly sources: readonly ScheduledSource[] }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "end"; readonly nth: number; readonly isFailed: boolean }
  | { readonly do: "now"; readonly key: string };

const anyKey = fc.constantFrom("a", "b", "c", "d");
const anySources = fc.uniqueArray(
  fc.record({
    key: anyKey,
    fingerprint: fc.constantFrom("f1", "f2"),
    pollIntervalMs: fc.constantFrom(MINUTE, 10 * MINUTE, HOUR),
    discoveryIntervalMs: fc.constantFrom(MINUTE, HOUR, 6 * HOUR),
  }),
  { selector: ({ key }) => key },
);
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  anySources.map((sources): Move => ({ do: "configure", sources })),
  fc.integer({ min: 0, max: 3 * HOUR }).map((ms): Move => ({ do: "wait", ms })),
  fc.tuple(fc.nat(3), fc.boolean()).map(([nth, isFailed]): Move => ({ do: "end", nth, isFailed })),
  anyKey.map((key): Move => ({ do: "now", key })),
);

test("whatever happens: one run a source, no more than the limit, each cancelled once, and no source is forgotten", () => {
  fc.assert(
    fc.property(
      fc.array(anyMove, { maxLength: 80 }),
      fc.integer({ min: 1, max: 3 }),
      (moves, limit) => {
        let schedule = emptySchedule(limit);
        let nowMs = START;
        /** Runs in flight, as the shell sees them: key, and whether told to stop. */
        const flying = new Map<string, boolean>();
        let wanted: readonly ScheduledSource[] = [];
        const apply = (step: ScheduleStep): void => {
          schedule = step.schedule;
          for (const action of step.actions) {
            if (action.do === "start") {
              assert.ok(!flying.has(action.key), "one run a source");
              assert.ok(
                wanted.some(({ key }) => key === action.key),
                "only what is configured runs",
              );
              flying.set(action.key, false);
            } else {
              assert.equal(flying.get(action.key), false, "what flies is cancelled once");
              flying.set(action.key, true);
            }
          }
          assert.ok(flying.size <= limit);
        };
        for (const move of moves) {
          if (move.do === "configure") {
            wanted = move.sources;
            apply(configure(schedule, move.sources, { nowMs, rollOf: () => 0.3 }));
          } else if (move.do === "now") {
            apply(runNow(schedule, move.key, { nowMs, trigger: "command" }));
          } else if (move.do === "wait") {
            nowMs += move.ms;
            apply(tick(schedule, nowMs));
          } else {
            const key = [...flying.keys()][move.nth];
            if (key === undefined) continue;
            const isCancelled = flying.get(key) === true;
            flying.delete(key);
            const retry = move.isFailed && !isCancelled ? { retry: "transient" as const } : {};
            apply(runEnded(schedule, key, { nowMs, roll: 0.5, ...retry }));
          }
          for (const { key } of wanted) {
            const entry = schedule.entries.get(key);
            assert.ok(entry !== undefined && dueMs(entry) < Infinity, `${key} will run again`);
          }
          assert.ok(nextTickMs(schedule) > nowMs, "what is due was dealt with");
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
